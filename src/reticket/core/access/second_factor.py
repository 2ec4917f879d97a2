"""Checks second factors: time-based one-time passwords, and recovery codes.

Synchronous; runs on the pool for long work.
"""

from __future__ import annotations

from collections.abc import Callable

from reticket.core.access import recovery
from reticket.core.access.attempts import Attempts
from reticket.core.access.failure_limits import FailureCounters
from reticket.core.access.origins import origin_of
from reticket.core.access.sign_in_context import SignInContexts, require_active
from reticket.core.commands import OpenFactorSession, SecondFactor
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.identifiers import random_uuid
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
from reticket.core.realms import SignInName
from reticket.core.sessions import audit_events
from reticket.core.storage.budget import of_account
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral

FACTOR_TRIES = 5
FACTOR_WINDOW = 3600
"""Seconds for which attempts are counted: longer than any factor session lives."""

Proof = int | str
"""What a right code uses up: a time step, or a recovery code."""


class SecondFactorAuthenticator:
    """Owns the second step of a sign-in.

    Args:
        tell: takes events for the audit log; may be called from any thread.
    """

    def __init__(
        self,
        directory: Directory,
        factors: Factors,
        ephemeral: BudgetedEphemeral,
        otp: OneTimePasswords,
        attempts: Attempts,
        contexts: SignInContexts,
        tell: Callable[[Event], None],
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._directory = directory
        self._factors = factors
        self._ephemeral = ephemeral
        self._otp = otp
        self._attempts = attempts
        self._contexts = contexts
        self._tell = tell
        self._clock = clock
        self._entropy = entropy

    def open_session(self, command: OpenFactorSession) -> str:
        """Remember for a while whose password was right. Returns the id of the factor session."""
        session_id = random_uuid(self._entropy)
        said = _pending_value(command.user, command.resource)
        owner = of_account(command.user.id)
        self._ephemeral.put_if_absent(f"factor:{session_id}", command.lifetime, said, owner)
        return session_id

    def authenticate(self, command: SecondFactor, caller: Caller) -> User:
        """Check a code. Each works once.

        A session ends after five wrong codes, and a hundred in a row lock the factor until an
        operator acts. The code is used up last, so a failing store costs none.
        """
        self._directory.catch_up_now()
        said = self._ephemeral.peek(f"factor:{command.session_id}")
        user = self._user_of(said, command.resource)
        if user is None:
            raise self._no_session(command.resource, caller)
        origin = origin_of(caller, None, user.realm)
        (context,) = self._contexts.of([(SignInName(user.realm, user.email), origin)])
        guards = (*context.guards, *context.factor)
        with self._attempts.counted(guards, command.resource, caller):
            proof = self._proof_for(guards, user, command, caller)
        self._contexts.succeeded(context.requester, guards)
        require_active(self._attempts, user, command.resource, caller)
        self._contexts.remember(user, origin)
        self._finish(user, proof, command, caller)
        return user

    def _proof_for(
        self, guards: FailureCounters, user: User, command: SecondFactor, caller: Caller
    ) -> Proof:
        """What a right code uses up. For an expired session no failure is counted."""
        tries = self._ephemeral.count(
            f"tries:{command.session_id}", FACTOR_WINDOW, 1, of_account(user.id)
        )
        if tries.total > FACTOR_TRIES:
            self._attempts.give_back(guards)
            raise self._no_session(command.resource, caller)
        proof = self._proof_of(user, command.otp)
        if proof is None:
            raise self._failure(guards, user, command, caller)
        return proof

    def _finish(self, user: User, proof: Proof, command: SecondFactor, caller: Caller) -> None:
        """End the session, then use up the code: of parallel requests with the same code, one
        succeeds.
        """
        for each in command.keeps(user):
            owner = each.owner or of_account(user.id)
            self._ephemeral.put_if_absent(each.key, each.lifetime, each.value, owner)
        ended = self._ephemeral.pop(f"factor:{command.session_id}") is not None
        if not (ended and self._spends(user, proof, command, caller)):
            raise self._no_session(command.resource, caller)

    def _user_of(self, said: str | None, kind: str) -> User | None:
        """The user whose password was right, at this kind of token only."""
        user = self._directory.user(said.partition(":")[0]) if said else None
        return user if user and said == _pending_value(user, kind) else None

    def _proof_of(self, user: User, otp: str) -> Proof | None:
        """The time step or the recovery code that was typed, if it is not used up."""
        factor = self._factors.factor(user.id)
        if factor is None:
            return None
        code = recovery.canonical(otp)
        if code is not None:
            return code if self._factors.has_code(user.id, code) else None
        step = self._otp.match(factor.secret, "".join(otp.split()), self._clock())
        is_open = step is not None and self._factors.may_pass(user.id, step)
        return step if is_open else None

    def _spends(self, user: User, proof: Proof, command: SecondFactor, caller: Caller) -> bool:
        if isinstance(proof, int):
            return self._factors.pass_step(user.id, proof)
        left = self._factors.spend_code(user.id, proof)
        if left is None:
            return False
        self._note("recovery_code_used", user, command, caller, left=left)
        return True

    def _failure(
        self, guards: FailureCounters, user: User, command: SecondFactor, caller: Caller
    ) -> Refusal:
        """The refusal. A locked factor looks like a wrong code to the caller."""
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
        self._tell(audit_events.of_person(at, event, command.resource, user.id, caller, detail))

    def _no_session(self, kind: str, caller: Caller) -> Refusal:
        refusal = Refusal(Code.NOT_FOUND, Cause.NO_SESSION)
        return self._attempts.logged(kind, None, refusal, caller)


def _pending_value(user: User, kind: str) -> str:
    """What is stored for a pending second factor, between the password and the code. Another
    password, e-mail address or token kind makes it invalid.
    """
    return f"{user.id}:{user.credential_version}:{kind}"
