"""The log-out endpoint (OpenID Connect RP-Initiated Logout 1.0).

An ID token of a login session of this browser signs its person out at once. In all other cases the
person is asked (§2). No address is redirected to that is not registered (§3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from reticket.core.commands import Asking, FindSession, ReadIdentity
from reticket.core.errors import Cause, Refusal, wrong
from reticket.core.model import Family
from reticket.core.sessions.rotation import state_of
from reticket.dialects.oauth.document import describe_page
from reticket.dialects.oauth.endpoints.authorization_request import MAX_STORED_BYTES
from reticket.dialects.oauth.endpoints.authorization_response import redirect, with_query
from reticket.dialects.oauth.errors import audited
from reticket.dialects.oauth.inputs import Form, expect_short, read_form, read_query, required
from reticket.dialects.oauth.pages import screens
from reticket.dialects.oauth.pages.html import PageError
from reticket.dialects.oauth.pages.interaction import (
    Interaction,
    begin_in_browser,
    expect_own_form,
    expired_page,
    find,
    forget_pages,
    has_pages,
    resume,
    store,
)
from reticket.dialects.oauth.pages.login_session import (
    KnownLogin,
    keep_only,
    known_logins,
    signed_in_accounts,
)
from reticket.dialects.oauth.pages.safe_requests import is_head_or_prefetch
from reticket.dialects.oauth.pages.sign_out import (
    ClientSession,
    hinted_logins,
    live_sessions_of,
    sign_out,
)
from reticket.oauth.clients import find_enabled
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.wire import Headers, Operation, Parameter, Route, WireRequest, WireResponse

PATH = "/logout"
CONFIRM_PATH = f"{PATH}/confirm"

SIGN_OUT, STAY = "sign_out", "stay"
"""The answers to the question."""

_SUMMARY = "Sign a person out"
_APPS_TOO = "The apps of this sign-in are signed out too."
_NOT_REGISTERED = "The address to return to is not registered: post_logout_redirect_uri."
_NO_CLIENT = "A request with post_logout_redirect_uri needs id_token_hint or client_id."
_OTHER_CLIENT = "id_token_hint was issued to another client than client_id."


class LogoutForm(msgspec.Struct):
    """RP-Initiated Logout §2. `logout_hint` and `ui_locales` are ignored."""

    id_token_hint: str | None = None
    client_id: str | None = None
    post_logout_redirect_uri: str | None = None
    state: str | None = None
    logout_hint: str | None = None
    ui_locales: str | None = None


class LogoutAnswer(msgspec.Struct):
    """The form of the page that asks. `interaction` is the ticket of the page."""

    interaction: str
    answer: Literal["sign_out", "stay"]


_DESCRIPTIONS = {
    "id_token_hint": "An ID token of the login session, expired or not. Without it a page asks.",
    "client_id": "The client to which the ID token was issued.",
    "post_logout_redirect_uri": "One of the client's, to the byte; needs one of the above.",
    "state": "Returned to the client unchanged.",
    "logout_hint": "Ignored.",
    "ui_locales": "Ignored.",
}
_QUERY_PARAMETERS = tuple(
    Parameter(name, "query", str, _DESCRIPTIONS[name]) for name in LogoutForm.__struct_fields__
)


class LogoutRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A valid request, as the page that asks keeps it.

    Args:
        target: where the browser goes afterwards, or None for a page of ours.
        session: the client's session that the ID token belongs to, or None.
    """

    target: str | None = None
    session: ClientSession | None = None


@dataclass(frozen=True, slots=True)
class Logout:
    """The endpoint, and the form of the page that asks."""

    provider: Provider

    def routes(self) -> tuple[Route, ...]:
        """GET and POST (RP-Initiated Logout §2), and the form."""
        return (
            Route(
                "GET",
                PATH,
                audited(USER, self._get),
                describe_page(_SUMMARY, parameters=_QUERY_PARAMETERS),
            ),
            Route("POST", PATH, audited(USER, self._post), describe_page(_SUMMARY, LogoutForm)),
            Route(
                "POST",
                CONFIRM_PATH,
                audited(USER, self._confirm),
                describe_page("Sign out or not", LogoutAnswer),
            ),
        )

    def _get(self, request: WireRequest) -> Operation:
        return (yield from self._log_out(request, read_query(request)))

    def _post(self, request: WireRequest) -> Operation:
        return (yield from self._log_out(request, read_form(request)))

    def _log_out(self, request: WireRequest, form: Form) -> Operation:
        session = yield from _hinted_session(form)
        registration = yield from self._registration(form, session)
        order = LogoutRequest(_target(form, registration, session), session)
        logins = yield from known_logins(request, self.provider)
        rows = [each.row for each in logins]
        hinted = (yield from hinted_logins(session, rows)) if session else []
        if hinted and not is_head_or_prefetch(request):
            return (yield from self._end(order, hinted, logins))
        is_trusted = registration is not None and registration.vouched  # RFC 9700 §4.11.2
        if session and is_trusted and not logins and (yield from _has_ended(session)):
            return _gone(order)  # a second click: there is nothing to ask
        return (yield from self._ask(request, order, registration))

    def _registration(
        self, form: Form, session: ClientSession | None
    ) -> Asking[Registration | None]:
        """The client that asks. A person can sign out of one that is not known any more."""
        client_id = session.client_id if session else form.get("client_id", "")
        client = yield from find_enabled(client_id)
        return registration_of(client, self.provider) if client else None

    def _ask(
        self, request: WireRequest, order: LogoutRequest, registration: Registration | None
    ) -> Operation:
        asked = Interaction(
            client_id=registration.id if registration else "",
            name=registration.name if registration else "",
            scope="",
            request=msgspec.json.encode(order).decode(),
            target=order.target,
        )
        interaction, headers = yield from begin_in_browser(request, asked, self.provider)
        ticket = yield from store(PATH, interaction)
        accounts = yield from signed_in_accounts(request, self.provider)
        return screens.sign_out(
            self.provider.path_of(CONFIRM_PATH),
            ticket,
            [account.person.email for account in accounts],
            order.target,
            headers,
        )

    def _confirm(self, request: WireRequest) -> Operation:
        """The person's answer. A second click gets the same page."""
        form = read_form(request)
        if not has_pages(request, self.provider):
            return (yield from self._sent_again(request, form))
        _, interaction = yield from resume(PATH, request, form, self.provider)
        answer = required(form, "answer")
        if answer == STAY:
            return screens.done("You are still signed in", "Nothing has changed.")
        if answer != SIGN_OUT:
            raise wrong("answer", "is not one that is known")
        order = _order_of(interaction)
        logins = yield from known_logins(request, self.provider)
        return (yield from self._end(order, [each.row for each in logins], logins))

    def _end(
        self, order: LogoutRequest, ended: Sequence[Family], known: Sequence[KnownLogin]
    ) -> Operation:
        """End these login sessions; the browser forgets them."""
        yield from sign_out(ended, order.session)
        kept = [each.token for each in known if each.row not in ended]
        headers = keep_only(kept, self.provider), forget_pages(self.provider)
        return _gone(order, headers)

    def _sent_again(self, request: WireRequest, form: Form) -> Operation:
        """Answer a second click: after the first one the browser has forgotten its cookies. Nothing
        ends.
        """
        expect_own_form(request, self.provider)
        interaction = yield from find(PATH, form.get("interaction", ""))
        if interaction is None or form.get("answer") != SIGN_OUT:
            raise expired_page(Cause.NO_SESSION)
        return _gone(_order_of(interaction))


def _order_of(interaction: Interaction) -> LogoutRequest:
    return msgspec.json.decode(interaction.request, type=LogoutRequest)


def _gone(order: LogoutRequest, headers: Headers = ()) -> WireResponse:
    """Where the browser goes after the log-out."""
    if order.target:
        return redirect(order.target, headers)
    return screens.done("You are signed out", _APPS_TOO, headers)


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint and its page."""
    return Logout(provider).routes()


def _has_ended(session: ClientSession) -> Asking[bool]:
    """Whether the session of an ID token is over, and the client has none begun under it. An ID
    token without `sid` does not tell.
    """
    if session.id is None:
        return False
    row, now = yield from FindSession(bytes.fromhex(session.id))
    is_over = row is None or state_of(row, now) is not None
    return is_over and not (yield from live_sessions_of(session))


def _hinted_session(form: Form) -> Asking[ClientSession | None]:
    """The session of `id_token_hint`; None without a valid one. An expired one is valid while its
    key is in the ring (RP-Initiated Logout §4).

    Raises:
        PageError: it was issued to another client.
    """
    try:
        claims = yield from ReadIdentity(form.get("id_token_hint", ""))
    except Refusal:
        return None
    session = ClientSession(claims.get("sid"), str(claims["sub"]), str(claims["aud"]))
    if form.get("client_id", session.client_id) != session.client_id:
        raise PageError("invalid_request", _OTHER_CLIENT, Cause.WRONG_CLIENT)
    return session


def _target(
    form: Form, registration: Registration | None, session: ClientSession | None
) -> str | None:
    """Where the browser goes afterwards. None too when the ID token is not valid (§4).

    Raises:
        PageError: the address is not registered for the client, or no client is named.
        Refusal: INVALID_PARAMETER for a `state` that is too long.
    """
    uri = form.get("post_logout_redirect_uri")
    if uri is None or ("id_token_hint" in form and session is None):
        return None
    if session is None and "client_id" not in form:
        raise PageError("invalid_request", _NO_CLIENT, Cause.WRONG_REDIRECT)
    if registration is None or uri not in registration.post_logout_redirect_uris:
        raise PageError("invalid_request", _NOT_REGISTERED, Cause.WRONG_REDIRECT)
    expect_short(form, "state", MAX_STORED_BYTES)
    return with_query(uri, {"state": form["state"]}) if "state" in form else uri
