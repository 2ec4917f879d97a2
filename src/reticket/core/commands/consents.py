"""Commands on the consents that people have given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reticket.core.commands.command import Command
from reticket.core.people import Client


@dataclass(frozen=True, slots=True)
class FindConsent(Command[tuple[str, ...] | None]):
    """Find a consent. Result: the scopes, or None when the person has never allowed the client."""

    user_id: str
    client: Client


@dataclass(frozen=True, slots=True)
class KeepConsent(Command[None]):
    """Add scopes to a consent, or begin it. Result: None."""

    user_id: str
    client: Client
    scopes: Sequence[str]
