"""Checks which program somebody is, by its secret.

Synchronous; what costs a hash runs on the pool that may be busy for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from reticket.core.attempts import Attempts
from reticket.core.commands import SignInApplication, SignInClient
from reticket.core.errors import Cause, Refusal
from reticket.core.model import Caller
from reticket.core.people import Application, Client, Credentials
from reticket.core.ports import Directory
from reticket.core.secret_check import SecretCheck

P = TypeVar("P", Application, Client)


class ProgramDesk:
    """Owns the checks of programs. Their ids are public, so failures are counted by address alone:
    nobody locks one out.
    """

    def __init__(self, directory: Directory, secrets: SecretCheck, attempts: Attempts) -> None:
        self._directory = directory
        self._secrets = secrets
        self._attempts = attempts

    def application(self, command: SignInApplication, caller: Caller) -> Application:
        """Check an application's secret; one that this process verified before costs no hash."""
        known = self._directory.application_credentials, self._directory.application
        return self._checked(command, command.application_id, *known, caller)

    def client(self, command: SignInClient, caller: Caller) -> Client:
        """Check a client's secret, as an application's. A public one has none and is refused."""
        known = self._directory.client_credentials, self._directory.client
        return self._checked(command, command.client_id, *known, caller)

    def known_application(self, command: SignInApplication, caller: Caller) -> Application | None:
        """The application whose very secret this process has verified before; None for one that
        `application` must check, whatever will come of it.
        """
        self._directory.catch_up_now()
        application = self._directory.application(command.application_id)
        credentials = self._directory.application_credentials(command.application_id)
        known = self._if_known(application, credentials, command.secret)
        if known is None or self._attempts.is_over(*self._attempts.of_address(caller)):
            return None
        return known

    def known_clients(
        self, batch: Sequence[tuple[SignInClient, Caller]]
    ) -> Sequence[Client | None]:
        """The clients whose very secret this process has verified before; None for those that
        `client` must check, whatever will come of it.
        """
        self._directory.catch_up_now()
        free = self._attempts.free_among({caller.address for _, caller in batch})
        return [
            self._known_client(command) if caller.address in free else None
            for command, caller in batch
        ]

    def client_at_hand(self, command: SignInClient, caller: Caller) -> Client | None:
        """The same for one, by what was looked up half a second ago at most; waits for nothing."""
        found = self._directory.client_at_hand(command.client_id)
        if found is None or not self._attempts.is_free(caller.address):
            return None
        return self._if_known(*found, command.secret)

    def _known_client(self, command: SignInClient) -> Client | None:
        credentials = self._directory.client_credentials(command.client_id)
        client = self._directory.client(command.client_id)
        return self._if_known(client, credentials, command.secret)

    def _if_known(
        self, program: P | None, credentials: Credentials | None, secret: str
    ) -> P | None:
        if program is None or program.disabled or credentials is None:
            return None
        return program if self._secrets.knows(credentials, secret) else None

    def _checked(
        self,
        command: SignInApplication | SignInClient,
        name: str,
        credentials_of: Callable[[str], Credentials | None],
        find: Callable[[str], P | None],
        caller: Caller,
    ) -> P:
        """The record after the hash: it may have been blocked during that."""
        self._directory.catch_up_now()
        self._attempts.admit((self._attempts.of_address(caller),), command.resource, caller)
        right = self._secrets.matches_once(credentials_of(name), command.secret)
        self._directory.catch_up_now()
        program = find(name)
        if not right or program is None or program.disabled:
            raise self._failure(command.resource, program, right, caller)
        return program

    def _failure(
        self, resource: str, program: Application | Client | None, right: bool, caller: Caller
    ) -> Refusal:
        """All are the same to the caller; the audit log knows them apart."""
        cause = Cause.DISABLED if right else Cause.WRONG_SECRET
        if program is None:
            cause = Cause.UNKNOWN_SUBJECT
        guards = (self._attempts.of_address(caller),)
        return self._attempts.failed(
            guards, resource, program.id if program else None, cause, caller
        )
