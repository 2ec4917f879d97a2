"""Commands on the consents that people have given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reticket.core.commands.command import Command
from reticket.core.consents import Consent
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


@dataclass(frozen=True, slots=True)
class ForgetConsent(Command[bool]):
    """Take a consent back. Result: whether there was one."""

    user_id: str
    client_id: str


@dataclass(frozen=True, slots=True)
class ListConsents(Command[Sequence[Consent]]):
    """List the consents of a person in the order of the clients' ids. Result: the consents."""

    user_id: str
