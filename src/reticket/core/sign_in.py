"""Checks who somebody is: passwords, application secrets, second factors, and the limits on them.

Synchronous; runs on the pool that may be busy for a while. Tells nobody which part was wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from reticket.core import chronicle
from reticket.core.commands import (
    OpenFactorSession,
    SecondFactor,
    SignIn,
    SignInApplication,
    SignInClient,
)
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Caller
from reticket.core.people import Application, Client, Credentials, User
from reticket.core.ports import (
    Clock,
    Directory,
    Entropy,
    Ephemeral,
    Event,
    OneTimePasswords,
    SecretHasher,
)

FACTOR_TRIES = 5
FACTOR_WINDOW = 3600
"""Seconds for which tries are counted: longer than any session lives."""
FREE = 500
"""Milliseconds for which an address that had few failures, and no new one, is not asked for."""
CODE_LIFETIME = 120
"""Seconds for which a used one-time password is remembered: longer than it can be accepted."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `failures` failed attempts in `window` seconds."""

    failures: int
    window: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What failed sign-ins are limited by."""

    account: Limit = Limit(10, 300)
    address: Limit = Limit(200, 300)


class VerifiedSecrets(Protocol):
    """A record, gone with the process, of secrets that were verified (ADR 0004)."""

    def knows(self, subject: str, secret_hash: str, secret: str) -> bool: ...

    def remember(self, subject: str, secret_hash: str, secret: str) -> None: ...


class SignInDesk:
    """Owns the checks of a sign-in.

    Args:
        tell: takes events for the audit log; may be called from any thread.
    """

    def __init__(
        self,
        directory: Directory,
        ephemeral: Ephemeral,
        hasher: SecretHasher,
        otp: OneTimePasswords,
        verified: VerifiedSecrets,
        limits: Limits,
        tell: Callable[[Event], None],
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._directory = directory
        self._ephemeral = ephemeral
        self._hasher = hasher
        self._otp = otp
        self._verified = verified
        self._limits = limits
        self._tell = tell
        self._clock = clock
        self._entropy = entropy
        self._free: dict[str, int] = {}
        """Until when (milliseconds) an address is not asked for; another one after each failure."""

    def user(self, command: SignIn, caller: Caller) -> User:
        """Check a password. An unknown user costs the same time as a wrong password."""
        self._directory.catch_up_now()
        account = _account(command.email)
        guards = ((account, self._limits.account), self._address(caller))
        self._within((*guards, self._factor(account)), command.resource, caller)
        credentials = self._directory.user_credentials(command.email)
        user = self._directory.user(credentials.subject) if credentials else None
        right = self._matches(credentials, command.password)
        if not right or user is None or not command.admits(user):
            cause = _cause_of(user, right)
            subject = user.id if user else None
            raise self._failure(guards, command.resource, subject, cause, caller)
        self._ephemeral.forget(_failures(account))
        self._in_good_standing(user, command.resource, caller)
        return user

    def application(self, command: SignInApplication, caller: Caller) -> Application:
        """Check an application's secret; one that this process verified before costs no hash.

        Its id is public, so failures are counted by address alone: nobody locks it out.
        """
        self._directory.catch_up_now()
        guards = (self._address(caller),)
        self._within(guards, command.resource, caller)
        credentials = self._directory.application_credentials(command.application_id)
        right = self._matches_known(credentials, command.secret)
        self._directory.catch_up_now()
        application = self._directory.application(command.application_id)
        if not right or application is None or application.disabled:
            raise self._program_failure(guards, command.resource, application, right, caller)
        return application

    def known_application(self, command: SignInApplication, caller: Caller) -> Application | None:
        """The application whose very secret this process has verified before; None for one that
        `application` must check, whatever will come of it.
        """
        self._directory.catch_up_now()
        name, limit = self._address(caller)
        application = self._directory.application(command.application_id)
        credentials = self._directory.application_credentials(command.application_id)
        if application is None or application.disabled or credentials is None:
            return None
        known = self._knows(credentials, command.secret) and not self._is_over(name, limit)
        return application if known else None

    def known_clients(
        self, batch: Sequence[tuple[SignInClient, Caller]]
    ) -> Sequence[Client | None]:
        """The clients whose very secret this process has verified before; None for those that
        `client` must check, whatever will come of it.
        """
        self._directory.catch_up_now()
        free = self._free_among({caller.address for _, caller in batch})
        return [
            self._known_client(command) if caller.address in free else None
            for command, caller in batch
        ]

    def client_at_hand(self, command: SignInClient, caller: Caller) -> Client | None:
        """The same for one, by what was looked up half a second ago at most; waits for nothing."""
        found = self._directory.client_at_hand(command.client_id)
        until = self._free.get(caller.address, 0)
        if found is None or not 0 <= until - self._clock() <= FREE:
            return None
        return self._if_known(*found, command.secret)

    def _known_client(self, command: SignInClient) -> Client | None:
        credentials = self._directory.client_credentials(command.client_id)
        client = self._directory.client(command.client_id)
        return self._if_known(client, credentials, command.secret)

    def _if_known(
        self, client: Client | None, credentials: Credentials | None, secret: str
    ) -> Client | None:
        if client is None or client.disabled or credentials is None:
            return None
        return client if self._knows(credentials, secret) else None

    def _free_among(self, addresses: Set[str]) -> Set[str]:
        """Those that may still try. A failure meanwhile puts another dict in the place of this."""
        limit, now, kept = self._limits.address, self._clock(), self._free
        free = {each for each in addresses if not self._is_over(f"address:{each}", limit)}
        for each in [name for name, until in kept.items() if name in addresses or until < now]:
            del kept[each]
        kept.update(dict.fromkeys(free, now + FREE))
        return free

    def client(self, command: SignInClient, caller: Caller) -> Client:
        """Check a client's secret, as an application's. A public one has none and is refused."""
        self._directory.catch_up_now()
        guards = (self._address(caller),)
        self._within(guards, command.resource, caller)
        credentials = self._directory.client_credentials(command.client_id)
        right = self._matches_known(credentials, command.secret)
        self._directory.catch_up_now()
        client = self._directory.client(command.client_id)
        if not right or client is None or client.disabled:
            raise self._program_failure(guards, command.resource, client, right, caller)
        return client

    def open_factor_session(self, command: OpenFactorSession) -> str:
        """Remember for a while whose password was right; the id of that memory."""
        session_id = self._entropy(20).hex()
        user = command.user
        value = f"{user.id}:{user.credential_version}"
        self._ephemeral.once(f"factor:{session_id}", command.lifetime, value)
        return session_id

    def second_factor(self, command: SecondFactor, caller: Caller) -> User:
        """Check a one-time password; a code works once, a session bears five wrong ones."""
        self._directory.catch_up_now()
        key = f"factor:{command.session_id}"
        user = self._factor_user(self._ephemeral.peek(key))
        if user is None:
            raise self._no_session(command.resource, caller)
        account = _account(user.email)
        guards = (self._factor(account), (account, self._limits.account), self._address(caller))
        self._within(guards, command.resource, caller)
        if self._ephemeral.count(f"tries:{command.session_id}", FACTOR_WINDOW) > FACTOR_TRIES:
            raise self._no_session(command.resource, caller)
        if not self._accepts(user, command.otp):
            raise self._failure(guards, command.resource, user.id, Cause.WRONG_FACTOR, caller)
        if self._ephemeral.take(key) is None:
            raise self._no_session(command.resource, caller)
        for name in (account, self._factor(account)[0]):
            self._ephemeral.forget(_failures(name))
        self._in_good_standing(user, command.resource, caller)
        return user

    def _factor(self, account: str) -> tuple[str, Limit]:
        """Counted apart: a right password must not make wrong codes forgotten."""
        return f"factor:{account}", self._limits.account

    def _factor_user(self, value: str | None) -> User | None:
        user_id, _, version = (value or "").partition(":")
        user = self._directory.user(user_id) if user_id else None
        return user if user and str(user.credential_version) == version else None

    def _accepts(self, user: User, otp: str) -> bool:
        secret = self._directory.totp_secret(user.id)
        step = self._otp.match(secret, otp, self._clock()) if secret else None
        return step is not None and self._ephemeral.once(f"otp:{user.id}:{step}", CODE_LIFETIME)

    def _address(self, caller: Caller) -> tuple[str, Limit]:
        return f"address:{caller.address}", self._limits.address

    def _within(self, guards: tuple[tuple[str, Limit], ...], resource: str, caller: Caller) -> None:
        for name, limit in guards:
            if self._is_over(name, limit):
                self._free = {}
                refusal = Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=limit.window)
                self._tell_failure(resource, None, refusal, caller)
                raise refusal

    def _is_over(self, name: str, limit: Limit) -> bool:
        return self._ephemeral.count(_failures(name), limit.window, add=0) >= limit.failures

    def _failure(
        self,
        guards: tuple[tuple[str, Limit], ...],
        resource: str,
        subject: str | None,
        cause: Cause,
        caller: Caller,
    ) -> Refusal:
        for name, limit in guards:
            self._ephemeral.count(_failures(name), limit.window)
        self._free = {}
        refusal = Refusal(Code.INVALID_CREDENTIALS, cause)
        self._tell_failure(resource, subject, refusal, caller)
        return refusal

    def _program_failure(
        self,
        guards: tuple[tuple[str, Limit], ...],
        resource: str,
        program: Application | Client | None,
        right: bool,
        caller: Caller,
    ) -> Refusal:
        """All are the same to the caller; the audit log knows them apart."""
        if program is None:
            return self._failure(guards, resource, None, Cause.UNKNOWN_SUBJECT, caller)
        cause = Cause.DISABLED if right else Cause.WRONG_SECRET
        return self._failure(guards, resource, program.id, cause, caller)

    def _no_session(self, resource: str, caller: Caller) -> Refusal:
        refusal = Refusal(Code.NOT_FOUND, Cause.NO_SESSION)
        self._tell_failure(resource, None, refusal, caller)
        return refusal

    def _in_good_standing(self, user: User, resource: str, caller: Caller) -> None:
        if not user.disabled and user.active:
            return
        disabled = user.disabled
        refusal = Refusal(
            Code.SUBJECT_DISABLED if disabled else Code.SUBJECT_INACTIVE,
            Cause.DISABLED if disabled else Cause.INACTIVE,
        )
        self._tell_failure(resource, user.id, refusal, caller)
        raise refusal

    def _matches(self, credentials: Credentials | None, secret: str) -> bool:
        stored = credentials.secret_hash if credentials else self._hasher.absent()
        right = self._hasher.verify(stored, secret)
        if right and credentials and self._hasher.is_old(stored):
            renewed = self._hasher.hash(secret)
            self._directory.renew_hash(credentials.subject, stored, renewed)
        return right and credentials is not None

    def _knows(self, credentials: Credentials, secret: str) -> bool:
        return self._verified.knows(credentials.subject, credentials.secret_hash, secret)

    def _matches_known(self, credentials: Credentials | None, secret: str) -> bool:
        if credentials is None:
            return self._matches(None, secret)
        known = (credentials.subject, credentials.secret_hash, secret)
        if self._knows(credentials, secret):
            return True
        right = self._matches(credentials, secret)
        if right:
            self._verified.remember(*known)
        return right

    def _tell_failure(
        self, resource: str, subject: str | None, refusal: Refusal, caller: Caller
    ) -> None:
        self._tell(chronicle.sign_in_failed(self._clock(), resource, subject, refusal, caller))


def _cause_of(user: User | None, right: bool) -> Cause:
    """Why somebody is not let in, of whom the dialect wants to know nothing."""
    if user is None:
        return Cause.UNKNOWN_SUBJECT
    return Cause.NO_ACCESS if right else Cause.WRONG_SECRET


def _account(email: str) -> str:
    """A name of bounded length, whatever somebody sends as an e-mail."""
    folded = email.casefold().encode("utf-8", "surrogatepass")
    return f"account:{hashlib.sha256(folded).hexdigest()}"


def _failures(name: str) -> str:
    return f"failures:{name}"
