"""What both steps of a sign-in share: the counters of attempts, and which users may sign in
at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reticket.core.access.attempts import Attempts
from reticket.core.access.failure_limits import FailureCounters, FailureLimits
from reticket.core.addresses import network_of
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
    """Owns what is known of accounts and networks before anything is checked."""

    def __init__(
        self, directory: Directory, attempts: Attempts, limits: FailureLimits, clock: Clock
    ) -> None:
        self._directory = directory
        self._attempts = attempts
        self._limits = limits
        self._clock = clock

    def of(self, attempts: Sequence[tuple[SignInName, Caller]]) -> list[SignInContext]:
        """The context of each name and its caller; accounts that do not exist count as
        strangers'.
        """
        places = [(name, network_of(caller.address)) for name, caller in attempts]
        found = zip(places, self._directory.recognise(places), strict=True)
        return [self._context_of(recognised, network) for (_, network), recognised in found]

    def _context_of(self, whom: Recognised, network: str) -> SignInContext:
        guards, factor = (
            self._limits.of_person(whom, network),
            self._limits.of_factor(whom, network),
        )
        return SignInContext(Requester(network, whom.account, whom.known), guards, factor)

    def succeeded(self, requester: Requester, guards: FailureCounters) -> None:
        """The owner has authenticated, which also resets the strangers' failures."""
        strangers = self._limits.of_strangers(requester.account)
        self._attempts.succeeded([*guards, strangers] if requester.known else guards)

    def remember(self, user: User, caller: Caller) -> None:
        """The sign-in is complete: its network is known from now on."""
        self._directory.remember_network(user.id, network_of(caller.address), self._clock())


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
