"""The sequence of pages: sign-in, second factor, consent. A `ConsentHandler` says what follows.

A person who is signed in in this browser begins with the consent, or chooses an account first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

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
from reticket.dialects.oauth.pages import faults, screens
from reticket.dialects.oauth.pages.entry import (
    SIGN_IN_FIRST,
    Demands,
    Entry,
    other_choices,
)
from reticket.dialects.oauth.pages.forms import AccountForm, ConsentForm, FactorForm, SignInForm
from reticket.dialects.oauth.pages.interaction import (
    PAGE_LIFETIME,
    Interaction,
    Person,
    begin_in_browser,
    expired_page,
    find,
    interaction_key,
    new_ticket,
    resume,
    store,
    store_command,
)
from reticket.dialects.oauth.pages.login_session import (
    Account,
    begin_login,
    keep_alive,
    signed_in_accounts,
    used_first,
)
from reticket.dialects.oauth.pages.repeated_forms import RepeatedForms
from reticket.dialects.oauth.pages.screens import Fault
from reticket.oauth.provider import USER, Provider
from reticket.oauth.session_ids import new_session_id
from reticket.oauth.terms import AMR_OTP, AMR_PASSWORD
from reticket.wire import Described, Headers, Operation, Route, WireRequest, WireResponse

SIGN_IN, FACTOR, ACCOUNT, CONSENT = "/sign-in", "/factor", "/account", "/consent"

OTHER_ACCOUNT = "other"
"""The choice of a person who wants to sign in with an account that is not on the page."""


class ConsentHandler(Protocol):
    """The purpose of an interaction: what a decision of the person does.

    Args:
        path: of the pages, below the dialect's path; a part of storage keys as well.
    """

    path: str

    def is_granted(self, interaction: Interaction, person: Person) -> Asking[bool]:
        """Whether the person need not be asked for consent."""
        ...

    def remember(self, interaction: Interaction, person: Person) -> Asking[None]:
        """Keep the consent that the person has just given on the page, for the next time."""
        ...

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
        consent = CONSENT, self._consent, describe_page("Consent or not", ConsentForm)
        return *self.sign_in_routes(), self._route(*consent)

    def sign_in_routes(self) -> tuple[Route, ...]:
        """The routes of the forms before the consent."""
        steps = (
            (SIGN_IN, self._sign_in, describe_page("Sign in", SignInForm)),
            (FACTOR, self._factor, describe_page("Finish with a one-time password", FactorForm)),
            (ACCOUNT, self._choose, describe_page("Choose an account", AccountForm)),
        )
        return tuple(self._route(*step) for step in steps)

    def _route(
        self, step: str, operate: Callable[[WireRequest], Operation], description: Described
    ) -> Route:
        return Route("POST", f"{self._path}{step}", audited(USER, operate), description)

    def begin(
        self, request: WireRequest, interaction: Interaction, entry: Entry = SIGN_IN_FIRST
    ) -> Operation:
        """The first page, and the cookie that all other pages require."""
        interaction, headers = yield from begin_in_browser(request, interaction, self._provider)
        if entry.account:
            signed_in = replace(interaction, person=entry.account.person)
            return (yield from self._go_on((yield from new_ticket()), signed_in, headers))
        ticket = yield from store(self._path, interaction)
        cancel_uri = self._handler.cancel_uri(interaction)
        if entry.choices:
            people = [account.person for account in entry.choices]
            action = self._step_path(ACCOUNT)
            return screens.accounts(action, ticket, interaction, people, cancel_uri, headers)
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
            return self._sign_in_again(ticket, interaction, email, faults.MISSING)
        try:
            user: User = yield from SignIn(USER, email, password, factor=FactorRule.ASK)
        except Refusal as refusal:
            fault = faults.fault_of(refusal, faults.OF_SIGN_IN)
            return self._sign_in_again(ticket, interaction, email, fault)
        if user.second_factor:
            session = yield from OpenFactorSession(USER, user, PAGE_LIFETIME)
            return self._ask_factor(ticket, interaction, session)
        return (yield from self._signed_in(request, ticket, interaction, user))

    def _factor(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._resumed(request)
        forms = RepeatedForms(ticket, form.get("session", ""), form.get("code", ""))
        try:
            return (yield from self._finished(request, forms, interaction))
        except Refusal as refusal:
            if refusal.code is Code.NOT_FOUND:
                return (yield from self._sent_again(forms, interaction))
            fault = faults.fault_of(refusal, faults.OF_FACTOR)
            return self._ask_factor(ticket, interaction, forms.session, fault)

    def _finished(
        self, request: WireRequest, forms: RepeatedForms, interaction: Interaction
    ) -> Operation:
        """Keep the next page before the code is spent, so that a failing store costs no code."""
        next_ticket, login = (yield from new_ticket()), (yield from new_session_id())
        now: int = yield from Now()
        signed_in = partial(_with_person, interaction, now, (AMR_PASSWORD, AMR_OTP), login)

        def keeps(user: User) -> Sequence[PutIfAbsent]:
            return store_command(self._path, next_ticket, signed_in(user)), forms.started_mark(
                user.id
            )

        user: User = yield from SecondFactor(USER, forms.session, forms.code, keeps)
        if _is_other_person(interaction, user):
            return (yield from self._refuse_other_person(forms.ticket, interaction, user))
        yield from forms.remember_next(next_ticket, user.id)
        return (yield from self._begin_login(request, next_ticket, signed_in(user), user))

    def _sent_again(self, forms: RepeatedForms, interaction: Interaction) -> Operation:
        """Answer a double click: the browser shows the answer to the second click only."""
        next_ticket = yield from forms.next_ticket()
        signed_in = (yield from find(self._path, next_ticket)) if next_ticket else None
        if next_ticket and signed_in:
            return screens.after_form((yield from self._go_on(next_ticket, signed_in)))
        if next_ticket is None and (yield from forms.is_in_progress()):
            return self._ask_factor(forms.ticket, interaction, forms.session, faults.SENT_TWICE)
        return self._sign_in_again(
            forms.ticket, interaction, interaction.login_hint, faults.EXPIRED
        )

    def _signed_in(
        self, request: WireRequest, ticket: str, interaction: Interaction, user: User
    ) -> Operation:
        """Continue with a new ticket, which was never on a page before the sign-in."""
        if _is_other_person(interaction, user):
            return (yield from self._refuse_other_person(ticket, interaction, user))
        login, now = (yield from new_session_id()), (yield from Now())
        signed_in = _with_person(interaction, now, (AMR_PASSWORD,), login, user)
        next_ticket = yield from new_ticket()
        return (yield from self._begin_login(request, next_ticket, signed_in, user))

    def _begin_login(
        self, request: WireRequest, ticket: str, signed_in: Interaction, user: User
    ) -> Operation:
        """Keep the browser signed in, and go on."""
        if signed_in.person is None:
            raise expired_page(Cause.NO_SESSION)
        headers = yield from begin_login(request, self._provider, user, signed_in.person)
        return screens.after_form((yield from self._go_on(ticket, signed_in, headers)))

    def _go_on(self, ticket: str, signed_in: Interaction, headers: Headers = ()) -> Operation:
        """Ask for consent, or answer at once when nobody has to be asked."""
        person = signed_in.person
        if person and (yield from self._handler.is_granted(signed_in, person)):
            response: WireResponse = yield from self._handler.allow(ticket, signed_in, person)
            return replace(response, headers=(*response.headers, *headers))
        yield from store_command(self._path, ticket, signed_in)
        return self._ask_consent(ticket, signed_in, headers)

    def _choose(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._resumed(request)
        choice = required(form, "account")
        if choice == OTHER_ACCOUNT:
            return self._sign_in_again(ticket, interaction, "")
        accounts = yield from signed_in_accounts(request, self._provider)
        for account in accounts:
            if account.person.login == choice and (yield from keep_alive(account, self._provider)):
                return (yield from self._chosen(ticket, interaction, account, accounts))
        return self._sign_in_again(ticket, interaction, interaction.login_hint, faults.SIGNED_OUT)

    def _chosen(
        self,
        ticket: str,
        interaction: Interaction,
        account: Account,
        accounts: tuple[Account, ...],
    ) -> Operation:
        """Continue with an account that is signed in, unless the app expects another sign-in."""
        person, now = account.person, (yield from Now())
        if not _demands_of(interaction).admits(person, now):
            return self._sign_in_again(ticket, interaction, person.email)
        signed_in = replace(interaction, person=person)
        headers = used_first(account, accounts, self._provider)
        next_ticket = yield from new_ticket()
        return screens.after_form((yield from self._go_on(next_ticket, signed_in, headers)))

    def _refuse_other_person(self, ticket: str, interaction: Interaction, user: User) -> Operation:
        yield from Audit(USER, "refused", Cause.WRONG_SUBJECT, user.id)
        return self._sign_in_again(ticket, interaction, interaction.login_hint, faults.OTHER_PERSON)

    def _consent(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._resumed(request)
        if interaction.person is None:
            raise expired_page(Cause.NO_SESSION)
        answer = required(form, "answer")
        if answer == "allow":
            yield from self._handler.remember(interaction, interaction.person)
            return (yield from self._handler.allow(ticket, interaction, interaction.person))
        if answer not in ("switch", "deny"):
            raise wrong("answer", "is not one that is known")
        if answer == "switch":
            response = yield from self._switch(request, interaction, interaction.person)
        else:
            response = yield from self._handler.deny(interaction)
        yield from Pop(
            interaction_key(self._path, ticket)
        )  # last, so that after a 503 the person can click again
        return response

    def _switch(self, request: WireRequest, interaction: Interaction, person: Person) -> Operation:
        """Begin again, for somebody else."""
        demands = _demands_of(interaction)
        entry = yield from other_choices(request, self._provider, demands, person)
        again = replace(interaction, login_hint="", person=None)
        return (yield from self.begin(request, again, entry))

    def _resumed(self, request: WireRequest) -> Asking[tuple[Form, str, Interaction]]:
        form = read_form(request)
        ticket, interaction = yield from resume(self._path, request, form, self._provider)
        return form, ticket, interaction

    def _sign_in_again(
        self, ticket: str, interaction: Interaction, email: str, fault: Fault | None = None
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

    def _ask_consent(
        self, ticket: str, signed_in: Interaction, headers: Headers = ()
    ) -> WireResponse:
        email = signed_in.person.email if signed_in.person else ""
        return screens.consent(self._step_path(CONSENT), ticket, signed_in, email, headers)

    def _step_path(self, step: str) -> str:
        """The path of a step, as a browser sees it."""
        return self._provider.path_of(f"{self._path}{step}")


def _demands_of(interaction: Interaction) -> Demands:
    """What the request of an interaction still demands when the person chooses an account."""
    return Demands(max_age=interaction.max_age, subject=interaction.subject)


def _is_other_person(interaction: Interaction, user: User) -> bool:
    return interaction.subject not in (None, user.id)


def _with_person(
    interaction: Interaction, now: int, amr: tuple[str, ...], login: str, user: User
) -> Interaction:
    """The same interaction, after the sign-in."""
    version, auth_time = user.credential_version, now // SECOND
    person = Person(user.id, version, user.email, auth_time, amr, login)
    return replace(interaction, person=person)
