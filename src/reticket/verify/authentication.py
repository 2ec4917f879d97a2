"""How a person must have signed in before a request (RFC 9470).

Owns the check of `acr` and `auth_time`, and the refusal that asks for a new sign-in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reticket.verify.rejections import Rejected

ERROR = "insufficient_user_authentication"


@dataclass(frozen=True, slots=True)
class Authentication:
    """What a request needs of the sign-in behind its token. Each part may be left out.

    Args:
        acr_values: accepted values of `acr`, with spaces between them. reticket's are
            `urn:reticket:acr:1` for a password and `urn:reticket:acr:2` for two factors.
        max_age: seconds since the sign-in, at most.

    Raises:
        ValueError: neither is given, or `max_age` is negative.
    """

    acr_values: str = ""
    max_age: int | None = None

    def __post_init__(self) -> None:
        if not self.acr_values.split() and self.max_age is None:
            raise ValueError("Authentication needs acr_values, max_age or both")
        if self.max_age is not None and self.max_age < 0:
            raise ValueError("max_age must not be negative")

    def check(self, claims: Mapping[str, Any], now: float) -> None:
        """Rejected, `insufficient_user_authentication`, also for a token of no person."""
        accepted = self.acr_values.split()
        if accepted and claims.get("acr") not in accepted:
            raise self._rejected("the sign-in was of another kind")
        if self.max_age is not None and not _age(claims, now) <= self.max_age:
            raise self._rejected("the sign-in was too long ago")

    def _rejected(self, reason: str) -> Rejected:
        max_age = "" if self.max_age is None else str(self.max_age)
        return Rejected(reason, ERROR, members={"acr_values": self.acr_values, "max_age": max_age})


def _age(claims: Mapping[str, Any], now: float) -> float:
    """Seconds since the sign-in; infinite for a token that has no time of one."""
    at = claims.get("auth_time")
    return now - at if isinstance(at, int | float) else float("inf")
