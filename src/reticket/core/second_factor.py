"""Checks second factors: one-time passwords by time, and recovery codes.

Synchronous; runs on the pool that may be busy for a while.
"""

from __future__ import annotations

from collections.abc import Callable

from reticket.core import chronicle, recovery
from reticket.core.attempts import Attempts
from reticket.core.budget import Budgeted, of_holder
from reticket.core.commands import OpenFactorSession, SecondFactor
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.guards import Guards
from reticket.core.model import Caller
from reticket.core.people import MOST_FAILURES, User
from reticket.core.ports import (
    Clock,
    Directory,
    Entropy,
    Event,
    Factors,
    OneTimePasswords,
)
from reticket.core.standing import Standings, in_good_standing

FACTOR_TRIES = 5
FACTOR_WINDOW = 3600
"""Seconds for which tries are counted: longer than any session lives."""


class FactorDesk:
    """Owns the second half of a sign-in.

    Args:
        tell: takes events for the audit log; may be called from any thread.
    """

    def __init__(
        self,
        directory: Directory,
        factors: Factors,
        ephemeral: Budgeted,
        otp: OneTimePasswords,
        attempts: Attempts,
        standings: Standings,
        tell: Callable[[Event], None],
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._directory = directory
        self._factors = factors
        self._ephemeral = ephemeral
        self._otp = otp
        self._attempts = attempts
        self._standings = standings
        self._tell = tell
        self._clock = clock
        self._entropy = entropy

    def open_session(self, command: OpenFactorSession) -> str:
        """Remember for a while whose password was right; the id of that memory."""
        session_id = self._entropy(20).hex()
        said = _said_of(command.user, command.resource)
        owner = of_holder(command.user.id)
        self._ephemeral.once(f"factor:{session_id}", command.lifetime, said, owner)
        return session_id

    def user(self, command: SecondFactor, caller: Caller) -> User:
        """Check a code. Each works once, a session bears five wrong ones, and a hundred in a row
        lock the factor until an operator acts.
        """
        self._directory.catch_up_now()
        said = self._ephemeral.peek(f"factor:{command.session_id}")
        user = self._user_of(said, command.resource)
        if user is None:
            raise self._no_session(command.resource, caller)
        (standing,) = self._standings.of([(user.email, caller)])
        guards = (*standing.guards, *standing.factor)
        with self._attempts.counted(guards, command.resource, caller):
            self._in_session(guards, user, command, caller)
        self._standings.succeeded(standing.whose, guards)
        in_good_standing(self._attempts, user, command.resource, caller)
        self._standings.remember(user, caller)
        return user

    def _in_session(
        self, guards: Guards, user: User, command: SecondFactor, caller: Caller
    ) -> None:
        """The code is right, and the session has not ended by another one. A session that is over
        counts for nobody.
        """
        tries = self._ephemeral.count(
            f"tries:{command.session_id}", FACTOR_WINDOW, 1, of_holder(user.id)
        )
        if tries.total > FACTOR_TRIES:
            self._attempts.give_back(guards)
            raise self._no_session(command.resource, caller)
        if not self._accepts(user, command, caller):
            raise self._failure(guards, user, command, caller)
        if self._ephemeral.take(f"factor:{command.session_id}") is None:
            self._attempts.give_back(guards)
            raise self._no_session(command.resource, caller)

    def _user_of(self, said: str | None, resource: str) -> User | None:
        """Whose password was right at this resource: another one may not know them."""
        user = self._directory.user(said.partition(":")[0]) if said else None
        return user if user and said == _said_of(user, resource) else None

    def _accepts(self, user: User, command: SecondFactor, caller: Caller) -> bool:
        factor = self._factors.factor(user.id)
        if factor is None:
            return False
        code = recovery.canonical(command.otp)
        if code is not None:
            return self._accepts_recovery(user, code, command, caller)
        typed = "".join(command.otp.split())
        step = self._otp.match(factor.secret, typed, self._clock())
        return step is not None and self._factors.pass_step(user.id, step)

    def _accepts_recovery(
        self, user: User, code: str, command: SecondFactor, caller: Caller
    ) -> bool:
        left = self._factors.spend_code(user.id, code)
        if left is None:
            return False
        self._note("recovery_code_used", user, command, caller, left=left)
        return True

    def _failure(
        self, guards: Guards, user: User, command: SecondFactor, caller: Caller
    ) -> Refusal:
        """A locked factor looks to the caller as a wrong code does."""
        failures = self._factors.fail(user.id)
        cause = Cause.FACTOR_LOCKED if failures > MOST_FAILURES else Cause.WRONG_FACTOR
        refusal = self._attempts.failed(guards, command.resource, user.id, cause, caller)
        if failures == MOST_FAILURES:
            self._note("factor_locked", user, command, caller, failures=failures)
        return refusal

    def _note(
        self, event: str, user: User, command: SecondFactor, caller: Caller, **detail: object
    ) -> None:
        at = self._clock()
        self._tell(chronicle.of_person(at, event, command.resource, user.id, caller, detail))

    def _no_session(self, resource: str, caller: Caller) -> Refusal:
        refusal = Refusal(Code.NOT_FOUND, Cause.NO_SESSION)
        return self._attempts.told(resource, None, refusal, caller)


def _said_of(user: User, resource: str) -> str:
    """What a session remembers: another password or e-mail, or another resource, says another."""
    return f"{user.id}:{user.credential_version}:{resource}"
