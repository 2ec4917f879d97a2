"""Login sessions: the token kind of a browser that stays signed in at the provider (ADR 0012).

Owns their policy and their terms. Knows no cookie and no page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from reticket.core.commands import Check
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Family
from reticket.core.policy import SECOND, Policy, Reuse
from reticket.core.tokens.kinds import TokenKind

LOGIN = "oauth.login"
"""The token kind."""

_ACCESS = 60
"""Seconds. An access token of this kind is never sent and never accepted."""


class LoginTerms(msgspec.Struct, frozen=True, array_like=True):
    """The terms of a login session, which the row stores as text.

    Args:
        auth_time: seconds; when the person authenticated.
        amr: the authentication methods (RFC 8176).
        credential_version: of the person at that time.
        replaced: ids of the login sessions that this one replaced, the newest first. Log-out ends
            what was begun under them, too.
    """

    auth_time: int
    amr: tuple[str, ...]
    credential_version: int
    replaced: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The text that the row stores."""
        return msgspec.json.encode(self).decode()


_decode = msgspec.json.Decoder(LoginTerms).decode
"""Made here, as in `terms`."""


def login_terms_of(row: Family) -> LoginTerms:
    """The terms of a row."""
    return _decode(row.terms or "")


def login_kind(absolute: int) -> TokenKind:
    """The token kind. Its only token is the refresh token, which the browser keeps as a cookie.

    Args:
        absolute: seconds from the sign-in to the end.
    """
    policy = Policy("LOGIN_2026", _ACCESS, absolute, absolute, 0, Reuse.REVOKE, rotates=False)
    return TokenKind(LOGIN, policy, symmetric=True, accepts=_accepts_nothing, is_inspected=False)


def signed_out_key(login: str) -> str:
    """The key of the mark of a replaced login session whose person has signed out since.

    Args:
        login: its id, 32 hex digits.
    """
    return f"oauth:signed-out:{login}"


def idle_check(idle: int) -> Check:
    """A check that raises INVALID_TOKEN for a login session that was not used for too long.

    Args:
        idle: seconds.
    """

    def check(row: Family, now: int) -> None:
        if now - row.rotated_at >= idle * SECOND:
            raise Refusal(Code.INVALID_TOKEN, Cause.EXPIRED)

    return check


def _accepts_nothing(claims: Mapping[str, Any]) -> bool:
    return False
