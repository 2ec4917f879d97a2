"""The consents that people have given to clients: the record, and the port that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from reticket.core.people import Client


class Consent(NamedTuple):
    """What a person has allowed a client, and when it was last allowed (milliseconds)."""

    client_id: str
    scopes: tuple[str, ...]
    given_at: int


class Consents(Protocol):
    """The consents of people. Any of it may raise `Unavailable`."""

    def scopes_of(self, user_id: str, client: Client) -> tuple[str, ...] | None:
        """The scopes that the person has allowed the client; None without a consent."""

    def keep(self, user_id: str, client: Client, scopes: Sequence[str]) -> None:
        """Add scopes to the consent, or begin it."""

    def forget(self, user_id: str, client_id: str) -> bool:
        """Take a consent back. Returns whether there was one."""

    def of_user(self, user_id: str) -> Sequence[Consent]:
        """All consents of a person, in the order of the clients' ids."""
