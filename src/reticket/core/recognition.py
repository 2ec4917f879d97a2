"""Clients as requests name them: many in one trip to the directory, and without a hash where this
process knows the secret already. Knows no dialect.
"""

from __future__ import annotations

from collections.abc import Sequence

from reticket.core.commands import SignInClient
from reticket.core.conveyor import Conveyor, Lane
from reticket.core.model import Caller
from reticket.core.people import Client
from reticket.core.ports import Directory
from reticket.core.sign_in import SignInDesk


class Recognition:
    """Owns the trips.

    Args:
        lane: where the directory is asked.
        passwords: where secrets are hashed that are not known yet.
    """

    def __init__(self, lane: Lane, passwords: Lane, directory: Directory, desk: SignInDesk) -> None:
        self._passwords = passwords
        self._directory = directory
        self._desk = desk
        self._names: Conveyor[str, Client | None] = Conveyor(lane, self._find)
        self._secrets: Conveyor[tuple[SignInClient, Caller], Client | None] = Conveyor(
            lane, desk.known_clients
        )

    async def find(self, client_id: str) -> Client | None:
        """The record, disabled or not."""
        return await self._names.put(client_id)

    async def sign_in(self, command: SignInClient, caller: Caller) -> Client:
        """The client whose secret this is. INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS."""
        known = await self._secrets.put((command, caller))
        if known is None:
            return await self._passwords.run(self._desk.client, command, caller)
        return known

    def _find(self, batch: Sequence[str]) -> list[Client | None]:
        self._directory.catch_up()
        return [self._directory.client(client_id) for client_id in batch]
