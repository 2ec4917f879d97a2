"""The steps of an interaction: their paths, and the page on which each asks a person.

Owns how a form comes back to its interaction. Knows no order of the steps.
"""

from __future__ import annotations

from collections.abc import Callable

from reticket.core.commands import Asking
from reticket.dialects.oauth.errors import audited
from reticket.dialects.oauth.inputs import Form, read_form
from reticket.dialects.oauth.pages import screens
from reticket.dialects.oauth.pages.consent_handler import ConsentHandler
from reticket.dialects.oauth.pages.interaction import Interaction, Person, resume
from reticket.dialects.oauth.pages.login_session import Account
from reticket.dialects.oauth.pages.screens import Fault
from reticket.oauth.provider import USER, Provider
from reticket.wire import Described, Headers, Operation, Route, WireRequest, WireResponse

SIGN_IN, FACTOR, ACCOUNT, CONSENT = "/sign-in", "/factor", "/account", "/consent"


class Steps:
    """The steps of the interactions of one handler."""

    def __init__(self, provider: Provider, handler: ConsentHandler) -> None:
        self.provider = provider
        self.handler = handler
        self.path = handler.path

    def route(
        self, step: str, operate: Callable[[WireRequest], Operation], description: Described
    ) -> Route:
        """The route of the form of a step."""
        return Route("POST", f"{self.path}{step}", audited(USER, operate), description)

    def resumed(self, request: WireRequest) -> Asking[tuple[Form, str, Interaction]]:
        """The form of a page, its ticket and its interaction. PageError."""
        form = read_form(request)
        ticket, interaction = yield from resume(self.path, request, form, self.provider)
        return form, ticket, interaction

    def ask_sign_in(
        self,
        ticket: str,
        interaction: Interaction,
        email: str | None = None,
        fault: Fault | None = None,
        headers: Headers = (),
    ) -> WireResponse:
        """The page for the password. Without an e-mail address it has the one of the request."""
        cancel_uri = self.handler.cancel_uri(interaction)
        action = self._address(SIGN_IN)
        email = interaction.login_hint if email is None else email
        return screens.sign_in(action, ticket, interaction, email, cancel_uri, fault, headers)

    def ask_factor(
        self, ticket: str, interaction: Interaction, session: str, fault: Fault | None = None
    ) -> WireResponse:
        """The page for the second factor."""
        cancel_uri = self.handler.cancel_uri(interaction)
        action = self._address(FACTOR)
        return screens.factor(action, ticket, interaction, session, cancel_uri, fault)

    def ask_account(
        self, ticket: str, interaction: Interaction, choices: tuple[Account, ...], headers: Headers
    ) -> WireResponse:
        """The page with the accounts of the browser."""
        cancel_uri = self.handler.cancel_uri(interaction)
        people = [account.person for account in choices]
        action = self._address(ACCOUNT)
        return screens.accounts(action, ticket, interaction, people, cancel_uri, headers)

    def ask_consent(
        self, ticket: str, interaction: Interaction, person: Person | None, headers: Headers = ()
    ) -> WireResponse:
        """The page for the consent."""
        email = person.email if person else ""
        return screens.consent(self._address(CONSENT), ticket, interaction, email, headers)

    def not_allowed(
        self, ticket: str, interaction: Interaction, person: Person, headers: Headers
    ) -> WireResponse:
        """The page for a person who may not use the client. Its form is that of the consent."""
        action = self._address(CONSENT)
        return screens.not_allowed(action, ticket, interaction, person.email, headers)

    def _address(self, step: str) -> str:
        """The path of a step, as a browser sees it."""
        return self.provider.path_of(f"{self.path}{step}")
