"""Refused requests of a resource server, and the challenge in their responses (RFC 6750 §3).

Owns the text of `WWW-Authenticate`. Knows neither tokens nor proofs.
"""

from __future__ import annotations

from collections.abc import Mapping

from reticket.verify.jose import ALGORITHMS

BEARER, DPOP = "bearer", "dpop"
_SHOWN = {BEARER: "Bearer", DPOP: "DPoP"}


class Rejected(Exception):
    """A refused request; the message is for the log and contains no part of the token.

    Attributes:
        scheme: of the challenge, `bearer` or `dpop`.
        scopes: what the request needs, for the challenge.

    Args:
        status: 401 or 403.
        error: the code of RFC 6750 §3.1, RFC 9449 §7.1 or RFC 9470 §3, or None without a token.
        members: further members of the challenge.
    """

    def __init__(
        self,
        reason: str,
        error: str | None = "invalid_token",
        status: int = 401,
        members: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.error = error
        self.scheme = BEARER
        self.scopes: tuple[str, ...] = ()
        self._members = members or {}

    @property
    def challenge(self) -> str:
        """`WWW-Authenticate` of the response."""
        return self.challenge_with({})

    def challenge_with(self, members: Mapping[str, str]) -> str:
        """The challenge with further members, such as `resource_metadata` (RFC 9728 §5.1)."""
        said = {"error": self.error, "scope": " ".join(self.scopes), **self._members, **members}
        if self.scheme == DPOP:
            said["algs"] = " ".join(ALGORITHMS)
        shown = ", ".join(f'{name}="{value}"' for name, value in said.items() if value)
        return f"{_SHOWN[self.scheme]} {shown}".rstrip()
