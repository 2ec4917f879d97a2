"""The sequence of pages: sign-in, second factor, consent. A `ConsentHandler` says what follows.

There is no login session: every authorization request needs a new sign-in.
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
from reticket.dialects.oauth.document import describe_page
from reticket.dialects.oauth.errors import audited
from reticket.dialects.oauth.inputs import Form, read_form, required
from reticket.dialects.oauth.pages import screens
from reticket.dialects.oauth.pages.interaction import (
    PAGE_LIFETIME,
    Interaction,
    Person,
    bind_to_browser,
    browser_cookie,
    cookie_header,
    expired_page,
    find,
    interaction_key,
    new_ticket,
    resume,
    store,
    store_command,
)
from reticket.dialects.oauth.pages.rate_limits import count_attempt
from reticket.dialects.oauth.pages.repeated_forms import RepeatedForms
from reticket.dialects.oauth.pages.screens import Fault
from reticket.oauth.provider import BASE, USER, Provider
from reticket.oauth.terms import AMR_OTP, AMR_PASSWORD
from reticket.wire import Operation, Route, WireRequest, WireResponse, retry_after

_MISSING = Fault("Type your e-mail address and your password.")
_WRONG = "The e-mail address or the password is not right."
_BLOCKED = "This account cannot sign in. Ask those who run this service."
_LIMITED = "There were too many attempts. Wait a few minutes, then try again."
_WRONG_CODE = "The code is not right. Type the one that your app shows now."
_SENT_TWICE = Fault("The code was sent twice at once. Type it once more.", 409)
_EXPIRED = Fault("That took too long, or too many codes were wrong. Sign in again.")

_OTHER_PERSON = Fault("The app expects somebody else: use the account that you have there.", 403)

_SIGN_IN_FAULTS = {
    Code.INVALID_CREDENTIALS: (_WRONG, 400),
    Code.SUBJECT_DISABLED: (_BLOCKED, 403),
    Code.SUBJECT_INACTIVE: (_BLOCKED, 403),
    Code.TOO_MANY_ATTEMPTS: (_LIMITED, 429),
}
_FACTOR_FAULTS = {**_SIGN_IN_FAULTS, Code.INVALID_CREDENTIALS: (_WRONG_CODE, 400)}

MAX_INTERACTIONS = 6000
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


class ConsentHandler(Protocol):
    """The purpose of an interaction: what a decision of the person does.

    Args:
        path: of the pages, below the dialect's path; a part of storage keys as well.
    """

    path: str

    def allow(self, ticket: str, interaction: Interaction, person: Person) -> Operation:
        """The person consents. The same ticket again gets the same response."""
        ...

    def deny(self, interaction: Interaction) -> Operation:
        """The person refuses. Repeated, it gets the same response."""
        ...

    def cancel_uri(self, interaction: Interaction) -> str | None:
        """The target of the link by which a person cancels before the sign-in, or None."""
        ...


class Flow:
    """Owns the steps from a request to the person's decision."""

    def __init__(self, provider: Provider, handler: ConsentHandler) -> None:
        self._provider = provider
        self._handler = handler
        self._path = handler.path

    def routes(self) -> tuple[Route, ...]:
        """The routes of its forms."""
        steps = (
            (SIGN_IN, self._sign_in, describe_page("Sign in", SignInForm)),
            (FACTOR, self._factor, describe_page("Finish with a one-time password", FactorForm)),
            (CONSENT, self._consent, describe_page("Consent or not", ConsentForm)),
        )
        return tuple(
            Route("POST", f"{self._path}{step}", audited(USER, operate), description)
            for step, operate, description in steps
        )

    def begin(self, request: WireRequest, interaction: Interaction) -> Operation:
        """The first page, and the cookie that all other pages require."""
        yield from count_attempt("visits", request, MAX_INTERACTIONS)
        cookie = yield from browser_cookie(request, self._provider)
        interaction = bind_to_browser(interaction, cookie)
        ticket = yield from store(self._path, interaction)
        headers = (cookie_header(cookie, self._provider),)
        cancel_uri = self._handler.cancel_uri(interaction)
        return screens.sign_in(
            self._step_path(SIGN_IN),
            ticket,
            interaction,
            interaction.login_hint,
            cancel_uri,
            headers=headers,
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
            session = yield from OpenFactorSession(USER, user, PAGE_LIFETIME)
            return self._ask_factor(ticket, interaction, session)
        return (yield from self._signed_in(ticket, interaction, user))

    def _factor(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._resumed(request)
        forms = RepeatedForms(ticket, form.get("session", ""), form.get("code", ""))
        try:
            return (yield from self._finished(forms, interaction))
        except Refusal as refusal:
            if refusal.code is Code.NOT_FOUND:
                return (yield from self._sent_again(forms, interaction))
            fault = _fault(refusal, _FACTOR_FAULTS)
            return self._ask_factor(ticket, interaction, forms.session, fault)

    def _finished(self, forms: RepeatedForms, interaction: Interaction) -> Operation:
        """Keep the next page before the code is spent, so that a failing store costs no code."""
        next_ticket, now = (yield from new_ticket()), (yield from Now())
        signed_in = partial(_with_person, interaction, now, (AMR_PASSWORD, AMR_OTP))

        def keeps(user: User) -> Sequence[PutIfAbsent]:
            return store_command(self._path, next_ticket, signed_in(user)), forms.started_mark(
                user.id
            )

        user: User = yield from SecondFactor(USER, forms.session, forms.code, keeps)
        if _is_other_person(interaction, user):
            return (yield from self._refuse_other_person(forms.ticket, interaction, user))
        yield from forms.remember_next(next_ticket, user.id)
        return self._ask_consent(next_ticket, signed_in(user))

    def _sent_again(self, forms: RepeatedForms, interaction: Interaction) -> Operation:
        """Answer a double click: the browser shows the answer to the second click only."""
        next_ticket = yield from forms.next_ticket()
        signed_in = (yield from find(self._path, next_ticket)) if next_ticket else None
        if next_ticket and signed_in:
            return self._ask_consent(next_ticket, signed_in)
        if next_ticket is None and (yield from forms.is_in_progress()):
            return self._ask_factor(forms.ticket, interaction, forms.session, _SENT_TWICE)
        return self._sign_in_again(forms.ticket, interaction, interaction.login_hint, _EXPIRED)

    def _signed_in(self, ticket: str, interaction: Interaction, user: User) -> Operation:
        """Continue with a new ticket, which was never on a page before the sign-in."""
        if _is_other_person(interaction, user):
            return (yield from self._refuse_other_person(ticket, interaction, user))
        signed_in = _with_person(interaction, (yield from Now()), (AMR_PASSWORD,), user)
        return self._ask_consent((yield from store(self._path, signed_in)), signed_in)

    def _refuse_other_person(self, ticket: str, interaction: Interaction, user: User) -> Operation:
        yield from Audit(USER, "refused", Cause.WRONG_SUBJECT, user.id)
        return self._sign_in_again(ticket, interaction, interaction.login_hint, _OTHER_PERSON)

    def _consent(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._resumed(request)
        if interaction.person is None:
            raise expired_page(Cause.NO_SESSION)
        answer = required(form, "answer")
        if answer == "allow":
            return (yield from self._handler.allow(ticket, interaction, interaction.person))
        if answer not in ("switch", "deny"):
            raise wrong("answer", "is not one that is known")
        if answer == "switch":
            response = yield from self.begin(
                request, replace(interaction, login_hint="", person=None)
            )
        else:
            response = yield from self._handler.deny(interaction)
        yield from Pop(
            interaction_key(self._path, ticket)
        )  # last, so that after a 503 the person can click again
        return response

    def _resumed(self, request: WireRequest) -> Asking[tuple[Form, str, Interaction]]:
        form = read_form(request)
        ticket, interaction = yield from resume(self._path, request, form, self._provider)
        return form, ticket, interaction

    def _sign_in_again(
        self, ticket: str, interaction: Interaction, email: str, fault: Fault
    ) -> WireResponse:
        cancel_uri = self._handler.cancel_uri(interaction)
        return screens.sign_in(
            self._step_path(SIGN_IN), ticket, interaction, email, cancel_uri, fault
        )

    def _ask_factor(
        self, ticket: str, interaction: Interaction, session: str, fault: Fault | None = None
    ) -> WireResponse:
        cancel_uri = self._handler.cancel_uri(interaction)
        return screens.factor(
            self._step_path(FACTOR), ticket, interaction, session, cancel_uri, fault
        )

    def _ask_consent(self, ticket: str, signed_in: Interaction) -> WireResponse:
        email = signed_in.person.email if signed_in.person else ""
        return screens.consent(self._step_path(CONSENT), ticket, signed_in, email)

    def _step_path(self, step: str) -> str:
        """The path of a step, as a browser sees it."""
        return f"{self._provider.path}{BASE}{self._path}{step}"


def _is_other_person(interaction: Interaction, user: User) -> bool:
    return interaction.subject not in (None, user.id)


def _with_person(
    interaction: Interaction, now: int, amr: tuple[str, ...], user: User
) -> Interaction:
    """The same interaction, after the sign-in."""
    version = user.credential_version
    return replace(interaction, person=Person(user.id, version, user.email, now // SECOND, amr))


def _fault(refusal: Refusal, faults: dict[Code, tuple[str, int]]) -> Fault:
    """The fault that the page shows; other refusals are raised again."""
    if refusal.code not in faults:
        raise refusal
    sentence, status = faults[refusal.code]
    return Fault(sentence, status, retry_after(refusal))
