"""Checks which person somebody is: passwords and second factors.

Synchronous; runs on the pool that may be busy for a while. Tells nobody which part was wrong.
"""

from __future__ import annotations

import hashlib

from reticket.core.attempts import Attempts, Limit
from reticket.core.commands import FactorRule, OpenFactorSession, SecondFactor, SignIn
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Caller
from reticket.core.people import User
from reticket.core.ports import Clock, Directory, Entropy, Ephemeral, OneTimePasswords
from reticket.core.secret_check import SecretCheck

FACTOR_TRIES = 5
FACTOR_WINDOW = 3600
"""Seconds for which tries are counted: longer than any session lives."""
CODE_LIFETIME = 120
"""Seconds for which a used one-time password is remembered: longer than it can be accepted."""


class SignInDesk:
    """Owns the checks of people."""

    def __init__(
        self,
        directory: Directory,
        ephemeral: Ephemeral,
        secrets: SecretCheck,
        otp: OneTimePasswords,
        attempts: Attempts,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._directory = directory
        self._ephemeral = ephemeral
        self._secrets = secrets
        self._otp = otp
        self._attempts = attempts
        self._clock = clock
        self._entropy = entropy

    def user(self, command: SignIn, caller: Caller) -> User:
        """Check a password. An unknown user costs the same time as a wrong password."""
        self._directory.catch_up_now()
        account, factor = self._guards_of(command.email)
        guards = (account, self._attempts.of_address(caller))
        self._attempts.admit((*guards, factor), command.resource, caller)
        credentials = self._directory.user_credentials(command.email)
        user = self._directory.user(credentials.subject) if credentials else None
        right = self._secrets.matches(credentials, command.password)
        if not right or user is None or not command.admits(user):
            cause = _cause_of(user, right)
            subject = user.id if user else None
            raise self._attempts.failed(guards, command.resource, subject, cause, caller)
        self._passes_factor(user, command, caller)
        self._attempts.forget(account)
        self._in_good_standing(user, command.resource, caller)
        return user

    def _passes_factor(self, user: User, command: SignIn, caller: Caller) -> None:
        """A dialect that cannot ask for a second factor refuses whoever has one.

        It counts for the address, since it costs a hash, and not for the account: a program of
        the person's that goes on trying must not lock the person out where the factor is asked
        for. It forgets no failures either: a password alone proves nothing here.
        """
        if user.second_factor and command.factor is FactorRule.REFUSE:
            guards = (self._attempts.of_address(caller),)
            cause = Cause.FACTOR_REQUIRED
            raise self._attempts.failed(guards, command.resource, user.id, cause, caller)

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
        account, factor = self._guards_of(user.email)
        guards = (factor, account, self._attempts.of_address(caller))
        self._attempts.admit(guards, command.resource, caller)
        tries = self._ephemeral.count(f"tries:{command.session_id}", FACTOR_WINDOW)
        if tries.total > FACTOR_TRIES:
            raise self._no_session(command.resource, caller)
        if not self._accepts(user, command.otp):
            raise self._attempts.failed(
                guards, command.resource, user.id, Cause.WRONG_FACTOR, caller
            )
        if self._ephemeral.take(key) is None:
            raise self._no_session(command.resource, caller)
        self._attempts.forget(account, factor)
        self._in_good_standing(user, command.resource, caller)
        return user

    def _guards_of(self, email: str) -> tuple[tuple[str, Limit], tuple[str, Limit]]:
        """Of an account, and of its second factor. Counted apart: a right password must not make
        wrong codes forgotten.
        """
        name = _account(email)
        return self._attempts.of_account(name), self._attempts.of_account(f"factor:{name}")

    def _no_session(self, resource: str, caller: Caller) -> Refusal:
        refusal = Refusal(Code.NOT_FOUND, Cause.NO_SESSION)
        return self._attempts.told(resource, None, refusal, caller)

    def _factor_user(self, value: str | None) -> User | None:
        user_id, _, version = (value or "").partition(":")
        user = self._directory.user(user_id) if user_id else None
        return user if user and str(user.credential_version) == version else None

    def _accepts(self, user: User, otp: str) -> bool:
        secret = self._directory.totp_secret(user.id)
        step = self._otp.match(secret, otp, self._clock()) if secret else None
        return step is not None and self._ephemeral.once(f"otp:{user.id}:{step}", CODE_LIFETIME)

    def _in_good_standing(self, user: User, resource: str, caller: Caller) -> None:
        if not user.disabled and user.active:
            return
        disabled = user.disabled
        refusal = Refusal(
            Code.SUBJECT_DISABLED if disabled else Code.SUBJECT_INACTIVE,
            Cause.DISABLED if disabled else Cause.INACTIVE,
        )
        raise self._attempts.told(resource, user.id, refusal, caller)


def _cause_of(user: User | None, right: bool) -> Cause:
    """Why somebody is not let in, of whom the dialect wants to know nothing."""
    if user is None:
        return Cause.UNKNOWN_SUBJECT
    return Cause.NO_ACCESS if right else Cause.WRONG_SECRET


def _account(email: str) -> str:
    """A name of bounded length, whatever somebody sends as an e-mail."""
    folded = email.casefold().encode("utf-8", "surrogatepass")
    return f"account:{hashlib.sha256(folded).hexdigest()}"
