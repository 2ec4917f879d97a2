"""What a request may ask for at most: scopes (RFC 6749 §3.3, §6) and audiences (RFC 8707)."""

from __future__ import annotations

from collections.abc import Iterable

from reticket.core.errors import Cause
from reticket.core.model import Asked
from reticket.dialects.oauth.errors import Denied
from reticket.oauth.terms import AUDIENCE, SCOPE


def within_scope(wanted: Iterable[str], granted: Iterable[str], *, heard: bool = False) -> None:
    """Denied, `invalid_scope`, for anything beyond."""
    if not set(wanted) <= set(granted):
        sentence = "The scope is more than may be granted."
        raise Denied("invalid_scope", sentence, Cause.WRONG_SCOPE, heard=heard)


def within_targets(wanted: Iterable[str], known: Iterable[str], *, heard: bool = False) -> None:
    """Denied, `invalid_target` (RFC 8707 §2), for anything beyond."""
    if not set(wanted) <= set(known):
        raise no_target(Cause.WRONG_TARGET, heard=heard)


def no_target(cause: Cause, *, heard: bool = False) -> Denied:
    """`invalid_target`, whatever it was."""
    sentence = "The resource or audience is not one that may be asked for."
    return Denied("invalid_target", sentence, cause, heard=heard)


def narrowed(scopes: tuple[str, ...], audiences: tuple[str, ...]) -> Asked:
    """What is wanted of one answer alone; none of either leaves it as it was granted."""
    pairs = ((SCOPE, " ".join(scopes)), (AUDIENCE, " ".join(audiences)))
    return tuple((name, value) for name, value in pairs if value)
