"""Counts failed sign-ins, decides whether more may follow, and reports them to the audit log.

An attempt is counted before its secret is checked, so that parallel attempts cannot exceed the
limit. A success subtracts it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

from reticket.core.access.failure_limits import FailureCounter, FailureCounters
from reticket.core.access.reversals import PendingReversals
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Caller
from reticket.core.policy import whole_seconds
from reticket.core.ports import Clock, Event
from reticket.core.queues.fair_queue import Requester
from reticket.core.sessions import audit_events
from reticket.core.storage.budget import Owner, of_address
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral

FRESH = 500
"""Milliseconds for which the last known state of a counter is used without reading it again."""


class Admission(NamedTuple):
    """An attempt that no limit refuses so far: its requester in the queue, and its counters."""

    requester: Requester
    guards: FailureCounters


class Attempts:
    """Owns the counts.

    Args:
        tell: takes events for the audit log; may be called from any thread.
    """

    def __init__(
        self, ephemeral: BudgetedEphemeral, tell: Callable[[Event], None], clock: Clock
    ) -> None:
        self._ephemeral = ephemeral
        self._tell = tell
        self._clock = clock
        self._pending = PendingReversals(ephemeral, clock)
        self._free: dict[str, int] = {}
        """Until when (milliseconds) a counter is assumed to be below its limit."""
        self._shut: dict[str, tuple[int, int]] = {}
        """The same for a counter at its limit, and the time when it will be below."""
        self._failures = 0

    def waits(self, attempts: Sequence[FailureCounters]) -> list[int]:
        """Milliseconds that each attempt must wait; 0 when no counter is at its limit."""
        now, before = self._clock(), self._failures
        known = {
            guard.name: self._known_wait(guard, now) for guards in attempts for guard in guards
        }
        self._look_at(self._to_read(attempts, known), known, now, before)
        return [max((known[guard.name] or 0 for guard in guards), default=0) for guards in attempts]

    @contextmanager
    def counted(
        self, guards: FailureCounters, kind: str, caller: Caller, owner: Owner | None = None
    ) -> Iterator[None]:
        """Count the attempt that the body makes. An error other than a refusal subtracts it again.
        New counters take the owner's share of the room; None is the caller's network.

        Raises:
            Refusal: TOO_MANY_ATTEMPTS, instead of running the body, when it exceeds a limit.
        """
        owner = owner or of_address(caller.address)
        used_up = self._reserve(guards, kind, caller, owner)
        try:
            yield
        except Refusal:
            self._report(used_up, kind, caller)
            raise
        except BaseException:
            self.give_back(guards)
            raise

    def _reserve(
        self, guards: FailureCounters, kind: str, caller: Caller, owner: Owner
    ) -> list[FailureCounter]:
        """Count an attempt. Returns the counters of which it is the last one."""
        windows = {guard.key: guard.limit.window for guard in guards}
        covered = {guard.key for guard in guards if guard.covered}
        found = zip(guards, self._ephemeral.guess(windows, covered, owner), strict=True)
        counted = [(guard, said, said.total - guard.limit.failures) for guard, said in found]
        over = [said.left for _, said, excess in counted if excess > 0]
        if over:
            self.give_back(guards)
            raise self.limited(max(over), kind, caller)
        return [guard for guard, _, excess in counted if excess == 0]

    def _report(self, used_up: FailureCounters, kind: str, caller: Caller) -> None:
        """Tell the audit log of the programs whose limits a failure has used up."""
        for guard in used_up:
            if guard.reported is None:
                continue
            failures, window = guard.limit.failures, guard.limit.window
            realm, program = guard.reported
            detail = {"realm": realm, "failures": failures, "window": window}
            self._tell(
                audit_events.of_person(
                    self._clock(), "application_limit_reached", kind, program, caller, detail
                )
            )

    def give_back(self, guards: FailureCounters) -> None:
        """Subtract an attempt that was no failure, or proved nothing."""
        with self._pending.retried_on_failure(guards):
            self._ephemeral.count_each({guard.key: guard.limit.window for guard in guards}, -1)

    def succeeded(self, guards: FailureCounters) -> None:
        """The caller has authenticated: reset the counters that a success resets."""
        forgiven = [guard for guard in guards if guard.forgiven]
        with self._pending.retried_on_failure(forgiven):
            self.give_back([guard for guard in guards if not guard.forgiven])
            self._ephemeral.forget(*(guard.key for guard in forgiven))

    def failed(
        self,
        guards: FailureCounters,
        kind: str,
        subject: str | None,
        cause: Cause,
        caller: Caller,
    ) -> Refusal:
        """INVALID_CREDENTIALS, to be raised; the attempt stays counted."""
        self._failures += 1
        for guard in guards:
            self._free.pop(guard.name, None)
        return self.logged(kind, subject, Refusal(Code.INVALID_CREDENTIALS, cause), caller)

    def limited(self, wait: int, kind: str, caller: Caller) -> Refusal:
        """TOO_MANY_ATTEMPTS for that many milliseconds, already written into the audit log."""
        retry = whole_seconds(wait)
        refusal = Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=retry)
        return self.logged(kind, None, refusal, caller)

    def logged(self, kind: str, subject: str | None, refusal: Refusal, caller: Caller) -> Refusal:
        """The same refusal, already written into the audit log."""
        self._tell(audit_events.sign_in_failed(self._clock(), kind, subject, refusal, caller))
        return refusal

    def is_free(self, guard: FailureCounter) -> bool:
        """Whether the counter was below its limit at most half a second ago."""
        return 0 <= self._free.get(guard.name, 0) - self._clock() <= FRESH

    def _known_wait(self, guard: FailureCounter, now: int) -> int | None:
        """The wait that is known without reading the counter, or None."""
        fresh_until, ends_at = self._shut.get(guard.name, (0, 0))
        return ends_at - now if 0 < fresh_until - now <= FRESH and ends_at > now else None

    def _to_read(
        self, attempts: Sequence[FailureCounters], known: dict[str, int | None]
    ) -> list[FailureCounter]:
        """The counters that must be read: none for an attempt that is refused already."""
        open_ = [guards for guards in attempts if not any(known[each.name] for each in guards)]
        return list({guard.name: guard for guards in open_ for guard in guards}.values())

    def _look_at(
        self, guards: FailureCounters, known: dict[str, int | None], now: int, before: int
    ) -> None:
        self._pending.settle(guards)
        windows = {guard.key: guard.limit.window for guard in guards}
        for guard, said in zip(guards, self._ephemeral.count_each(windows, 0), strict=True):
            known[guard.name] = said.left if said.total >= guard.limit.failures else 0
        self._forget_stale(now, 2 * (len(guards) + 1))
        free = {guard.name: now + FRESH for guard in guards if not known[guard.name]}
        if self._failures == before:
            for name, until in free.items():
                self._free.pop(name, None)
                self._free[name] = until
        for guard in guards:
            if left := known[guard.name]:
                self._free.pop(guard.name, None)
                self._shut.pop(guard.name, None)
                self._shut[guard.name] = now + FRESH, now + left

    def _forget_stale(self, now: int, most: int) -> None:
        """Drop outdated states, oldest first. More may be dropped than one read adds. So memory
        shrinks after a flood, and no single read does all of the work.
        """
        for name, until in list(islice(self._free.items(), most)):
            if 0 <= until - now <= FRESH:
                break
            self._free.pop(name, None)
        for name, (until, _) in list(islice(self._shut.items(), most)):
            if 0 <= until - now <= FRESH:
                break
            self._shut.pop(name, None)
