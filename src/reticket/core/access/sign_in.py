"""Authenticates users by their passwords.

Synchronous; runs on the pool for long work. No answer shows which part was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from reticket.core.access.attempts import Admission, Attempts
from reticket.core.access.failure_limits import FailureCounters
from reticket.core.access.origins import Origin, origin_of
from reticket.core.access.secret_check import SecretCheck, expect_one_version
from reticket.core.access.sign_in_context import SignInContexts, require_active
from reticket.core.commands import FactorRule, RedeemResetCode, SignIn
from reticket.core.entitlement import entitled
from reticket.core.errors import Cause, Refusal
from reticket.core.model import Caller
from reticket.core.people import Credentials, User
from reticket.core.ports import Directory
from reticket.core.realms import SignInName

FindByCode = Callable[[SignInName, str], tuple[User | None, bool]]
"""Finds the person with a name, and says whether the code is that person's."""


class UserAuthenticator:
    """Owns the checks of users."""

    def __init__(
        self,
        directory: Directory,
        secrets: SecretCheck,
        attempts: Attempts,
        contexts: SignInContexts,
    ) -> None:
        self._directory = directory
        self._secrets = secrets
        self._attempts = attempts
        self._contexts = contexts

    def admissions(self, batch: Sequence[tuple[SignIn, Caller]]) -> Sequence[Admission | Refusal]:
        """The admission that `user` needs for each command, or TOO_MANY_ATTEMPTS; no password is
        read. Accounts that do not exist get the same answers.
        """
        self._directory.catch_up_now()
        found = self._contexts.of([(each[0].name, _origin_of(*each)) for each in batch])
        waits = self._attempts.waits([(*each.guards, *each.factor) for each in found])
        return [
            self._attempts.limited(wait, command.resource, caller)
            if wait
            else Admission(each.requester, each.guards)
            for (command, caller), each, wait in zip(batch, found, waits, strict=True)
        ]

    def authenticate(self, command: SignIn, caller: Caller, admission: Admission) -> User:
        """Check a password. An unknown user costs the same time as a wrong password."""
        self._directory.catch_up_now()
        guards = admission.guards
        with self._attempts.counted(guards, command.resource, caller, command.through):
            credentials = self._directory.user_credentials(command.name)
            right = self._secrets.matches(credentials, command.password)
            user = self.accepted(command, caller, guards, credentials, right=right)
        return self.let_in(user, command, caller, admission)

    def let_in(self, user: User, command: SignIn, caller: Caller, admission: Admission) -> User:
        """What follows a right password. SUBJECT_DISABLED, SUBJECT_INACTIVE."""
        requester, guards = admission
        self._contexts.succeeded(requester, guards)
        require_active(self._attempts, user, command.resource, caller)
        if not user.second_factor:
            self._contexts.remember(user, _origin_of(command, caller))
        return user

    def accepted(
        self,
        command: SignIn,
        caller: Caller,
        guards: FailureCounters,
        credentials: Credentials | None,
        *,
        right: bool,
    ) -> User:
        """The person of these credentials, whose password was right or not. INVALID_CREDENTIALS."""
        user = self._directory.user(credentials.subject) if credentials else None
        if not right or user is None or not entitled(user, None, None, command.part):
            cause = _cause_of(user, right)
            subject = user.id if user else None
            raise self._attempts.failed(guards, command.resource, subject, cause, caller)
        expect_one_version(credentials, user)
        fault = _factor_fault(user, command.factor)
        if fault is not None:
            raise self._attempts.failed(guards, command.resource, user.id, fault, caller)
        return user

    def with_code(self, command: RedeemResetCode, caller: Caller, find: FindByCode) -> User:
        """The person whose reset code this is. INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS.

        Nobody guesses a code, so no limit refuses the right one. Wrong ones are limited for each
        account, and count for no password.
        """
        user, is_right = find(command.name, command.code)
        if user is None or not is_right:
            self._refuse_code(command, user.id if user else None, caller)
        return user

    def _refuse_code(
        self, command: RedeemResetCode, subject: str | None, caller: Caller
    ) -> NoReturn:
        guards = self._contexts.of_code(command.name, caller)
        (wait,) = self._attempts.waits([guards])
        if wait:
            raise self._attempts.limited(wait, command.resource, caller)
        with self._attempts.counted(guards, command.resource, caller, command.through):
            cause = Cause.WRONG_CODE
            raise self._attempts.failed(guards, command.resource, subject, cause, caller)


def _origin_of(command: SignIn, caller: Caller) -> Origin:
    return origin_of(caller, command.through, command.realm)


def _cause_of(user: User | None, right: bool) -> Cause:
    """Why a sign-in is refused; only the audit log shows it."""
    if user is None:
        return Cause.UNKNOWN_SUBJECT
    return Cause.NO_ACCESS if right else Cause.WRONG_SECRET


def _factor_fault(user: User, rule: FactorRule) -> Cause | None:
    """Why the right password is refused: the dialect cannot ask for a second factor, or there is
    none to ask for.

    It counts exactly like a wrong password. Otherwise the limits would show a stranger which
    password is right.
    """
    if user.factor_missing:
        return Cause.FACTOR_MISSING
    is_refused = user.second_factor and rule is FactorRule.REFUSE
    return Cause.FACTOR_REQUIRED if is_refused else None
