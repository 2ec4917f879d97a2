"""The account of a person: sessions, and apps that they have allowed; ends them (ASVS 5.0 §7.5.2).

The password must have been typed lately.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reticket.core.commands import (
    Asking,
    Audit,
    EndSessions,
    FindClient,
    ForgetConsent,
    ListConsents,
    ListSessions,
    Now,
)
from reticket.core.consents import Consent
from reticket.core.errors import Cause, wrong
from reticket.core.model import Family, Selection
from reticket.core.people import Client
from reticket.core.ports import Page
from reticket.dialects.oauth.document import describe_page
from reticket.dialects.oauth.endpoints import logout
from reticket.dialects.oauth.errors import audited
from reticket.dialects.oauth.grants.withdrawn import mark_withdrawal
from reticket.dialects.oauth.inputs import Form, read_form, read_query
from reticket.dialects.oauth.pages import screens
from reticket.dialects.oauth.pages.account_page import (
    AccountPaths,
    AppLine,
    SessionLine,
    account_page,
)
from reticket.dialects.oauth.pages.entry import SELECT_ACCOUNT, Demands, find_entry
from reticket.dialects.oauth.pages.flow import Flow
from reticket.dialects.oauth.pages.forms import EndForm
from reticket.dialects.oauth.pages.interaction import (
    Interaction,
    Person,
    expired_page,
    forget_pages,
    resume,
    store_command,
)
from reticket.dialects.oauth.pages.login_session import signed_in_accounts
from reticket.dialects.oauth.pages.sign_out import sign_out_everywhere, tell_of_replaced
from reticket.oauth.login import LOGIN
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import registration_of
from reticket.wire import Operation, Parameter, Route, WireRequest

PATH = "/account"
END_PATH = f"{PATH}/end"

MAX_SIGN_IN_AGE = 600
"""Seconds since the password was typed, at most, when the page is opened."""

MAX_SESSIONS = 100
"""Sessions on the page: the ones that began first."""

BY_PERSON = "account_page"
"""The cause of the end of a session that the person has ended."""

_QUERY_PARAMETERS = (
    Parameter("prompt", "query", str, "`select_account` asks for the account; else ignored."),
)
_ID = re.compile(r"[0-9a-f]{32}")


class AccountHandler:
    """Shows the page after the sign-in."""

    path = PATH

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def may_use(self, interaction: Interaction, person: Person) -> Asking[bool]:
        """Always: no client is involved."""
        yield from ()
        return True

    def is_granted(self, interaction: Interaction, person: Person) -> Asking[bool]:
        """Always: a person may see the own account."""
        yield from ()
        return True

    def remember(self, interaction: Interaction, person: Person) -> Asking[None]:
        """Keep nothing."""
        yield from ()

    def allow(self, ticket: str, interaction: Interaction, person: Person) -> Operation:
        """Keep the ticket for the forms of the page, and show it."""
        yield from store_command(PATH, ticket, interaction)
        return (yield from self.show(ticket, person))

    def deny(self, interaction: Interaction) -> Operation:
        """There is no page that asks for consent."""
        yield from ()
        raise expired_page(Cause.NO_SESSION)

    def cancel_uri(self, interaction: Interaction) -> str | None:
        """None: no app has sent the person here."""
        return None

    def show(self, ticket: str, person: Person) -> Operation:
        """The page as it is now."""
        now: int = yield from Now()
        selection = Selection(subject=person.subject, live_at=now)
        found: Page = yield from ListSessions(selection, MAX_SESSIONS)
        sessions = yield from self._sessions(found.families, person)
        apps = yield from self._apps(person)
        has_more = found.cursor is not None
        paths = self._paths()
        return account_page(paths, ticket, person.email, sessions, apps, has_more=has_more)

    def _paths(self) -> AccountPaths:
        own, other = self._provider.path_of, f"{PATH}?prompt={SELECT_ACCOUNT}"
        return AccountPaths(own(END_PATH), own(other), own(logout.PATH))

    def _sessions(self, families: Sequence[Family], person: Person) -> Asking[list[SessionLine]]:
        names = yield from self._names_of({each.client for each in families if each.client})
        return [_session_line(each, names, person) for each in families]

    def _apps(self, person: Person) -> Asking[list[AppLine]]:
        consents: Sequence[Consent] = yield from ListConsents(person.subject)
        names = yield from self._names_of({each.client_id for each in consents})
        return [
            AppLine(each.client_id, names[each.client_id], each.scopes, each.given_at)
            for each in consents
        ]

    def _names_of(self, client_ids: set[str]) -> Asking[dict[str, str]]:
        """The names of clients; a client that was removed has its id."""
        names = {}
        for client_id in client_ids:
            client: Client | None = yield from FindClient(client_id)
            name = registration_of(client, self._provider).name if client else client_id
            names[client_id] = name
        return names


class AccountEndpoint:
    """The page, and its form."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._handler = AccountHandler(provider)
        self._flow = Flow(provider, self._handler)

    def routes(self) -> tuple[Route, ...]:
        """The page, its form, and the forms of the sign-in before it."""
        return (
            Route(
                "GET",
                PATH,
                audited(USER, self._open),
                describe_page("See the own account", parameters=_QUERY_PARAMETERS),
            ),
            Route(
                "POST",
                END_PATH,
                audited(USER, self._end),
                describe_page("End a session, or take a consent back", EndForm),
            ),
            *self._flow.sign_in_routes(),
        )

    def _open(self, request: WireRequest) -> Operation:
        interaction = Interaction("", "your account", "", "", max_age=MAX_SIGN_IN_AGE)
        asked = read_query(request).get("prompt")
        prompts = frozenset({SELECT_ACCOUNT}) if asked == SELECT_ACCOUNT else frozenset()
        demands = Demands(prompts, max_age=MAX_SIGN_IN_AGE)
        entry = yield from find_entry(request, self._provider, demands)
        return (yield from self._flow.begin(request, interaction, entry))

    def _end(self, request: WireRequest) -> Operation:
        form = read_form(request)
        ticket, interaction = yield from resume(PATH, request, form, self._provider)
        person = interaction.person
        if person is None or not (yield from self._is_signed_in(request, person)):
            raise expired_page(Cause.NO_SESSION)
        yield from _end_what_is_named(form, person.subject)
        if not (yield from self._is_signed_in(request, person)):
            sentence, headers = "This browser is no longer signed in.", forget_pages(self._provider)
            return screens.done("You are signed out", sentence, (headers,))
        return (yield from self._handler.show(ticket, person))

    def _is_signed_in(self, request: WireRequest, person: Person) -> Asking[bool]:
        """Whether the login session in which the page was opened is alive."""
        accounts = yield from signed_in_accounts(request, self._provider)
        return person.login in {account.person.login for account in accounts}


def routes(provider: Provider) -> tuple[Route, ...]:
    """The page and its forms."""
    return AccountEndpoint(provider).routes()


def _session_line(family: Family, names: Mapping[str, str], person: Person) -> SessionLine:
    name = names[family.client] if family.client else family.resource
    if family.resource == LOGIN:
        name = "This browser" if family.id.hex() == person.login else "A browser"
    times = family.created_at, family.rotated_at
    return SessionLine(family.id.hex(), name, family.device or "", *times)


def _end_what_is_named(form: Form, subject: str) -> Asking[None]:
    """End one session, all that an app may do, or everything; only of this person.

    Raises:
        Refusal: INVALID_PARAMETER.
    """
    if "session" in form:
        if not _ID.fullmatch(form["session"]):
            raise wrong("session", "is not the id of a session")
        yield from _end_one(bytes.fromhex(form["session"]), subject)
    elif "app" in form:
        yield from _take_back(form["app"], subject)
    elif "everything" in form:
        yield from sign_out_everywhere(subject, BY_PERSON)
    else:
        raise wrong("session", "is missing")


def _end_one(family: bytes, subject: str) -> Asking[None]:
    ended = yield from EndSessions(Selection(family, subject), BY_PERSON)
    for login in ended:
        if login.resource == LOGIN:
            yield from tell_of_replaced(login, BY_PERSON)


def _take_back(client_id: str, subject: str) -> Asking[None]:
    """Forget the consent first: a session that begins meanwhile needs another one. Then no unused
    code begins one either.
    """
    if (yield from ForgetConsent(subject, client_id)):
        detail = {"client": client_id}
        yield from Audit(USER, "consent_withdrawn", subject=subject, detail=detail)
    yield from mark_withdrawal(subject, client_id)
    selection = Selection(subject=subject, resource=USER, client=client_id)
    yield from EndSessions(selection, BY_PERSON)
