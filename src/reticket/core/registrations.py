"""Clients that register themselves: their tokens, their use and their end."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Protocol

from reticket.core.addresses import network_of
from reticket.core.commands import (
    ChangeRegistration,
    CheckRegistrationToken,
    NoteClientUse,
    RegisterClient,
    RemoveClient,
)
from reticket.core.logouts import CLIENT_REMOVED
from reticket.core.model import Caller, Selection
from reticket.core.policy import DAY, SECOND
from reticket.core.ports import Clock, SecretHasher
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.queues.fair_queue import Requester
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.storage.upkeep import Upkeep

MOST_NOTED = 10_000
"""Clients whose use is remembered as noted; beyond that the oldest note is dropped."""

REMOVED = 100
"""Unused clients that one purge removes."""


class Registrar(Protocol):
    """The port: clients that registered themselves. Times are milliseconds."""

    def add(
        self, client_id: str, registration: Mapping[str, Any], secret_hash: str | None,
        token_digest: str, most: int, idle: int,
    ) -> None:  # fmt: skip
        """Register a client. `token_digest` is empty when it has no token; `idle` is in seconds."""

    def change(self, client_id: str, registration: Mapping[str, Any]) -> None: ...

    def token_digest(self, client_id: str) -> str | None:
        """Of its registration access token; None for any other client."""

    def block(self, client_id: str) -> None: ...

    def remove(self, client_id: str) -> None: ...

    def note_use(self, client_id: str, at: int) -> None: ...

    def giving_way(self, most: int, limit: int) -> Sequence[str]:
        """Ids of clients of documents that never got tokens, the oldest first. So many must go
        before one more makes `most`.
        """

    def unused(self, before: int, limit: int) -> Sequence[str]:
        """Ids of clients that were last used before that time. A client of a document that is
        blocked stays: the document would register it again.
        """


class Registrations:
    """Performs the commands. Belongs to one event loop."""

    def __init__(
        self, registrar: Registrar, upkeep: Upkeep, hasher: SecretHasher, directory: WorkerPool,
        store: WorkerPool, passwords: FairWorkerPool, clock: Clock,
    ) -> None:  # fmt: skip
        self._registrar, self._upkeep, self._hasher = registrar, upkeep, hasher
        self._directory, self._store, self._passwords = directory, store, passwords
        self._clock = clock
        self._noted: OrderedDict[str, int] = OrderedDict()

    async def register(self, command: RegisterClient, caller: Caller) -> Sequence[str]:
        """Register a client; its secret waits for its turn as a stranger's password does. A client
        that comes back after its removal is new, so its next use is noted.
        """
        gone = () if command.token else await self._make_room(command.most)
        hashed = None
        if command.secret is not None:
            requester = Requester(network_of(caller.address), command.client_id, known=False)
            hashed = await self._passwords.run(requester, self._hasher.hash, command.secret)
        digest = digest_of(command.token) if command.token else ""
        said = command.client_id, command.registration, hashed, digest
        await self._directory.run(self._registrar.add, *said, command.most, command.idle)
        self._noted.pop(command.client_id, None)
        return gone

    async def _make_room(self, most: int) -> Sequence[str]:
        """Remove the clients of documents that must give way to one more. Returns their ids."""
        surplus = await self._directory.run(self._registrar.giving_way, most, REMOVED)
        for client in surplus:
            await self._remove(client)
        return surplus

    async def check(self, command: CheckRegistrationToken, caller: Caller) -> bool:
        """Whether the token is that client's."""
        known = await self._directory.run(self._registrar.token_digest, command.client_id)
        return compare_digest(known or "", digest_of(command.token))

    async def change(self, command: ChangeRegistration, caller: Caller) -> None:
        """Replace a registration."""
        said = command.client_id, command.registration
        await self._directory.run(self._registrar.change, *said)

    async def remove(self, command: RemoveClient, caller: Caller) -> None:
        """Remove a client."""
        await self._remove(command.client_id)

    async def _remove(self, client: str) -> None:
        """The order keeps the client's sessions from a later client with the same id."""
        await self._directory.run(self._registrar.block, client)
        await self._store.run(self._upkeep.revoke, Selection(client=client), CLIENT_REMOVED)
        await self._directory.run(self._registrar.remove, client)

    async def note_use(self, command: NoteClientUse, caller: Caller) -> None:
        """Note its use, once a day and process."""
        now = self._clock()
        if now - self._noted.get(command.client_id, 0) < DAY * SECOND:
            return
        await self._directory.run(self._registrar.note_use, command.client_id, now)
        self._noted[command.client_id] = now
        self._noted.move_to_end(command.client_id)
        if len(self._noted) > MOST_NOTED:
            self._noted.popitem(last=False)


def remove_unused(registrar: Registrar, upkeep: Upkeep, before: int) -> Iterator[str]:
    """Remove clients that were last used before that time. Yields the id of each."""
    for client in registrar.unused(before, REMOVED):
        registrar.block(client)
        upkeep.revoke(Selection(client=client), CLIENT_REMOVED)
        registrar.remove(client)
        yield client


def digest_of(token: str) -> str:
    """The digest of a token of 256 random bits: nobody can guess its text."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
