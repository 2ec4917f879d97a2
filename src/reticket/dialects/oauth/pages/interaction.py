"""The state of a person's interaction with the pages, bound to one browser.

Owns the ticket, which is only in the pages, and the cookie without which it is not accepted.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from urllib.parse import urlsplit

import msgspec

from reticket.core.commands import Asking, Peek, PutIfAbsent, RandomBytes
from reticket.core.errors import Cause
from reticket.core.storage.budget import of_account
from reticket.core.tokens.faces import from_text, to_text
from reticket.dialects.oauth.inputs import Form
from reticket.dialects.oauth.pages.cookies import is_secure, protected, set_cookie, values_of
from reticket.dialects.oauth.pages.html import PageError
from reticket.dialects.oauth.pages.rate_limits import count_attempt
from reticket.oauth.provider import Provider
from reticket.wire import Headers, WireRequest

MAX_INTERACTIONS = 6000
"""Interactions that one address may begin in a window; each is kept for a while."""

PAGE_LIFETIME = 900
"""Seconds for one page."""

COOKIE = "reticket_visit"
_SECRET = 32
"""Bytes of a ticket and of a cookie."""

_OWN_FETCH_SITES = (None, "same-origin", "none")
"""`Sec-Fetch-Site` of what this service's own pages send; old browsers send none."""

_FORMER_FIELD = "visit"
"""The ticket's name on a page of an older version, which may be open during an upgrade."""

PAGE_EXPIRED = "This page is too old, was used already, or comes from another browser."


class Person(msgspec.Struct, frozen=True):
    """The person after the sign-in, with its time (seconds) and methods (RFC 8176).

    `login` is the id of the login session; None on a page of an older version.
    """

    subject: str
    credential_version: int
    email: str
    auth_time: int
    amr: tuple[str, ...]
    login: str | None = None


class Interaction(msgspec.Struct, frozen=True, omit_defaults=True):
    """The stored state of an interaction.

    Args:
        client_id: of the client.
        name: of the client, for people.
        scope: the requested scope.
        request: data of the `ConsentHandler`, as it encodes them; stored as `order`.
        login_hint: the e-mail address, if known; stored as `hint`.
        subject: the only subject that may sign in, or None.
        max_age: seconds since the person authenticated, at most, or None.
        asks_consent: whether the app wants the person to be asked for consent again.
        target: the redirect URI of the response, or None.
        note: a text for the person before the consent, or None.
        browser: a digest of the cookie.
        person: the person after the sign-in; None before.
        level: the place in `LEVELS` that the sign-in must have.
        wanted: the one that it has to have if the person can reach it.
        policy_uri / tos_uri: what the client says of its use of data, and its terms of service.
    """

    client_id: str
    name: str
    scope: str
    request: str = msgspec.field(name="order")
    login_hint: str = msgspec.field(default="", name="hint")
    subject: str | None = None
    target: str | None = None
    note: str | None = None
    browser: str = ""
    person: Person | None = None
    max_age: int | None = None
    asks_consent: bool = False
    level: int = 0
    wanted: int = 0
    policy_uri: str | None = None
    tos_uri: str | None = None


def store(path: str, interaction: Interaction) -> Asking[str]:
    """Store an interaction for a page; returns its ticket."""
    ticket = yield from new_ticket()
    yield from store_command(path, ticket, interaction)
    return ticket


def new_ticket() -> Asking[str]:
    """A new ticket, without an interaction."""
    return to_text((yield from RandomBytes(_SECRET)))


def store_command(path: str, ticket: str, interaction: Interaction) -> PutIfAbsent:
    """The command that stores an interaction under a ticket."""
    owner = of_account(interaction.person.subject) if interaction.person else None
    return PutIfAbsent(
        interaction_key(path, ticket),
        msgspec.json.encode(interaction).decode(),
        PAGE_LIFETIME,
        owner,
    )


def find(path: str, ticket: str) -> Asking[Interaction | None]:
    """The interaction of a ticket, in any browser."""
    text = yield from Peek(interaction_key(path, ticket))
    return msgspec.json.decode(text, type=Interaction) if text else None


def resume(
    path: str, request: WireRequest, form: Form, provider: Provider
) -> Asking[tuple[str, Interaction]]:
    """The ticket and the interaction of a form, from a page at that path.

    Raises:
        PageError: the form is from another site, from another browser, or too late.
    """
    expect_own_form(request, provider)
    ticket = form.get("interaction") or form.get(_FORMER_FIELD, "")
    interaction = yield from find(path, ticket)
    if interaction is None or not hmac.compare_digest(
        interaction.browser, _digest(_cookie(request, provider))
    ):
        raise expired_page(Cause.NO_SESSION)
    return ticket, interaction


def expired_page(cause: Cause) -> PageError:
    """The refusal of a form whose interaction has ended."""
    return PageError("invalid_request", PAGE_EXPIRED, cause)


def interaction_key(path: str, ticket: str) -> str:
    """The key of the stored interaction."""
    return f"oauth:visit:{path}:{_digest(ticket)}"


def begin_in_browser(
    request: WireRequest, interaction: Interaction, provider: Provider
) -> Asking[tuple[Interaction, Headers]]:
    """Count a new interaction of this address, and bind it to the browser. Returns it with the
    cookie that the forms of all its pages require.

    Raises:
        Refusal: TOO_MANY_ATTEMPTS.
    """
    yield from count_attempt("visits", request, MAX_INTERACTIONS)
    cookie = yield from browser_cookie(request, provider)
    return bind_to_browser(interaction, cookie), (cookie_header(cookie, provider),)


def browser_cookie(request: WireRequest, provider: Provider) -> Asking[str]:
    """The cookie of this browser, or a new one. The old one is kept for the other tabs."""
    return _cookie(request, provider) or to_text((yield from RandomBytes(_SECRET)))


def bind_to_browser(interaction: Interaction, cookie: str) -> Interaction:
    """The same interaction, bound to the browser with that cookie."""
    return msgspec.structs.replace(interaction, browser=_digest(cookie))


def cookie_header(cookie: str, provider: Provider) -> tuple[bytes, bytes]:
    """`Set-Cookie`, with the narrowest attributes. All services of a host may share this cookie."""
    return _set_cookie(cookie, PAGE_LIFETIME, provider)


def forget_pages(provider: Provider) -> tuple[bytes, bytes]:
    """`Set-Cookie` after a log-out: no form of an earlier page is accepted any more. Otherwise the
    next person at the browser could go back, and the browser would send the password once more.
    """
    return _set_cookie("", 0, provider)


def has_pages(request: WireRequest, provider: Provider) -> bool:
    """Whether a page is open in this browser, as far as its cookie tells."""
    return bool(_cookie(request, provider))


def expect_own_form(request: WireRequest, provider: Provider) -> None:
    """Check by the headers of the browser that a page of this service sent the form.

    Its own pages send no referrer, so their origin is `null` to browsers (Fetch §3.2).

    Raises:
        PageError: `access_denied`.
    """
    origin = request.header(b"origin") or "null"
    host = request.header(b"host")
    is_own_origin = origin in (
        "null",
        _origin(provider.issuer),
        f"http://{host}",
        f"https://{host}",
    )
    if not is_own_origin or request.header(b"sec-fetch-site") not in _OWN_FETCH_SITES:
        sentence = "The form was sent from another site."
        raise PageError("access_denied", sentence, Cause.FORGED, status=403)


def _set_cookie(cookie: str, lifetime: int, provider: Provider) -> tuple[bytes, bytes]:
    path = "/" if is_secure(provider) else provider.path_of("")
    return set_cookie(_name(provider), cookie, path, lifetime, provider)


def _name(provider: Provider) -> str:
    return protected(COOKIE, provider)


def _cookie(request: WireRequest, provider: Provider) -> str:
    """The value of the cookie; empty if there is none in our form."""
    values = [value for value in values_of(request, _name(provider)) if _has_our_form(value)]
    return values[0] if values else ""


def _has_our_form(cookie: str) -> bool:
    return len(from_text(cookie) or b"") == _SECRET


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
