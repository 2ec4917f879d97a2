"""The login session of a browser: the accounts that are signed in there (ADR 0012).

Owns the cookie. It has a refresh token of the kind `oauth.login` for each account, the account that
was used last first. Knows no page.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from reticket.core.commands import (
    Asking,
    BeginSession,
    DryRunRefresh,
    EndSessions,
    FindUserById,
    Now,
    RandomBytes,
    Refresh,
)
from reticket.core.errors import Cause, Refusal, Unavailable
from reticket.core.identifiers import family_id
from reticket.core.model import Issued, Selection
from reticket.core.people import User
from reticket.core.tokens.faces import LONGEST, PREFIX
from reticket.dialects.oauth.pages.cookies import is_secure, set_cookie, values_of
from reticket.dialects.oauth.pages.interaction import Person, expired_page
from reticket.oauth.login import LOGIN, LoginTerms, idle_check, login_terms_of
from reticket.oauth.provider import Provider
from reticket.wire import Headers, WireRequest

COOKIE = "reticket_login"
MAX_ACCOUNTS = 5
"""Accounts of one browser. A sixth sign-in ends the one that was used least lately."""

REPLACED = "replaced"
"""The cause of the end of a login session that a later sign-in has replaced."""

_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is signed in in a browser.

    Args:
        token: the refresh token of its login session.
        person: who it is, with the id of the login session.
    """

    token: str = field(repr=False)
    person: Person


def signed_in_accounts(request: WireRequest, provider: Provider) -> Asking[tuple[Account, ...]]:
    """The accounts whose login sessions are alive, the one that was used last first.

    A request without the cookie reads nothing.
    """
    found = []
    for token in _tokens(request, provider):
        account = yield from _account(token, provider)
        if account is not None:
            found.append(account)
    return tuple(found)


def keep_alive(account: Account, provider: Provider) -> Asking[bool]:
    """Count the use of a login session: its idle end moves. Returns whether it is alive."""
    try:
        yield from _refresh(account.token, provider)
    except Refusal:
        return False
    return True


def new_login() -> Asking[str]:
    """The id of a login session that begins now: 32 hex digits."""
    now: int = yield from Now()
    random: bytes = yield from RandomBytes(10)
    return family_id(now, lambda size: random[:size]).hex()


def begin_login(
    request: WireRequest, provider: Provider, user: User, person: Person
) -> Asking[Headers]:
    """Begin the login session of a sign-in; returns the cookie.

    An older login session of the same account ends. When the store fails, the person goes on and is
    asked for the password again next time.

    Raises:
        PageError: the account has changed since the sign-in.
    """
    with suppress(Unavailable):
        issued = yield from _begun(user, person)
        others = yield from _without(request, provider, user.id)
        return (_cookie_header((issued.refresh_token, *others), provider),)
    return ()


def used_first(account: Account, accounts: tuple[Account, ...], provider: Provider) -> Headers:
    """The cookie, with this account before the others."""
    others = [other.token for other in accounts if other.token != account.token]
    return (_cookie_header((account.token, *others), provider),)


def _begun(user: User, person: Person) -> Asking[Issued]:
    terms = LoginTerms(person.auth_time, person.amr, person.credential_version)
    family = bytes.fromhex(person.login or "")
    try:
        issued: Issued = yield from BeginSession(LOGIN, user, terms=terms.to_json(), family=family)
    except Refusal as refusal:
        raise expired_page(Cause.SUBJECT_GONE) from refusal
    return issued


def _without(request: WireRequest, provider: Provider, subject: str) -> Asking[list[str]]:
    """The tokens of the other accounts. The sessions that have to go end."""
    accounts = yield from signed_in_accounts(request, provider)
    others = [account for account in accounts if account.person.subject != subject]
    kept = others[: MAX_ACCOUNTS - 1]
    for account in accounts:
        if account not in kept:
            family = bytes.fromhex(account.person.login or "")
            yield from EndSessions(Selection(family, resource=LOGIN), REPLACED)
    return [account.token for account in kept]


def _account(token: str, provider: Provider) -> Asking[Account | None]:
    """The account of a token; None when its session has ended, or its password was replaced."""
    try:
        _, row = yield from DryRunRefresh(_refresh(token, provider))
    except Refusal:
        return None
    user: User | None = yield from FindUserById(row.subject)
    terms = login_terms_of(row)
    if user is None or user.credential_version != terms.credential_version:
        return None
    login = row.id.hex()
    person = Person(
        user.id, terms.credential_version, user.email, terms.auth_time, terms.amr, login
    )
    return Account(token, person)


def _refresh(token: str, provider: Provider) -> Refresh:
    return Refresh(LOGIN, token, check=idle_check(provider.login_idle))


def _tokens(request: WireRequest, provider: Provider) -> list[str]:
    """The tokens in the cookie, valid or not."""
    values = values_of(request, _name(provider))
    tokens = values[0].split(_SEPARATOR)[:MAX_ACCOUNTS] if values else []
    return [token for token in tokens if token.startswith(PREFIX) and len(token) <= LONGEST]


def _cookie_header(tokens: tuple[str, ...], provider: Provider) -> tuple[bytes, bytes]:
    value = _SEPARATOR.join(tokens)
    return set_cookie(_name(provider), value, "/", provider.login_absolute, provider)


def _name(provider: Provider) -> str:
    """Over TLS a name that only this host can set, over TLS (RFC 6265bis §4.1.3.2)."""
    return f"__Host-{COOKIE}" if is_secure(provider) else COOKIE
