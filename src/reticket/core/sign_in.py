"""Checks which person somebody is: passwords.

Synchronous; runs on the pool that may be busy for a while. Tells nobody which part was wrong.
"""

from __future__ import annotations

from reticket.core.attempts import Attempts
from reticket.core.commands import FactorRule, SignIn
from reticket.core.errors import Cause
from reticket.core.model import Caller
from reticket.core.people import User
from reticket.core.ports import Directory
from reticket.core.secret_check import SecretCheck
from reticket.core.standing import guards_of, in_good_standing


class SignInDesk:
    """Owns the checks of people."""

    def __init__(
        self,
        directory: Directory,
        secrets: SecretCheck,
        attempts: Attempts,
    ) -> None:
        self._directory = directory
        self._secrets = secrets
        self._attempts = attempts

    def user(self, command: SignIn, caller: Caller) -> User:
        """Check a password. An unknown user costs the same time as a wrong password."""
        self._directory.catch_up_now()
        account, factor = guards_of(self._attempts, command.email)
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
        in_good_standing(self._attempts, user, command.resource, caller)
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


def _cause_of(user: User | None, right: bool) -> Cause:
    """Why somebody is not let in, of whom the dialect wants to know nothing."""
    if user is None:
        return Cause.UNKNOWN_SUBJECT
    return Cause.NO_ACCESS if right else Cause.WRONG_SECRET
