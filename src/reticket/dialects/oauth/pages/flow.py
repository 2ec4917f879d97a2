"""The sequence of pages: sign-in, second factor, consent. An `Ending` says what follows.

There is no login session: every authorization request signs in anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal, Protocol

import msgspec
from msgspec.structs import replace

from reticket.core.commands import (
    Asking,
    Audit,
    FactorRule,
    Now,
    OpenFactorSession,
    Pop,
    PutIfAbsent,
    SecondFactor,
    SignIn,
)
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.dialects.oauth.document import shown
from reticket.dialects.oauth.errors import heard
from reticket.dialects.oauth.inputs import Form, read_form, required
from reticket.dialects.oauth.pages import screens
from reticket.dialects.oauth.pages.interaction import (
    LIFETIME,
    Interaction,
    Person,
    bound,
    browser_of,
    cookie_header,
    found,
    keep,
    keeping,
    key,
    new_ticket,
    resume,
    too_old,
)
from reticket.dialects.oauth.pages.rate_limits import spend_a_try
from reticket.dialects.oauth.pages.repeated_forms import RepeatedForms
from reticket.dialects.oauth.pages.screens import Fault
from reticket.oauth.provider import BASE, USER, Provider
from reticket.oauth.terms import CODE, PASSWORD
from reticket.wire import Operation, Route, WireRequest, WireResponse, retry_after

_MISSING = Fault("Type your e-mail address and your password.")
_WRONG = "The e-mail address or the password is not right."
_BLOCKED = "This account cannot sign in. Ask those who run this service."
_LIMITED = "There were too many attempts. Wait a few minutes, then try again."
_WRONG_CODE = "The code is not right. Type the one that your app shows now."
_TWICE = Fault("The code was sent twice at once. Type it once more.", 409)
_OVER = Fault("That took too long, or too many codes were wrong. Sign in again.")

_STRANGER = Fault("The app expects somebody else: use the account that you have there.", 403)

_SIGN_IN_FAULTS = {
    Code.INVALID_CREDENTIALS: (_WRONG, 400),
    Code.SUBJECT_DISABLED: (_BLOCKED, 403),
    Code.SUBJECT_INACTIVE: (_BLOCKED, 403),
    Code.TOO_MANY_ATTEMPTS: (_LIMITED, 429),
}
_FACTOR_FAULTS = {**_SIGN_IN_FAULTS, Code.INVALID_CREDENTIALS: (_WRONG_CODE, 400)}

VISITS = 6000
"""Interactions that one address may begin in a window; each is kept for a while."""

SIGN_IN, FACTOR, CONSENT = "/sign-in", "/factor", "/consent"


class SignInForm(msgspec.Struct):
    """The form of the first page; `interaction` is its ticket, here and below."""

    interaction: str
    email: str | None = None
    password: str | None = None


class FactorForm(msgspec.Struct):
    """The form of the page for the second factor."""

    interaction: str
    session: str
    code: str | None = None


class ConsentForm(msgspec.Struct):
    """The form of the last page."""

    interaction: str
    answer: Literal["allow", "deny", "switch"]


class Ending(Protocol):
    """What a way is for. `place` is its path below the dialect's, and its name in keys."""

    place: str

    def allow(self, ticket: str, interaction: Interaction, person: Person) -> Operation:
        """The person consents. Repeated for the same ticket, it gives the same answer."""
        ...

    def deny(self, interaction: Interaction) -> Operation:
        """The person refuses. Repeated, it gives the same answer."""
        ...

    def leave(self, interaction: Interaction) -> str | None:
        """Where the browser goes when the person cancels before signing in."""
        ...


class Flow:
    """Owns the steps from a request to the person's decision."""

    def __init__(self, provider: Provider, ending: Ending) -> None:
        self._provider = provider
        self._ending = ending
        self._place = ending.place

    def routes(self) -> tuple[Route, ...]:
        """The routes of its forms."""
        steps = (
            (SIGN_IN, self._sign_in, shown("Sign in", SignInForm)),
            (FACTOR, self._factor, shown("Finish with a one-time password", FactorForm)),
            (CONSENT, self._consent, shown("Consent or not", ConsentForm)),
        )
        return tuple(
            Route("POST", f"{self._place}{step}", heard(USER, operate), says)
            for step, operate, says in steps
        )

    def begin(self, request: WireRequest, interaction: Interaction) -> Operation:
        """The first page, and the cookie that all other pages require."""
        yield from spend_a_try("visits", request, VISITS)
        cookie = yield from browser_of(request, self._provider)
        interaction = bound(interaction, cookie)
        ticket = yield from keep(self._place, interaction)
        headers = (cookie_header(cookie, self._provider),)
        leave = self._ending.leave(interaction)
        return screens.sign_in(
            self._to(SIGN_IN), ticket, interaction, interaction.hint, leave, headers=headers
        )

    def _sign_in(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._resumed(request)
        email, password = form.get("email", ""), form.get("password", "")
        if not email or not password:
            yield from Audit(USER, "refused", Code.INVALID_PARAMETER)
            return self._sign_in_again(ticket, interaction, email, _MISSING)
        try:
            user: User = yield from SignIn(USER, email, password, factor=FactorRule.ASK)
        except Refusal as refusal:
            fault = _fault(refusal, _SIGN_IN_FAULTS)
            return self._sign_in_again(ticket, interaction, email, fault)
        if user.second_factor:
            session = yield from OpenFactorSession(USER, user, LIFETIME)
            return self._ask_factor(ticket, interaction, session)
        return (yield from self._signed_in(ticket, interaction, user))

    def _factor(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._resumed(request)
        sent = RepeatedForms(ticket, form.get("session", ""), form.get("code", ""))
        try:
            return (yield from self._finished(sent, interaction))
        except Refusal as refusal:
            if refusal.code is Code.NOT_FOUND:
                return (yield from self._sent_again(sent, interaction))
            fault = _fault(refusal, _FACTOR_FAULTS)
            return self._ask_factor(ticket, interaction, sent.session, fault)

    def _finished(self, sent: RepeatedForms, interaction: Interaction) -> Operation:
        """Keep the next page before the code is spent, so that a failing store costs no code."""
        to, now = (yield from new_ticket()), (yield from Now())
        known = partial(_known, interaction, now, (PASSWORD, CODE))

        def keeps(user: User) -> Sequence[PutIfAbsent]:
            return keeping(self._place, to, known(user)), sent.begins(user.id)

        user: User = yield from SecondFactor(USER, sent.session, sent.code, keeps)
        if _is_stranger(interaction, user):
            return (yield from self._stranger(sent.ticket, interaction, user))
        yield from sent.led_to(to, user.id)
        return self._ask_consent(to, known(user))

    def _sent_again(self, sent: RepeatedForms, interaction: Interaction) -> Operation:
        """Answer a double click: the browser shows the answer to the second click only."""
        to = yield from sent.led()
        known = (yield from found(self._place, to)) if to else None
        if to and known:
            return self._ask_consent(to, known)
        if to is None and (yield from sent.is_on_its_way()):
            return self._ask_factor(sent.ticket, interaction, sent.session, _TWICE)
        return self._sign_in_again(sent.ticket, interaction, interaction.hint, _OVER)

    def _signed_in(self, ticket: str, interaction: Interaction, user: User) -> Operation:
        """Continue with a new ticket, which was never on a page before the sign-in."""
        if _is_stranger(interaction, user):
            return (yield from self._stranger(ticket, interaction, user))
        known = _known(interaction, (yield from Now()), (PASSWORD,), user)
        return self._ask_consent((yield from keep(self._place, known)), known)

    def _stranger(self, ticket: str, interaction: Interaction, user: User) -> Operation:
        yield from Audit(USER, "refused", Cause.WRONG_SUBJECT, user.id)
        return self._sign_in_again(ticket, interaction, interaction.hint, _STRANGER)

    def _consent(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._resumed(request)
        if interaction.person is None:
            raise too_old(Cause.NO_SESSION)
        answer = required(form, "answer")
        if answer == "allow":
            return (yield from self._ending.allow(ticket, interaction, interaction.person))
        if answer not in ("switch", "deny"):
            raise wrong("answer", "is not one that is known")
        if answer == "switch":
            response = yield from self.begin(request, replace(interaction, hint="", person=None))
        else:
            response = yield from self._ending.deny(interaction)
        yield from Pop(
            key(self._place, ticket)
        )  # last, so that after a 503 the person can click again
        return response

    def _resumed(self, request: WireRequest) -> Asking[tuple[Form, str, Interaction]]:
        form = read_form(request)
        ticket, interaction = yield from resume(self._place, request, form, self._provider)
        return form, ticket, interaction

    def _sign_in_again(
        self, ticket: str, interaction: Interaction, email: str, fault: Fault
    ) -> WireResponse:
        leave = self._ending.leave(interaction)
        return screens.sign_in(self._to(SIGN_IN), ticket, interaction, email, leave, fault)

    def _ask_factor(
        self, ticket: str, interaction: Interaction, session: str, fault: Fault | None = None
    ) -> WireResponse:
        leave = self._ending.leave(interaction)
        return screens.factor(self._to(FACTOR), ticket, interaction, session, leave, fault)

    def _ask_consent(self, ticket: str, known: Interaction) -> WireResponse:
        email = known.person.email if known.person else ""
        return screens.consent(self._to(CONSENT), ticket, known, email)

    def _to(self, step: str) -> str:
        """The path of a step, as a browser sees it."""
        return f"{self._provider.path}{BASE}{self._place}{step}"


def _is_stranger(interaction: Interaction, user: User) -> bool:
    return interaction.subject not in (None, user.id)


def _known(interaction: Interaction, now: int, amr: tuple[str, ...], user: User) -> Interaction:
    """The same interaction, after the sign-in."""
    version = user.credential_version
    return replace(interaction, person=Person(user.id, version, user.email, now // SECOND, amr))


def _fault(refusal: Refusal, known: dict[Code, tuple[str, int]]) -> Fault:
    """The fault that the page shows; other refusals are raised again."""
    if refusal.code not in known:
        raise refusal
    sentence, status = known[refusal.code]
    return Fault(sentence, status, retry_after(refusal))
