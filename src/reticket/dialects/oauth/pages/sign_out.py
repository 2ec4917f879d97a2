"""Ends the login sessions of a browser, and the sessions of clients that were begun under them.

Knows no page and no cookie.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from reticket.core.commands import (
    Asking,
    EndSessions,
    FindSession,
    ListSessions,
    Now,
    PutIfAbsent,
)
from reticket.core.model import Family, Selection
from reticket.core.storage.budget import COVERED
from reticket.dialects.oauth.grants.device_codes import DEVICE_CODE_LIFETIME
from reticket.oauth.login import LOGIN, login_terms_of, signed_out_key
from reticket.oauth.provider import USER
from reticket.oauth.terms import terms_of

SIGNED_OUT = "sign_out"
"""The cause of the end of each session."""

_PAGE = 100


class ClientSession(msgspec.Struct, frozen=True):
    """A session that an ID token belongs to: its `sid`, `sub` and `aud`. The tokens of a client
    without an address for log-outs have no `sid`.
    """

    id: str | None
    subject: str
    client_id: str


def sign_out(logins: Sequence[Family], session: ClientSession | None) -> Asking[None]:
    """End the session of an ID token, and these login sessions with all that was begun under them.

    The cookie is kept when the store fails: the person can try again.
    """
    if session:
        yield from _end_session(session)
    for login in logins:
        yield from end_login(login, SIGNED_OUT)


def end_login(login: Family, cause: str) -> Asking[None]:
    """End a login session with all that was begun under it, and tell the clients.

    It ends before its clients' sessions, so that no code begins another one meanwhile.
    """
    yield from _void_codes_of_replaced(login)
    yield from EndSessions(Selection(login.id, resource=LOGIN), cause)
    yield from tell_of_replaced(login, cause)
    for family in (yield from _begun_under(names_of(login), login.subject)):
        yield from EndSessions(Selection(family.id, resource=USER), cause)


def names_of(login: Family) -> Collection[str]:
    """The ids of a login session and of those that it replaced."""
    return {login.id.hex(), *login_terms_of(login).replaced}


def hinted_logins(session: ClientSession, logins: Sequence[Family]) -> Asking[list[Family]]:
    """The login sessions to which an ID token belongs (RP-Initiated Logout §2, §4).

    One without `sid` belongs to each of its person: there is nothing else to compare.
    """
    of_person = [login for login in logins if login.subject == session.subject]
    if session.id is None or not of_person:
        return of_person
    name = yield from _login_of(session.id)
    return [login for login in of_person if name in names_of(login)]


def _login_of(session: str) -> Asking[str]:
    """The login session that a `sid` names. In ID tokens of older versions, and of sessions without
    a browser, it is a family of the client.
    """
    row, _ = yield from FindSession(bytes.fromhex(session))
    begun_under = terms_of(row.terms).login if row and row.resource == USER else None
    return begun_under or session


def sign_out_everywhere(subject: str, cause: str) -> Asking[None]:
    """End all sessions of a person, of every kind; the unused codes of login sessions, too."""
    now: int = yield from Now()
    logins = Selection(subject=subject, resource=LOGIN, live_at=now)
    for login in (yield from _every(logins)):
        yield from _void_codes_of_replaced(login)
    yield from EndSessions(Selection(subject=subject), cause)


def _void_codes_of_replaced(login: Family) -> Asking[None]:
    """Make the unused codes void of the login sessions that this one replaced. Its own are void
    when it ends. No client can fill the share of the person so that there is no room for the marks:
    a sign-in covers each.
    """
    for replaced in login_terms_of(login).replaced:
        yield from PutIfAbsent(signed_out_key(replaced), "", DEVICE_CODE_LIFETIME, COVERED)


def tell_of_replaced(login: Family, cause: str) -> Asking[None]:
    """Tell the clients of those login sessions that this one has replaced, as these are over."""
    for replaced in login_terms_of(login).replaced:
        yield from EndSessions(Selection(bytes.fromhex(replaced), resource=LOGIN), cause)


def _end_session(session: ClientSession) -> Asking[None]:
    """End the sessions of an ID token's client, if all claims of the ID token fit them.

    Its `sid` is a family of the client, or a login session.
    """
    if session.id is None:
        return
    subject, client = session.subject, session.client_id
    family = bytes.fromhex(session.id)
    yield from EndSessions(Selection(family, subject, USER, client=client), SIGNED_OUT)
    for begun in (yield from live_sessions_of(session)):
        yield from EndSessions(Selection(begun.id, resource=USER), SIGNED_OUT)


def live_sessions_of(session: ClientSession) -> Asking[list[Family]]:
    """The client's live sessions that were begun under the login session of an ID token."""
    logins = {session.id} if session.id else set()
    return (yield from _begun_under(logins, session.subject, session.client_id))


def _begun_under(
    logins: Collection[str], subject: str, client: str | None = None
) -> Asking[list[Family]]:
    """The live sessions of the person's clients whose terms have one of these login sessions.

    Args:
        logins: their ids, each 32 hex digits.
        subject: the person.
        client: the only client, or None.
    """
    now: int = yield from Now()
    selection = Selection(subject=subject, resource=USER, client=client, live_at=now)
    sessions = yield from _every(selection)
    return [each for each in sessions if terms_of(each.terms).login in logins]


def _every(selection: Selection) -> Asking[list[Family]]:
    found: list[Family] = []
    after = None
    while True:
        page = yield from ListSessions(selection, _PAGE, after)
        found += page.families
        after = page.cursor
        if after is None:
            return found
