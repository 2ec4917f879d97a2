"""What is known of the refresh tokens of a system that are JWTs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from reticket.adoption.keys import text_secret
from reticket.core.adoption.model import Adoption
from reticket.core.policy import SECOND

Claims: TypeAlias = Mapping[str, Any]


class TokenFacts(NamedTuple):
    """What a system's claims say beside the times.

    Args:
        identity: of the session, or of the token where each token is a session of its own.
        subject: the person's id in that system.
        state: as in `core.adoption.Stated`.
        client / scope: of the session.
        may_be_endless: whether the token may state no end. Then it ends with the adoption.
    """

    identity: str
    subject: str
    state: str | None = None
    client: str | None = None
    scope: str | None = None
    may_be_endless: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """A system, and how its refresh tokens say whose they are.

    Args:
        type_claim / type_values: the claim that tells a refresh token from every other, and its
            values.
        algorithms: that it signs with.
        read: the facts in verified claims; LookupError, TypeError or ValueError where there are
            none.
        needs_issuer: whether several issuers may have one key.
        options: the names of more that an operator may say.
        salts: the names of further secrets that an operator must give.
        imported: the identity of a session that is imported, from its id and its client.
            ValueError where it needs a client.
        secret_of: the bytes of a secret, from the text that an operator finds there. ValueError.
        written: what the claims of a refresh token of that system say of a person, by the id and
            the state there. None where it cannot be said, or where no such tokens are made here.
            Such a system signs with HS256 alone.
    """

    type_claim: str
    type_values: tuple[str, ...]
    algorithms: tuple[str, ...]
    read: Callable[[Claims, Adoption], TokenFacts]
    needs_issuer: bool = False
    options: tuple[str, ...] = ()
    salts: tuple[str, ...] = ()
    imported: Callable[[str, str | None], str] = lambda session, client: session
    secret_of: Callable[[str], bytes] = text_secret
    written: Callable[[str, str | None, Adoption], Claims | None] | None = None


def text_in(claims: Claims, name: str) -> str:
    """A claim that is a text, and not empty. ValueError."""
    value = claims[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is no text")
    return value


def optional_text(claims: Claims, name: str) -> str | None:
    """The same, or None for a claim that is absent or empty."""
    return text_in(claims, name) if claims.get(name) else None


def id_in(claims: Claims, name: str) -> str:
    """A claim that is a text or a whole number, as a text. ValueError."""
    value = claims[name]
    return str(value) if type(value) is int else text_in(claims, name)


def time_in(claims: Claims, name: str) -> int:
    """A time (RFC 7519 §2) in milliseconds. ValueError."""
    value = claims[name]
    if type(value) not in (int, float) or not 0 <= value < 2**40:
        raise ValueError(f"{name} is no time")
    return int(value * SECOND)
