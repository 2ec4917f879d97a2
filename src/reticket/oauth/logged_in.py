"""Which clients are told when a session ends (OpenID Connect Back-Channel Logout 1.0 §2.3).

Owns the id by which a client knows a session: `sid` of its ID tokens. Knows no endpoint.
"""

from __future__ import annotations

from reticket.core.commands import Asking, Now, RememberClient
from reticket.core.logouts import LoggedIn
from reticket.core.policy import SECOND
from reticket.oauth.lists import split_list
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import Registration
from reticket.oauth.terms import OPENID, Terms, session_of


def remember_client(
    registration: Registration,
    provider: Provider,
    subject: str,
    family: bytes,
    scope: str | None,
    terms: Terms,
) -> Asking[None]:
    """Remember the client of a session that is about to begin, if it wants to be told.

    A client without an ID token does not know the session. A log-out may come after the end of the
    client's refresh tokens, while the browser is still signed in.

    Raises:
        Unavailable: the session must not begin.
    """
    if registration.backchannel_logout_uri is None or OPENID not in split_list(scope or ""):
        return
    now: int = yield from Now()
    lifetime = max(registration.policy.absolute, provider.login_absolute)
    session, kept_until = session_of(family, terms), now + lifetime * SECOND
    client = LoggedIn(session, registration.id, subject, USER, family.hex(), kept_until)
    yield from RememberClient(client)
