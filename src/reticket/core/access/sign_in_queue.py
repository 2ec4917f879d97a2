"""The way of a sign-in: limits first, then a place in the queue of hashes, then the hash."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from reticket.core.access.attempts import Admission
from reticket.core.access.programs import ProgramAuthenticator
from reticket.core.access.sign_in import UserAuthenticator
from reticket.core.commands import SignIn, SignInApplication, SignInClient
from reticket.core.errors import Refusal
from reticket.core.model import Caller
from reticket.core.people import Application, Client, User
from reticket.core.queues.batch_queue import BatchQueue, WorkerPool
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.queues.single_flight import SingleFlight

R = TypeVar("R")


class SignInQueue:
    """Owns what waits for limits and for hashes. Belongs to one event loop.

    Args:
        directory: where limits are asked, many in one look.
        passwords: where hashes are made.
    """

    def __init__(
        self,
        desk: UserAuthenticator,
        programs: ProgramAuthenticator,
        directory: WorkerPool,
        passwords: FairWorkerPool,
    ) -> None:
        self._desk = desk
        self._programs = programs
        self._passwords = passwords
        self._people: BatchQueue[tuple[SignIn, Caller], Admission] = BatchQueue(
            directory, desk.admissions
        )
        self._clients: BatchQueue[tuple[SignInClient, Caller], Client | Admission] = BatchQueue(
            directory, programs.known_clients
        )
        self._applications: BatchQueue[
            tuple[SignInApplication, Caller], Application | Admission
        ] = BatchQueue(directory, programs.known_applications)
        self._ahead = SingleFlight()
        """A program that starts many times at once has its secret hashed once."""

    async def person(self, command: SignIn, caller: Caller) -> User:
        """Whose password it is."""
        admission = await self._let_in(self._people.put((command, caller)))
        check = self._desk.user
        return await self._passwords.run(admission.whose, check, command, caller, admission)

    async def application(self, command: SignInApplication, caller: Caller) -> Application:
        """Which application it is."""
        known = await self._let_in(self._applications.put((command, caller)))
        if not isinstance(known, Admission):
            return known
        return await self._ahead.follow(command, self._check_application, command, caller)

    async def client(self, command: SignInClient, caller: Caller) -> Client:
        """Which client it is."""
        at_hand = self._programs.client_at_hand(command, caller)
        if at_hand:
            return at_hand
        known = await self._let_in(self._clients.put((command, caller)))
        if not isinstance(known, Admission):
            return known
        return await self._ahead.follow(command, self._check_client, command, caller)

    async def _check_application(self, command: SignInApplication, caller: Caller) -> Application:
        known = await self._let_in(self._applications.put((command, caller)))
        if not isinstance(known, Admission):
            return known
        check = self._programs.application
        return await self._passwords.run(known.whose, check, command, caller, known)

    async def _check_client(self, command: SignInClient, caller: Caller) -> Client:
        known = await self._let_in(self._clients.put((command, caller)))
        if not isinstance(known, Admission):
            return known
        check = self._programs.client
        return await self._passwords.run(known.whose, check, command, caller, known)

    async def _let_in(self, asked: Awaitable[R]) -> R:
        """What the limits say; whoever they refuse lingers."""
        try:
            return await asked
        except Refusal:
            await self._passwords.linger()
            raise
