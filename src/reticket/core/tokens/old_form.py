"""Refresh tokens that another system accepts too, so that a roll-back to it signs nobody out.

Such a token is a JWT of ours that the other system's key signs once more. Our signature is the last
claim of the payload, and it covers all the others. This service looks at nothing else (ADR 0027).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reticket.core.policy import SECOND
from reticket.core.tokens.faces import (
    HS256_HEADER,
    LONGEST_JWT,
    from_text,
    read_hs256,
    split_jwt,
    to_text,
)
from reticket.core.tokens.keys import MacFunction, MacKey

OWN_SIGNATURE = "rtk"
"""The claim with our signature. No other system writes it."""

OWN_END = "end"
"""The claim with our end of the token, in seconds. `exp` is the end at the other system."""

_OPENING, _CLOSING = f',"{OWN_SIGNATURE}":"'.encode(), b'"}'


@dataclass(frozen=True, slots=True)
class OldForm:
    """What makes the tokens of a session good at another system.

    Args:
        claims: what that system wants, instead of our claims of the same names.
        until: its `exp` is no later (milliseconds).
        sign: HMAC-SHA256 with that system's secret.
    """

    claims: Mapping[str, object] = field(repr=False)
    until: int
    sign: MacFunction = field(repr=False)

    def claims_until(self, ends: int) -> dict[str, object]:
        """The claims of a token that ends at that time here (milliseconds)."""
        times = {OWN_END: ends // SECOND, "exp": min(ends, self.until) // SECOND}
        return {**self.claims, **times}


OldFormOf: TypeAlias = Callable[[str, str, int], OldForm | None]
"""The form of a token by its kind, its person's id and its time of issue in milliseconds. None
where it has our form alone. May raise Unavailable.
"""


def no_old_form(kind: str, subject: str, issued_at: int) -> OldForm | None:
    """None: all tokens have our form alone."""
    return None


def in_old_form(text: str, sign: MacFunction) -> str:
    """Our JWT in one that `sign` signs; the text itself if that would be too long to be read."""
    header, payload, own = text.split(".")
    said = (from_text(payload) or b"").removesuffix(b"}") + _OPENING + own.encode() + _CLOSING
    signed = f"{header}.{to_text(said)}"
    found = f"{signed}.{to_text(sign(signed.encode()))}"
    return found if len(found) <= LONGEST_JWT else text


def read_old_form(text: str, keys: Sequence[MacKey]) -> bytes | None:
    """The payload of an old form that has the signature of one of our keys, or None."""
    own = own_jwt(text)
    return None if own is None else read_hs256(own, keys)


def own_jwt(text: str) -> str | None:
    """What may be our JWT in a text, without the signature of the other system; else None."""
    parts = split_jwt(text)
    payload = from_text(parts[1]) if parts and parts[0] == HS256_HEADER else None
    said, opening, rest = (payload or b"").rpartition(_OPENING)
    if not opening or not rest.endswith(_CLOSING):
        return None
    own = rest.removesuffix(_CLOSING).decode("latin-1")
    return f"{HS256_HEADER}.{to_text(said + b'}')}.{own}"
