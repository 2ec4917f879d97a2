"""The three kinds of ticket that Kibo issues."""

from __future__ import annotations

from reticket.core.model import Place
from reticket.core.people import Application
from reticket.core.policy import DAY, Policy, Reuse
from reticket.core.tokens.kinds import Advice, TokenKind

KIBO_2026 = Policy("KIBO_2026", 3600, 14 * DAY, 365 * DAY, 60, Reuse.TOLERATE)

APPLICATION = "kibo.application"
DEVELOPER = "kibo.developer"
ADMIN_USER = "kibo.adminuser"

_REFRESH_MARGIN = 180
"""Seconds before the end of an access token at which the vendor's clients refresh."""

_ADVICE = (
    Advice(
        "access",
        _REFRESH_MARGIN,
        f"clients refresh {_REFRESH_MARGIN} s before an access token ends, "
        "so they would on every call",
    ),
)

KINDS = (
    TokenKind(APPLICATION, KIBO_2026, subjects=Application, advice=_ADVICE),
    TokenKind(DEVELOPER, KIBO_2026, advice=_ADVICE, place=Place.ACCOUNT),
    TokenKind(ADMIN_USER, KIBO_2026, advice=_ADVICE, place=Place.TENANT),
)
NAMES = tuple(kind.name for kind in KINDS)
