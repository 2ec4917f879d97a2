"""The three resources whose tickets Kibo issues."""

from __future__ import annotations

from reticket.core.people import Application
from reticket.core.policy import KIBO_2026
from reticket.core.tokens.kinds import Advice, TokenKind

APPLICATION = "kibo.application"
DEVELOPER = "kibo.developer"
ADMIN_USER = "kibo.adminuser"

_EARLY = 180
"""Seconds before the end of an access token at which the vendor's clients refresh."""

_ADVICE = (
    Advice(
        "access",
        _EARLY,
        f"clients refresh {_EARLY} s before an access token ends, so they would on every call",
    ),
)

RESOURCES = (
    TokenKind(APPLICATION, KIBO_2026, subjects=Application, advice=_ADVICE),
    TokenKind(DEVELOPER, KIBO_2026, advice=_ADVICE),
    TokenKind(ADMIN_USER, KIBO_2026, advice=_ADVICE),
)
NAMES = tuple(resource.name for resource in RESOURCES)
