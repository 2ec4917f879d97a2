"""The limits of a token request: scopes (RFC 6749 §3.3, §6) and audiences (RFC 8707)."""

from __future__ import annotations

from collections.abc import Iterable

from reticket.core.errors import Cause
from reticket.core.model import Asked
from reticket.dialects.oauth.errors import OAuthError
from reticket.oauth.terms import AUDIENCE, SCOPE


def check_scope(requested: Iterable[str], granted: Iterable[str], *, audited: bool = False) -> None:
    """Check that all requested scopes are granted.

    Raises:
        OAuthError: `invalid_scope`.
    """
    if not set(requested) <= set(granted):
        raise invalid_scope(audited=audited)


def invalid_scope(*, audited: bool = False) -> OAuthError:
    """`invalid_scope` for every cause."""
    sentence = "The scope is more than may be granted."
    return OAuthError("invalid_scope", sentence, Cause.WRONG_SCOPE, audited=audited)


def check_audiences(
    requested: Iterable[str], allowed: Iterable[str], *, audited: bool = False
) -> None:
    """Check that all requested audiences are allowed (RFC 8707 §2).

    Raises:
        OAuthError: `invalid_target`.
    """
    if not set(requested) <= set(allowed):
        raise invalid_target(Cause.WRONG_TARGET, audited=audited)


def invalid_target(cause: Cause, *, audited: bool = False) -> OAuthError:
    """`invalid_target` for every cause."""
    sentence = "The resource or audience is not one that may be asked for."
    return OAuthError("invalid_target", sentence, cause, audited=audited)


def asked_limits(scopes: tuple[str, ...], audiences: tuple[str, ...]) -> Asked:
    """The scopes and audiences of one response. An empty tuple leaves those of the session."""
    pairs = ((SCOPE, " ".join(scopes)), (AUDIENCE, " ".join(audiences)))
    return tuple((name, value) for name, value in pairs if value)
