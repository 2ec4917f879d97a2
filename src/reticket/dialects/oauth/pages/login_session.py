"""The login session of a browser: the accounts that are signed in there (ADR 0012).

Owns the cookie. It has a refresh token of the kind `oauth.login` for each account, the account that
was used last first. Knows no page.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from reticket.core.commands import (
    Asking,
    BeginSession,
    DryRunRefresh,
    EndSessions,
    FindSession,
    FindUserById,
    ReadRefresh,
    Refresh,
)
from reticket.core.errors import Cause, Refusal, Unavailable
from reticket.core.logouts import REPLACED
from reticket.core.model import Family, Issued, Selection
from reticket.core.people import User
from reticket.core.tokens.faces import LONGEST, PREFIX
from reticket.dialects.oauth.grants.consenting_login import has_signed_out
from reticket.dialects.oauth.pages.cookies import own, protected, set_cookie, values_of
from reticket.dialects.oauth.pages.interaction import Person, expired_page
from reticket.dialects.oauth.pages.sign_out import end_login
from reticket.oauth.login import LOGIN, LoginTerms, idle_check, login_terms_of
from reticket.oauth.provider import Provider
from reticket.wire import Headers, WireRequest

COOKIE = "reticket_login"
MAX_ACCOUNTS = 5
"""Accounts of one browser. A sixth sign-in signs the one out that was used least lately."""

CROWDED_OUT = "too_many_accounts"
"""The cause of that end."""

MAX_REPLACED = 10
"""Former login sessions that a login session remembers. The row has 35 bytes for each."""

_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is signed in in a browser.

    Args:
        token: the refresh token of its login session.
        person: who it is, with the id of the login session.
        row: the family of the login session.
        user: the person's record.
    """

    token: str = field(repr=False)
    person: Person
    row: Family
    user: User


@dataclass(frozen=True, slots=True)
class KnownLogin:
    """A login session of this browser, ended or not.

    Args:
        token: its refresh token.
        row: its family.
    """

    token: str = field(repr=False)
    row: Family


def known_logins(request: WireRequest, provider: Provider) -> Asking[tuple[KnownLogin, ...]]:
    """The login sessions of the cookie. One that has ended unused may have sessions of clients that
    go on; log-out ends them too.
    """
    found = []
    for token in _tokens(request, provider):
        row = yield from _row(token)
        if row is not None:
            found.append(KnownLogin(token, row))
    return tuple(found)


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


def is_still_signed_in(person: Person) -> Asking[bool]:
    """Whether the person of an open page has the same password, and has not signed out meanwhile.
    A login session that never began, since the store failed, does not count.
    """
    if (yield from has_signed_out(person.login)):
        return False
    user: User | None = yield from FindUserById(person.subject)
    if user is None or user.disabled or not user.active:
        return False
    return user.credential_version == person.credential_version


def keep_alive(account: Account, provider: Provider) -> Asking[bool]:
    """Count the use of a login session: its idle end moves. Returns whether it is alive."""
    try:
        yield from _refresh(account.token, provider)
    except Refusal:
        return False
    return True


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
        replaced = yield from _replaced(request, provider, user.id)
        issued = yield from _begun(user, person, replaced)
        others = yield from _without(request, provider, user.id)
        return (keep_only((issued.refresh_token, *others), provider),)
    return ()


def used_first(account: Account, accounts: tuple[Account, ...], provider: Provider) -> Headers:
    """The cookie, with this account before the others."""
    others = [other.token for other in accounts if other.token != account.token]
    return (keep_only((account.token, *others), provider),)


def keep_only(tokens: Sequence[str], provider: Provider) -> tuple[bytes, bytes]:
    """The cookie with these tokens alone; without any it is removed."""
    lifetime = provider.login_absolute if tokens else 0
    return set_cookie(_name(provider), _SEPARATOR.join(tokens), "/", lifetime, provider)


def _replaced(request: WireRequest, provider: Provider, subject: str) -> Asking[tuple[str, ...]]:
    """The ids of the login sessions that the next one of this person replaces."""
    for login in (yield from known_logins(request, provider)):
        if login.row.subject == subject:
            before = login_terms_of(login.row).replaced
            return (login.row.id.hex(), *before)[:MAX_REPLACED]
    return ()


def _begun(user: User, person: Person, replaced: tuple[str, ...]) -> Asking[Issued]:
    terms = LoginTerms(person.auth_time, person.amr, person.credential_version, replaced)
    family = bytes.fromhex(person.login or "")
    try:
        issued: Issued = yield from BeginSession(LOGIN, user, terms=terms.to_json(), family=family)
    except Refusal as refusal:
        raise expired_page(Cause.SUBJECT_GONE) from refusal
    return issued


def _without(request: WireRequest, provider: Provider, subject: str) -> Asking[list[str]]:
    """The tokens of the other accounts. The former session of this one ends; an account for which
    there is no room is signed out.
    """
    accounts = yield from signed_in_accounts(request, provider)
    others = [account for account in accounts if account.person.subject != subject]
    for account in accounts:
        if account.person.subject == subject:
            yield from EndSessions(Selection(account.row.id, resource=LOGIN), REPLACED)
    for account in others[MAX_ACCOUNTS - 1 :]:
        yield from end_login(account.row, CROWDED_OUT)
    return [account.token for account in others[: MAX_ACCOUNTS - 1]]


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
    return Account(token, person, row, user)


def _row(token: str) -> Asking[Family | None]:
    try:
        known = yield from ReadRefresh(LOGIN, token)
    except Refusal:
        return None
    row, _ = yield from FindSession(known.family)
    return row


def _refresh(token: str, provider: Provider) -> Refresh:
    return Refresh(LOGIN, token, check=idle_check(provider.login_idle))


def _tokens(request: WireRequest, provider: Provider) -> list[str]:
    """The tokens in the cookie, valid or not."""
    values = values_of(request, _name(provider))
    tokens = values[0].split(_SEPARATOR)[:MAX_ACCOUNTS] if values else []
    return [token for token in tokens if token.startswith(PREFIX) and len(token) <= LONGEST]


def _name(provider: Provider) -> str:
    return protected(own(COOKIE, provider), provider)
