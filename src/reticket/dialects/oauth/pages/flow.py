"""The sequence of pages: sign-in, second factor, consent. A `ConsentHandler` says what follows.

A person who is signed in in this browser begins with the consent, or chooses an account first.
"""

from __future__ import annotations

from msgspec.structs import replace

from reticket.core.commands import Audit, Pop
from reticket.core.errors import Cause, wrong
from reticket.dialects.oauth.document import describe_page
from reticket.dialects.oauth.inputs import required
from reticket.dialects.oauth.pages import faults
from reticket.dialects.oauth.pages.consent_handler import ConsentHandler
from reticket.dialects.oauth.pages.entry import (
    SIGN_IN_FIRST,
    Entry,
    demands_of_interaction,
    other_choices,
)
from reticket.dialects.oauth.pages.forms import ConsentForm
from reticket.dialects.oauth.pages.interaction import (
    Interaction,
    Person,
    begin_in_browser,
    expired_page,
    interaction_key,
    new_ticket,
    store,
    store_command,
)
from reticket.dialects.oauth.pages.login_session import is_still_signed_in
from reticket.dialects.oauth.pages.sign_in_steps import SignInSteps
from reticket.dialects.oauth.pages.steps import CONSENT, Steps
from reticket.oauth.provider import USER, Provider
from reticket.wire import Headers, Operation, Route, WireRequest, WireResponse


class Flow:
    """Owns the steps from a request to the person's decision."""

    def __init__(self, provider: Provider, handler: ConsentHandler) -> None:
        self._provider = provider
        self._handler = handler
        self._path = handler.path
        self._steps = Steps(provider, handler)
        self._sign_in = SignInSteps(self._steps, self._go_on)

    def routes(self) -> tuple[Route, ...]:
        """The routes of its forms."""
        consent = CONSENT, self._consent, describe_page("Consent or not", ConsentForm)
        return *self.sign_in_routes(), self._steps.route(*consent)

    def sign_in_routes(self) -> tuple[Route, ...]:
        """The routes of the forms before the consent."""
        return self._sign_in.routes()

    def begin(
        self,
        request: WireRequest,
        interaction: Interaction,
        entry: Entry = SIGN_IN_FIRST,
        answer_ticket: str | None = None,
    ) -> Operation:
        """The first page, and the cookie that all other pages require.

        Args:
            request: of the browser.
            interaction: what begins.
            entry: who may go on without a sign-in.
            answer_ticket: the ticket of an answer without a page; a new one if None.
        """
        interaction, headers = yield from begin_in_browser(request, interaction, self._provider)
        if entry.account:
            signed_in = replace(interaction, person=entry.account.person)
            ticket = yield from new_ticket()
            return (yield from self._go_on(ticket, signed_in, headers, answer_ticket))
        ticket = yield from store(self._path, interaction)
        if entry.choices:
            return self._steps.ask_account(ticket, interaction, entry.choices, headers)
        return self._steps.ask_sign_in(ticket, interaction, headers=headers)

    def _go_on(
        self,
        ticket: str,
        signed_in: Interaction,
        headers: Headers,
        answer_ticket: str | None = None,
    ) -> Operation:
        """Ask for consent, or answer at once when nobody has to be asked. A person who may not use
        the client is refused.
        """
        person = signed_in.person
        may_use = person and (yield from self._handler.may_use(signed_in, person))
        if person and may_use and (yield from self._handler.is_granted(signed_in, person)):
            answered_by = answer_ticket or ticket
            response: WireResponse = yield from self._handler.allow(answered_by, signed_in, person)
            return replace(response, headers=(*response.headers, *headers))
        yield from store_command(self._path, ticket, signed_in)
        if person and not may_use:
            return (yield from self._refuse(ticket, signed_in, person, headers))
        return self._steps.ask_consent(ticket, signed_in, person, headers)

    def _consent(self, request: WireRequest) -> Operation:
        form, ticket, interaction = yield from self._steps.resumed(request)
        if interaction.person is None:
            raise expired_page(Cause.NO_SESSION)
        answer = required(form, "answer")
        if answer == "allow":
            return (yield from self._allow(ticket, interaction, interaction.person))
        if answer not in ("switch", "deny"):
            raise wrong("answer", "is not one that is known")
        if answer == "switch":
            response = yield from self._switch(request, interaction, interaction.person)
        else:
            response = yield from self._handler.deny(interaction)
        # last, so that after a 503 the person can click again
        yield from Pop(interaction_key(self._path, ticket))
        return response

    def _allow(self, ticket: str, interaction: Interaction, person: Person) -> Operation:
        """Do what the person consents to, then keep the consent. After a log-out in another tab
        nobody consents: the page asks for a sign-in. The person may have lost the group as well.
        """
        if not (yield from is_still_signed_in(person)):
            yield from Audit(USER, "refused", Cause.NO_SESSION, person.subject)
            again = replace(interaction, person=None)
            next_ticket = yield from store(self._path, again)
            return self._steps.ask_sign_in(next_ticket, again, person.email, faults.SIGNED_OUT)
        if not (yield from self._handler.may_use(interaction, person)):
            return (yield from self._refuse(ticket, interaction, person))
        response: WireResponse = yield from self._handler.allow(ticket, interaction, person)
        yield from self._handler.remember(interaction, person)
        return response

    def _refuse(
        self, ticket: str, interaction: Interaction, person: Person, headers: Headers = ()
    ) -> Operation:
        """A page for a person who may not use the client. It links back and to another account."""
        client = {"client": interaction.client_id}
        yield from Audit(USER, "refused", Cause.GROUP_REQUIRED, person.subject, detail=client)
        return self._steps.not_allowed(ticket, interaction, person, headers)

    def _switch(self, request: WireRequest, interaction: Interaction, person: Person) -> Operation:
        """Begin again, for another person."""
        demands = demands_of_interaction(interaction)
        entry = yield from other_choices(request, self._provider, demands, person)
        again = replace(interaction, login_hint="", person=None)
        return (yield from self.begin(request, again, entry))
