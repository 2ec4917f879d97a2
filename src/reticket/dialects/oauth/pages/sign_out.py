"""Ends the login sessions of a browser, and the sessions of clients that were begun under them.

Knows no page and no cookie.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reticket.core.commands import Asking, EndSessions, ListSessions, Now, PutIfAbsent
from reticket.core.model import Family, Selection
from reticket.core.storage.budget import COVERED
from reticket.dialects.oauth.grants.device_codes import DEVICE_CODE_LIFETIME
from reticket.dialects.oauth.pages.login_session import KnownLogin
from reticket.oauth.login import LOGIN, login_terms_of, signed_out_key
from reticket.oauth.provider import USER
from reticket.oauth.terms import terms_of

SIGNED_OUT = "sign_out"
"""The cause of the end of each session."""

_PAGE = 100


class ClientSession(msgspec.Struct, frozen=True):
    """A session that an ID token belongs to: its `sid`, `sub` and `aud`."""

    id: str
    subject: str
    client_id: str


def sign_out(logins: Sequence[KnownLogin], session: ClientSession | None) -> Asking[None]:
    """End the session of an ID token, and these login sessions with all that was begun under them.

    A login session ends before its clients' sessions, so that no code begins another one meanwhile.
    The cookie is kept when the store fails: the person can try again.
    """
    if session:
        yield from EndSessions(_selection(session), SIGNED_OUT)
    for login in logins:
        yield from _end_login(login.row)
        for family in (yield from _begun_under(login.row)):
            yield from EndSessions(Selection(family.id, resource=USER), SIGNED_OUT)


def sign_out_everywhere(subject: str, cause: str) -> Asking[None]:
    """End all sessions of a person, of every kind; the unused codes of login sessions, too."""
    now: int = yield from Now()
    logins = Selection(subject=subject, resource=LOGIN, live_at=now)
    for login in (yield from _every(logins)):
        yield from _void_codes_of_replaced(login)
    yield from EndSessions(Selection(subject=subject), cause)


def _end_login(login: Family) -> Asking[None]:
    yield from _void_codes_of_replaced(login)
    yield from EndSessions(Selection(login.id, resource=LOGIN), SIGNED_OUT)


def _void_codes_of_replaced(login: Family) -> Asking[None]:
    """Make the unused codes void of the login sessions that this one replaced. Its own are void
    when it ends. No client can fill the share of the person so that there is no room for the marks:
    a sign-in covers each.
    """
    for replaced in login_terms_of(login).replaced:
        yield from PutIfAbsent(signed_out_key(replaced), "", DEVICE_CODE_LIFETIME, COVERED)


def _selection(session: ClientSession) -> Selection:
    """The session, if all that the ID token says of it is so."""
    family = bytes.fromhex(session.id)
    return Selection(family, session.subject, USER, client=session.client_id)


def _begun_under(login: Family) -> Asking[list[Family]]:
    """The live sessions of the person's clients whose terms have this login session, or one that it
    replaced.
    """
    now: int = yield from Now()
    logins = {login.id.hex(), *login_terms_of(login).replaced}
    sessions = yield from _every(Selection(subject=login.subject, resource=USER, live_at=now))
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
