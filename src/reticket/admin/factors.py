"""`/users/{id}/factor`: second factors. A key and recovery codes are shown once only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from reticket.admin.context import AdminContext
from reticket.admin.document import ID, KEY, answered, described, empty
from reticket.admin.guard import Operate, guarded
from reticket.admin.idempotency import once
from reticket.admin.inputs import read_body
from reticket.admin.schemas import EnrolmentAnswer, FactorAnswer, FirstCode, RecoveryCodesAnswer
from reticket.admin.users import TAG, find_user
from reticket.core.commands import RunInDirectory
from reticket.core.people import User
from reticket.crypto.otp import base32, otpauth_uri, step_of
from reticket.directory.people.enrolments import Enrolments, FactorState
from reticket.wire import Operation, Route, WireRequest

R = TypeVar("R")

PATH = "/users/{id}/factor"


class Factors:
    """The operations. Their work on the directory runs on its thread."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    @property
    def _verbs(self) -> Enrolments:
        return self._context.directory.enrolments

    def show(self, request: WireRequest, operator: str) -> Operation:
        """The state of a person's factor."""
        user: User = yield from self._user(request)
        said: FactorState = yield from RunInDirectory(lambda: self._verbs.standing(user.id))
        answer = FactorAnswer(
            said.active,
            said.pending,
            said.locked,
            said.failures,
            said.recovery_codes,
            said.missing,
        )
        return answered(answer)

    def begin(self, request: WireRequest, operator: str) -> Operation:
        """Make a key that waits for its first code; a factor in use stays in use until then."""
        user: User = yield from self._user(request)
        secret: bytes = yield from self._changing(
            "factor_begun", request, operator, user, self._verbs.begin
        )
        uri = otpauth_uri(self._context.provider.issuer, user.email, secret)
        return answered(EnrolmentAnswer(base32(secret), uri))

    def confirm(self, request: WireRequest, operator: str) -> Operation:
        """Put the key in use, once its first code fits."""
        said = read_body(request, FirstCode)
        user: User = yield from self._user(request)
        fits = partial(step_of, said.code, self._context.clock())
        work = partial(self._verbs.confirm, step_of=fits)
        codes: tuple[str, ...] = yield from self._changing(
            "factor_set", request, operator, user, work
        )
        return answered(RecoveryCodesAnswer(codes))

    def renew_codes(self, request: WireRequest, operator: str) -> Operation:
        """Make new recovery codes; the old ones become void."""
        user: User = yield from self._user(request)
        codes: tuple[str, ...] = yield from self._changing(
            "recovery_codes_renewed", request, operator, user, self._verbs.renew_codes
        )
        return answered(RecoveryCodesAnswer(codes))

    def unlock(self, request: WireRequest, operator: str) -> Operation:
        """Unlock the factor, so that codes are accepted again."""
        user: User = yield from self._user(request)
        yield from self._changing("factor_unlocked", request, operator, user, self._verbs.unlock)
        return empty()

    def remove(self, request: WireRequest, operator: str) -> Operation:
        """Delete the factor and its recovery codes."""
        user: User = yield from self._user(request)
        yield from self._changing("factor_removed", request, operator, user, self._verbs.remove)
        return empty()

    def _changing(
        self,
        event: str,
        request: WireRequest,
        operator: str,
        user: User,
        work: Callable[[str], R],
    ) -> RunInDirectory[R]:
        who = user.id
        return self._context.changing(event, request, operator, lambda: work(who), user=who)

    def _user(self, request: WireRequest) -> RunInDirectory[User]:
        return RunInDirectory(lambda: find_user(self._context, request.parameters["id"]))


def routes(context: AdminContext) -> tuple[Route, ...]:
    """The routes."""
    factors = Factors(context)

    def guard(operate: Operate) -> Callable[[WireRequest], Operation]:
        return guarded(context.provider, operate)

    def guard_once(operate: Operate) -> Callable[[WireRequest], Operation]:
        return guard(once(context.sealer, operate))

    return (
        Route(
            "GET",
            PATH,
            guard(factors.show),
            described("Show a second factor", TAG, {200: FactorAnswer}, None, (ID,)),
        ),
        Route(
            "POST",
            PATH,
            guard_once(factors.begin),
            described("Begin a second factor", TAG, {200: EnrolmentAnswer}, None, (ID, KEY)),
        ),
        Route(
            "DELETE",
            PATH,
            guard(factors.remove),
            described("Delete a second factor", TAG, {204: None}, None, (ID,)),
        ),
        Route(
            "POST",
            f"{PATH}/confirm",
            guard_once(factors.confirm),
            described(
                "Confirm a second factor", TAG, {200: RecoveryCodesAnswer}, FirstCode, (ID, KEY)
            ),
        ),
        Route(
            "POST",
            f"{PATH}/recovery-codes",
            guard_once(factors.renew_codes),
            described("Give new recovery codes", TAG, {200: RecoveryCodesAnswer}, None, (ID, KEY)),
        ),
        Route(
            "POST",
            f"{PATH}/unlock",
            guard(factors.unlock),
            described("Unlock a second factor", TAG, {204: None}, None, (ID,)),
        ),
    )
