"""The pages before the consent: sign-in, second factor, choice of an account.

Owns what each of their forms does. What follows a sign-in is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from msgspec.structs import replace

from reticket.core.commands import (
    Audit,
    FactorRule,
    Now,
    OpenFactorSession,
    PutIfAbsent,
    SecondFactor,
    SignIn,
)
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.dialects.oauth.document import describe_page
from reticket.dialects.oauth.inputs import required
from reticket.dialects.oauth.pages import faults, screens
from reticket.dialects.oauth.pages.entry import demands_of_interaction
from reticket.dialects.oauth.pages.forms import AccountForm, FactorForm, SignInForm
from reticket.dialects.oauth.pages.interaction import (
    PAGE_LIFETIME,
    Interaction,
    Person,
    expired_page,
    find,
    new_ticket,
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
from reticket.dialects.oauth.pages.steps import ACCOUNT, FACTOR, SIGN_IN, Steps
from reticket.oauth.provider import USER
from reticket.oauth.session_ids import new_session_id
from reticket.oauth.terms import AMR_OTP, AMR_PASSWORD
from reticket.wire import Headers, Operation, Route, WireRequest

OTHER_ACCOUNT = "other"
"""The choice of a person who wants to sign in with an account that is not on the page."""

GoOn = Callable[[str, Interaction, Headers], Operation]
"""What follows a sign-in: the ticket of the next page, the interaction with its person, and the
headers of the answer.
"""


class SignInSteps:
    """The forms of a person who signs in, or who chooses an account.

    Args:
        steps: of the interaction.
        go_on: what follows.
    """

    def __init__(self, steps: Steps, go_on: GoOn) -> None:
        self._steps = steps
        self._provider = steps.provider
        self._path = steps.path
        self._go_on = go_on

    def routes(self) -> tuple[Route, ...]:
        """The routes of the forms."""
        described = (
            (SIGN_IN, self._sign_in, describe_page("Sign in", SignInForm)),
            (FACTOR, self._factor, describe_page("Finish with a one-time password", FactorForm)),
            (ACCOUNT, self._choose, describe_page("Choose an account", AccountForm)),
        )
        return tuple(self._steps.route(*step) for step in described)

    def _sign_in(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._steps.resumed(request)
        email, password = form.get("email", ""), form.get("password", "")
        if not email or not password:
            yield from Audit(USER, "refused", Code.INVALID_PARAMETER)
            return self._steps.ask_sign_in(ticket, interaction, email, faults.MISSING)
        try:
            user: User = yield from SignIn(USER, email, password, factor=FactorRule.ASK)
        except Refusal as refusal:
            fault = faults.fault_of(refusal, faults.OF_SIGN_IN)
            return self._steps.ask_sign_in(ticket, interaction, email, fault)
        if user.second_factor:
            session = yield from OpenFactorSession(USER, user, PAGE_LIFETIME)
            return self._steps.ask_factor(ticket, interaction, session)
        return (yield from self._signed_in(request, ticket, interaction, user))

    def _factor(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._steps.resumed(request)
        forms = RepeatedForms(ticket, form.get("session", ""), form.get("code", ""))
        try:
            return (yield from self._finished(request, forms, interaction))
        except Refusal as refusal:
            if refusal.code is Code.NOT_FOUND:
                return (yield from self._sent_again(forms, interaction))
            fault = faults.fault_of(refusal, faults.OF_FACTOR)
            return self._steps.ask_factor(ticket, interaction, forms.session, fault)

    def _finished(
        self, request: WireRequest, forms: RepeatedForms, interaction: Interaction
    ) -> Operation:
        """Keep the next page before the code is spent, so that a failing store costs no code."""
        next_ticket, login = (yield from new_ticket()), (yield from new_session_id())
        now: int = yield from Now()
        signed_in = partial(_with_person, interaction, now, (AMR_PASSWORD, AMR_OTP), login)

        def keeps(user: User) -> Sequence[PutIfAbsent]:
            return store_command(self._path, next_ticket, signed_in(user)), forms.started_mark()

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
            return screens.after_form((yield from self._go_on(next_ticket, signed_in, ())))
        if next_ticket is None and (yield from forms.is_in_progress()):
            return self._steps.ask_factor(
                forms.ticket, interaction, forms.session, faults.SENT_TWICE
            )
        return self._steps.ask_sign_in(forms.ticket, interaction, None, faults.EXPIRED)

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

    def _choose(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._steps.resumed(request)
        choice = required(form, "account")
        if choice == OTHER_ACCOUNT:
            return self._steps.ask_sign_in(ticket, interaction, "")
        accounts = yield from signed_in_accounts(request, self._provider)
        for account in accounts:
            if account.person.login == choice and (yield from keep_alive(account, self._provider)):
                return (yield from self._chosen(ticket, interaction, account, accounts))
        return self._steps.ask_sign_in(ticket, interaction, None, faults.SIGNED_OUT)

    def _chosen(
        self,
        ticket: str,
        interaction: Interaction,
        account: Account,
        accounts: tuple[Account, ...],
    ) -> Operation:
        """Continue with an account that is signed in, unless the app expects another sign-in."""
        person, now = account.person, (yield from Now())
        if not demands_of_interaction(interaction).admits(account, now):
            return self._steps.ask_sign_in(ticket, interaction, person.email)
        signed_in = replace(interaction, person=person)
        headers = used_first(account, accounts, self._provider)
        next_ticket = yield from new_ticket()
        return screens.after_form((yield from self._go_on(next_ticket, signed_in, headers)))

    def _refuse_other_person(self, ticket: str, interaction: Interaction, user: User) -> Operation:
        yield from Audit(USER, "refused", Cause.WRONG_SUBJECT, user.id)
        return self._steps.ask_sign_in(ticket, interaction, None, faults.OTHER_PERSON)


def _is_other_person(interaction: Interaction, user: User) -> bool:
    return interaction.subject not in (None, user.id)


def _with_person(
    interaction: Interaction, now: int, amr: tuple[str, ...], login: str, user: User
) -> Interaction:
    """The same interaction, after the sign-in."""
    version, auth_time = user.credential_version, now // SECOND
    person = Person(user.id, version, user.email, auth_time, amr, login)
    return replace(interaction, person=person)
