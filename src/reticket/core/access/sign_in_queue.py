"""The order of a sign-in: first the limits, then a place in the queue for hashing, then the
hash.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from reticket.core.access.attempts import Admission
from reticket.core.access.handed_over import HandedOver
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
    """Owns the queues for limits and for hashes. Belongs to one event loop.

    Args:
        directory: reads the limits of many sign-ins at once.
        passwords: computes the hashes.
        handed_over: decides whom an old back end is asked about; None asks about nobody.
        handovers: waits for its answers.
    """

    def __init__(
        self,
        users: UserAuthenticator,
        programs: ProgramAuthenticator,
        directory: WorkerPool,
        passwords: FairWorkerPool,
        handed_over: HandedOver | None,
        handovers: FairWorkerPool,
    ) -> None:
        self._users = users
        self._directory = directory
        self._handed_over = handed_over
        self._handovers = handovers
        self._programs = programs
        self._passwords = passwords
        self._people: BatchQueue[tuple[SignIn, Caller], Admission] = BatchQueue(
            directory, users.admissions
        )
        self._clients: BatchQueue[tuple[SignInClient, Caller], Client | Admission] = BatchQueue(
            directory, programs.known_clients
        )
        self._applications: BatchQueue[
            tuple[SignInApplication, Caller], Application | Admission
        ] = BatchQueue(directory, programs.known_applications)
        self._single_flight = SingleFlight()
        """A program that starts many times at once has its secret hashed once, and an old back end
        is asked once about a person.
        """

    async def person(self, command: SignIn, caller: Caller) -> User:
        """The user with that password."""
        admission = await self._admitted(self._people.put((command, caller)))
        asking = self._handed_over
        if asking is not None and await self._is_wanted(asking, command):
            flight = self._single_flight
            return await flight.follow(command, self._hand_over, asking, command, caller, admission)
        return await self._checked(command, caller, admission)

    async def _is_wanted(self, asking: HandedOver, command: SignIn) -> bool:
        return asking.serves(command) and await self._directory.run(asking.is_wanted, command)

    async def _hand_over(
        self, asking: HandedOver, command: SignIn, caller: Caller, admission: Admission
    ) -> User:
        """The user with that password at the old back end. It is asked once: whoever comes
        meanwhile finds the user kept here.
        """
        if await self._is_wanted(asking, command):
            ask, requester = asking.authenticate, admission.requester
            user = await self._handovers.run(requester, ask, command, caller, admission)
            if user is not None:
                return user
        return await self._checked(command, caller, admission)

    async def _checked(self, command: SignIn, caller: Caller, admission: Admission) -> User:
        check, requester = self._users.authenticate, admission.requester
        return await self._passwords.run(requester, check, command, caller, admission)

    async def application(self, command: SignInApplication, caller: Caller) -> Application:
        """The application with that secret."""
        found = await self._admitted(self._applications.put((command, caller)))
        if not isinstance(found, Admission):
            return found
        return await self._single_flight.follow(command, self._check_application, command, caller)

    async def client(self, command: SignInClient, caller: Caller) -> Client:
        """The client with that secret."""
        at_hand = self._programs.client_at_hand(command, caller)
        if at_hand:
            return at_hand
        found = await self._admitted(self._clients.put((command, caller)))
        if not isinstance(found, Admission):
            return found
        return await self._single_flight.follow(command, self._check_client, command, caller)

    async def _check_application(self, command: SignInApplication, caller: Caller) -> Application:
        found = await self._admitted(self._applications.put((command, caller)))
        if not isinstance(found, Admission):
            return found
        check = self._programs.authenticate_application
        return await self._passwords.run(found.requester, check, command, caller, found)

    async def _check_client(self, command: SignInClient, caller: Caller) -> Client:
        found = await self._admitted(self._clients.put((command, caller)))
        if not isinstance(found, Admission):
            return found
        check = self._programs.authenticate_client
        return await self._passwords.run(found.requester, check, command, caller, found)

    async def _admitted(self, asked: Awaitable[R]) -> R:
        """The result of the limits; a refused caller is delayed."""
        try:
            return await asked
        except Refusal:
            await self._passwords.linger()
            raise
