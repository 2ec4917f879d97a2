"""The steps that stores run: refresh, token exchange and sign-out, and the order of their checks.

Pure, except that they read the directory's cache. A store may run a step again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

from reticket.core.commands import Check, EndSession, ExchangeToken, Refresh
from reticket.core.entitlement import entitled, in_one_of
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import REFUSING, Caller, Family, Holder, Outcome, RefreshToken
from reticket.core.policy import Policy
from reticket.core.ports import NotReplicated, RowLocked, StepResult, Store
from reticket.core.sessions.rotation import decide, end_of, revoked, state_of, stated_end

R = TypeVar("R")

SeenRow: TypeAlias = RowLocked | tuple[Family | None, int]
"""The result of `seen`, unless the row is locked."""


class StepOutcome(NamedTuple):
    """The result of a step on a family, at the store's `now`: a refusal, or an outcome.

    Args:
        ended: this very step revoked the family.
        switched_to: the context that the request switched to.
        change_pending: nothing was decided, since a change of the subject is not applied yet.
        latest: the latest end of the access token, or None.
        detail: of the audit events, or None.
        adopted: the first success of a token of another system, which adopts its session.
    """

    now: int
    outcome: Outcome | None
    family: Family | None = None
    holder: Holder | None = None
    context: str | None = None
    refusal: Refusal | None = None
    ended: bool = False
    switched_to: str | None = None
    change_pending: bool = False
    latest: int | None = None
    detail: Mapping[str, object] | None = None
    adopted: bool = False


_CAUSES = {
    Outcome.UNKNOWN: Cause.UNKNOWN,
    Outcome.REVOKED: Cause.REVOKED,
    Outcome.EXPIRED: Cause.EXPIRED,
    Outcome.REUSED: Cause.REUSED,
}


class RefreshStep(NamedTuple):
    """The step of a refresh. A refusal of kind, subject, check or context changes no row."""

    command: Refresh
    policy: Policy
    caller: Caller
    token: RefreshToken
    holder_of: Callable[[str, str], Holder | None]
    has_pending: Callable[[str], bool]

    def __call__(self, row: Family | None, now: int) -> StepResult[StepOutcome]:
        if row is None:
            return None, _refused(now, None, Cause.UNKNOWN)
        if row.resource != self.command.resource:
            return row, _refused(now, row, Cause.WRONG_RESOURCE)
        if self.command.subject not in (None, row.subject):
            return row, _refused(now, row, Cause.WRONG_CLIENT)
        if (check := self.command.check) and (refused := _refused_by(check, row, now)):
            return row, refused
        decision = decide(row, self.token, now, self.policy)
        outcome, after = decision.outcome, decision.row or row
        if outcome in REFUSING:
            return after, _refused(now, after, _CAUSES[outcome], ended=after is not row)
        if (fits := self.command.fits) and (refused := _refused_by(fits, row, now)):
            return row, refused
        return _for_subject(self, row, after, outcome, self.token.context, now)


class DryRunStep(NamedTuple):
    """Runs a refresh step without changing the row. Its result is the row and the step's result."""

    rotate: RefreshStep

    def __call__(
        self, row: Family | None, now: int
    ) -> StepResult[tuple[Family | None, StepOutcome]]:
        return row, (row, self.rotate(row, now)[1])


@dataclass(frozen=True, slots=True)
class SignOutStep:
    """The step of a sign-out: a token of any generation ends a live family. An expired token is
    refused before its family is checked.
    """

    command: EndSession
    policy: Policy
    caller: Caller
    token: RefreshToken

    def __call__(self, row: Family | None, now: int) -> StepResult[StepOutcome]:
        if now >= stated_end(self.token, self.policy):
            return row, _refused(now, row, Cause.EXPIRED)
        if row is None:
            return None, _refused(now, None, Cause.UNKNOWN)
        if row.resource != self.command.resource:
            return row, _refused(now, row, Cause.WRONG_RESOURCE)
        if (check := self.command.check) and (refused := _refused_by(check, row, now)):
            return row, refused
        ended = end_of(row, self.token, now, self.policy)
        if ended is not None:
            return row, _refused(now, row, _CAUSES[ended])
        after = revoked(row, now, "sign_out")
        return after, StepOutcome(now, Outcome.REVOKED, after, ended=True)


class AdoptStep(NamedTuple):
    """Runs the refresh step of a token of another system; its audit events name that system.

    Such a token is the oldest of its family. So it is ADVANCED once, when the session is adopted.
    """

    rotate: RefreshStep
    system: str

    @property
    def command(self) -> Refresh:
        """The command of the refresh."""
        return self.rotate.command

    @property
    def policy(self) -> Policy:
        """The policy of the refresh."""
        return self.rotate.policy

    @property
    def caller(self) -> Caller:
        """The caller of the refresh."""
        return self.rotate.caller

    def __call__(self, row: Family | None, now: int) -> StepResult[StepOutcome]:
        after, outcome = self.rotate(row, now)
        is_first = outcome.outcome is Outcome.ADVANCED
        return after, outcome._replace(detail={"system": self.system}, adopted=is_first)


@dataclass(frozen=True, slots=True)
class ExchangeStep:
    """The step of a token exchange: reads the row and does not change it."""

    command: ExchangeToken
    policy: Policy
    caller: Caller
    holder_of: Callable[[str, str], Holder | None]
    has_pending: Callable[[str], bool]

    def __call__(self, row: Family | None, now: int) -> StepResult[StepOutcome]:
        after, outcome = self._exchange(row, now)
        return after, outcome._replace(latest=self.command.latest, detail=self.command.detail)

    def _exchange(self, row: Family | None, now: int) -> StepResult[StepOutcome]:
        if row is None or row.resource != self.command.resource:
            return row, _refused(now, row, Cause.UNKNOWN)
        if (check := self.command.check) and (refused := _refused_by(check, row, now)):
            return row, refused
        ended = state_of(row, now)
        if ended is not None:
            return row, _refused(now, row, _CAUSES[ended])
        return _for_subject(self, row, row, Outcome.DERIVED, row.context, now)


def _for_subject(
    step: RefreshStep | ExchangeStep,
    row: Family,
    after: Family,
    outcome: Outcome,
    kept: str | None,
    now: int,
) -> StepResult[StepOutcome]:
    """The outcome, if the subject may have a token for the context that is asked for, or else for
    the one that is kept. A refusal does not change the row: when the person gets the place or the
    group back, the same token is valid again.
    """
    command = step.command
    holder = step.holder_of(row.resource, row.subject)
    if holder is None:
        return row, _refused(now, row, Cause.SUBJECT_GONE)
    if step.has_pending(row.subject):
        return row, StepOutcome(now, None, row, change_pending=True)
    context = command.context or kept
    if not entitled(holder, context, command.place, command.part):
        return row, _denied(now, row, Cause.NO_ACCESS)
    if command.groups is not None and not in_one_of(holder, command.groups):
        return row, _denied(now, row, Cause.GROUP_REQUIRED)
    if context != after.context and after is not row:
        after = after._replace(context=context)
    switched = context if context != kept else None
    return after, StepOutcome(now, outcome, after, holder, context, switched_to=switched)


def seen(row: Family | None, now: int) -> StepResult[tuple[Family | None, int]]:
    """The step that only reads: its result is the row and the store's time."""
    return row, (row, now)


def read_rows(store: Store, families: Iterable[bytes]) -> dict[bytes, SeenRow]:
    """The rows with the store's time; RowLocked for one that another process has locked."""
    ids = list(dict.fromkeys(families))
    found = store.transact([(family, seen) for family in ids])
    rows = (each.result if isinstance(each, NotReplicated) else each for each in found)
    return dict(zip(ids, rows, strict=True))


def _refused_by(check: Check, row: Family, now: int) -> StepOutcome | None:
    try:
        check(row, now)
    except Refusal as refusal:
        return StepOutcome(now, None, row, refusal=refusal)
    return None


def _denied(now: int, row: Family, cause: Cause) -> StepOutcome:
    return StepOutcome(now, None, row, refusal=Refusal(Code.ACCESS_DENIED, cause))


def _refused(now: int, family: Family | None, cause: Cause, *, ended: bool = False) -> StepOutcome:
    refusal = Refusal(Code.INVALID_TOKEN, cause)
    return StepOutcome(now, None, family, refusal=refusal, ended=ended)


def admitted(result: StepOutcome) -> tuple[Outcome, Family, Holder, str | None, int]:
    """Outcome, row, subject, context and time of a step that was not refused, as the mint takes
    them. Otherwise raises the refusal.
    """
    if result.change_pending:
        raise Unavailable("a change of the subject waits to end its families")
    refusal, outcome, family, holder = result.refusal, result.outcome, result.family, result.holder
    if refusal is not None or outcome is None or family is None or holder is None:
        raise refusal or Refusal(Code.INVALID_TOKEN, Cause.UNKNOWN)
    return outcome, family, holder, result.context, result.now


def replicated(result: NotReplicated[StepOutcome] | R) -> R | Unavailable:
    """The result, if the engine has stored it as durably as a revocation requires."""
    if isinstance(result, NotReplicated):
        return Unavailable("a revocation was written, but could be lost with its server")
    return result


def same_credentials(one: Holder, other: Holder) -> bool:
    """Whether two records of a subject have the same password or secret."""
    return type(one) is type(other) and one.credential_version == other.credential_version
