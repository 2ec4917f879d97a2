"""Authenticates programs by their secrets.

Synchronous; hashing runs on the pool for long work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from reticket.core.access.attempts import Admission, Attempts
from reticket.core.access.failure_limits import FailureCounters, FailureLimits, program_of
from reticket.core.access.known_programs import KnownPrograms, ProgramAt
from reticket.core.access.secret_check import SecretCheck, expect_one_version
from reticket.core.addresses import network_of
from reticket.core.commands import SignInApplication, SignInClient
from reticket.core.errors import Cause, Refusal
from reticket.core.model import Caller
from reticket.core.people import Application, Client, Credentials
from reticket.core.ports import Directory
from reticket.core.queues.fair_queue import Requester

P = TypeVar("P", Application, Client)


class ProgramAuthenticator:
    """Owns the checks of programs. Their ids are public, so failures are counted by network: nobody
    can lock a program out from another network.

    A program that has authenticated from a network has separate counters there.
    """

    def __init__(
        self,
        directory: Directory,
        secrets: SecretCheck,
        attempts: Attempts,
        limits: FailureLimits,
        verified: KnownPrograms,
    ) -> None:
        self._directory = directory
        self._secrets = secrets
        self._attempts = attempts
        self._limits = limits
        self._verified = verified

    def authenticate_application(
        self, command: SignInApplication, caller: Caller, admission: Admission
    ) -> Application:
        """Check an application's secret; one that this process has verified before costs no
        hash.
        """
        find = self._directory.application_credentials, self._directory.application
        return self._checked(command, command.application_id, *find, caller, admission)

    def authenticate_client(
        self, command: SignInClient, caller: Caller, admission: Admission
    ) -> Client:
        """Check a client's secret, like an application's. A public client has none and is
        refused.
        """
        find = self._directory.client_credentials, self._directory.client
        return self._checked(command, command.client_id, *find, caller, admission)

    def known_applications(
        self, batch: Sequence[tuple[SignInApplication, Caller]]
    ) -> Sequence[Application | Admission | Refusal]:
        """For each command: the application when this process has verified that secret before,
        TOO_MANY_ATTEMPTS, or the admission that `authenticate_application` needs.
        """
        find = self._directory.application_credentials, self._directory.application
        return self._known(batch, *find)

    def known_clients(
        self, batch: Sequence[tuple[SignInClient, Caller]]
    ) -> Sequence[Client | Admission | Refusal]:
        """The same for clients."""
        find = self._directory.client_credentials, self._directory.client
        return self._known(batch, *find)

    def client_at_hand(self, command: SignInClient, caller: Caller) -> Client | None:
        """The same for one client, from data at most half a second old. It waits for nothing."""
        found = self._directory.client_at_hand(command.client_id)
        if found is None:
            return None
        place = _place_of_client(command.client_id, caller.address)
        if place not in self._verified:
            return None
        guards = self._limits.of_program(*place, known=True)
        is_free = all(map(self._attempts.is_free, guards))
        return self._if_known(*found, command) if is_free else None

    def _known(
        self,
        batch: Sequence[tuple[SignInApplication | SignInClient, Caller]],
        credentials_of: Callable[[str], Credentials | None],
        find: Callable[[str], P | None],
    ) -> list[P | Admission | Refusal]:
        self._directory.catch_up_now()
        self._verified.learn([_place_of(*each) for each in batch])
        admissions = [self._admission(*each) for each in batch]
        waits = self._attempts.waits([each.guards for each in admissions])
        found: list[P | Admission | Refusal] = []
        for (command, caller), admission, wait in zip(batch, admissions, waits, strict=True):
            name = _name_of(command)
            if wait:
                found.append(self._attempts.limited(wait, command.resource, caller))
            elif not admission.requester.known:
                found.append(admission)
            else:
                known = self._if_known(find(name), credentials_of(name), command)
                if known:
                    self._verified.add(_place_of(command, caller))
                found.append(known or admission)
        return found

    def _admission(self, command: SignInApplication | SignInClient, caller: Caller) -> Admission:
        program, network = _place_of(command, caller)
        known = (program, network) in self._verified
        guards = self._limits.of_program(program, network, known)
        return Admission(Requester(network, program, known), guards)

    def _if_known(
        self,
        program: P | None,
        credentials: Credentials | None,
        command: SignInApplication | SignInClient,
    ) -> P | None:
        if program is None or program.disabled or credentials is None:
            return None
        for secret in _secrets_of(command):
            if self._secrets.knows(credentials, secret):
                return program
        return None

    def _checked(
        self,
        command: SignInApplication | SignInClient,
        name: str,
        credentials_of: Callable[[str], Credentials | None],
        find: Callable[[str], P | None],
        caller: Caller,
        admission: Admission,
    ) -> P:
        """The record, read after hashing, because it may have been blocked meanwhile."""
        self._directory.catch_up_now()
        requester, guards = admission
        with self._attempts.counted(guards, command.resource, caller):
            credentials = credentials_of(name)
            right = self._is_right(credentials, command)
            self._directory.catch_up_now()
            program = find(name)
            if not right or program is None or program.disabled:
                raise self._failure(command.resource, program, right, caller, guards)
            expect_one_version(credentials, program)
        self._attempts.succeeded(guards)
        self._verified.add((requester.account, requester.network))
        return program

    def _is_right(
        self, credentials: Credentials | None, command: SignInApplication | SignInClient
    ) -> bool:
        """Whether one of the secrets matches. Of secrets that were not verified before, all are
        hashed, so that the time does not show which one matches.
        """
        secrets = _secrets_of(command)
        if credentials and any(self._secrets.knows(credentials, each) for each in secrets):
            return True
        matches = [self._secrets.matches_once(credentials, each) for each in secrets]
        return any(matches)

    def _failure(
        self,
        kind: str,
        program: Application | Client | None,
        right: bool,
        caller: Caller,
        guards: FailureCounters,
    ) -> Refusal:
        """The refusal. It is the same for every cause; only the audit log shows which one."""
        cause = Cause.DISABLED if right else Cause.WRONG_SECRET
        if program is None:
            cause = Cause.UNKNOWN_SUBJECT
        return self._attempts.failed(guards, kind, program.id if program else None, cause, caller)


def _place_of(command: SignInApplication | SignInClient, caller: Caller) -> ProgramAt:
    program = program_of(type(command).__name__, _name_of(command))
    return program, network_of(caller.address)


@lru_cache(10_000)
def _place_of_client(client_id: str, address: str) -> ProgramAt:
    """The place of a client that exists: anybody can invent ids, and nobody may fill a cache."""
    return program_of(SignInClient.__name__, client_id), network_of(address)


def _name_of(command: SignInApplication | SignInClient) -> str:
    return command.client_id if isinstance(command, SignInClient) else command.application_id


def _secrets_of(command: SignInApplication | SignInClient) -> tuple[str, ...]:
    if isinstance(command, SignInClient) and command.undecoded is not None:
        return command.secret, command.undecoded
    return (command.secret,)
