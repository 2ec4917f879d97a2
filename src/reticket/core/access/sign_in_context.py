"""What both steps of a sign-in share: the counters of attempts, and which users may sign in
at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reticket.core.access.attempts import Attempts
from reticket.core.access.failure_limits import FailureCounters, FailureLimits
from reticket.core.access.origins import Origin, origin_of
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Caller
from reticket.core.people import User
from reticket.core.ports import Clock, Directory, Recognised
from reticket.core.queues.fair_queue import Requester
from reticket.core.realms import SignInName


class SignInContext(NamedTuple):
    """The requester, and the counters of wrong passwords and of wrong one-time passwords."""

    requester: Requester
    guards: FailureCounters
    factor: FailureCounters


class SignInContexts:
    """Owns what is known of accounts and origins before anything is checked."""

    def __init__(
        self, directory: Directory, attempts: Attempts, limits: FailureLimits, clock: Clock
    ) -> None:
        self._directory = directory
        self._attempts = attempts
        self._limits = limits
        self._clock = clock

    def of(self, attempts: Sequence[tuple[SignInName, Origin]]) -> list[SignInContext]:
        """The context of each name and its origin; accounts that do not exist count as
        strangers'.
        """
        places = [(name, origin.place) for name, origin in attempts]
        found = zip(attempts, self._directory.recognise(places), strict=True)
        return [self._context_of(recognised, origin) for (_, origin), recognised in found]

    def _context_of(self, whom: Recognised, origin: Origin) -> SignInContext:
        guards, factor = (
            self._limits.of_person(whom, origin),
            self._limits.of_factor(whom, origin),
        )
        return SignInContext(Requester(origin.place, whom.account, whom.known), guards, factor)

    def of_code(self, name: SignInName, caller: Caller) -> FailureCounters:
        """The counters of wrong reset codes for a name, whoever sends them."""
        (whom,) = self._directory.recognise([(name, origin_of(caller, None, name.realm).place)])
        return self._limits.of_code(whom)

    def succeeded(self, requester: Requester, guards: FailureCounters) -> None:
        """The owner has authenticated, which also resets the strangers' failures."""
        strangers = self._limits.of_strangers(requester.account)
        self._attempts.succeeded([*guards, strangers] if requester.known else guards)

    def remember(self, user: User, origin: Origin) -> None:
        """The sign-in is complete: its origin is known from now on."""
        self._directory.remember_network(user.id, origin.place, self._clock())


def require_active(attempts: Attempts, user: User, kind: str, caller: Caller) -> None:
    """Raise SUBJECT_DISABLED or SUBJECT_INACTIVE, written into the audit log."""
    if not user.disabled and user.active:
        return
    disabled = user.disabled
    refusal = Refusal(
        Code.SUBJECT_DISABLED if disabled else Code.SUBJECT_INACTIVE,
        Cause.DISABLED if disabled else Cause.INACTIVE,
    )
    raise attempts.logged(kind, user.id, refusal, caller)
