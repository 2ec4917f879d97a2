"""Tells clients that a session has ended (OpenID Connect Back-Channel Logout 1.0).

Owns the logout token, and what an answer means. The outbox is in `core.logouts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from reticket.core.commands import (
    Asking,
    Audit,
    ClaimLogouts,
    Fetch,
    FindClient,
    FindSession,
    Now,
    PostponeLogout,
    RandomBytes,
    SettleLogout,
    SignJwt,
)
from reticket.core.errors import Unavailable
from reticket.core.fetching.model import (
    Fetched,
    FetchFault,
    FetchRequest,
    FetchResult,
    Unfetched,
)
from reticket.core.logouts import PAUSES, Logout, next_attempt
from reticket.core.model import Family
from reticket.core.people import Client
from reticket.core.policy import SECOND
from reticket.core.sessions.rotation import state_of
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.wire import Errand

AT_ONCE = 4
"""Clients that a process tells at the same time."""

LIFETIME = 120
"""Seconds that a logout token is valid (Back-Channel Logout §4: two minutes at most)."""

SETTLING = 60
"""Seconds after which a session that has not ended goes on: a crash came before its end."""

TRIES = 3
"""Attempts to note that a client was told."""

TYPE = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"

SUCCESS = range(200, 300)
"""Back-Channel Logout §2.8: 200, and 204 of some frameworks."""

_PASSING = frozenset(
    {
        FetchFault.NO_ADDRESS,
        FetchFault.UNREACHABLE,
        FetchFault.BAD_CERTIFICATE,
        FetchFault.TIMED_OUT,
        FetchFault.BAD_HTTP,
    }
)
_BUSY_STATUSES = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class BackchannelLogout:
    """Sends logout tokens."""

    provider: Provider

    def errand(self) -> Errand:
        """The work as the service runs it."""
        return Errand("back-channel log-out", self.find, AT_ONCE)

    def find(self, most: int) -> Asking[Sequence[Asking[None]]]:
        """Claim log-outs that are due. The requests to their clients may run in parallel (§2.3)."""
        claimed: Sequence[Logout] = yield from ClaimLogouts(most)
        return [self.tell(logout) for logout in claimed]

    def tell(self, logout: Logout) -> Asking[None]:
        """Tell a client, unless the session goes on or the client does not want it any more."""
        client: Client | None = yield from FindClient(logout.client)
        registration = registration_of(client, self.provider) if client else None
        if registration is None or registration.backchannel_logout_uri is None:
            yield from SettleLogout(logout)
        elif (yield from _goes_on(logout)):
            yield from _wait_for_end(logout)
        else:
            result = yield from self._send(logout, registration)
            yield from _conclude(logout, result)

    def _send(self, logout: Logout, registration: Registration) -> Asking[FetchResult]:
        """One request (§2.5). Each attempt has a token of its own."""
        claims = yield from _claims(logout, self.provider)
        token: str = yield from SignJwt(claims, registration.id_token_alg, TYPE)
        body = urlencode({"logout_token": token}).encode()
        uri = registration.backchannel_logout_uri or ""
        return (yield from Fetch(FetchRequest(uri, body=body)))


def _claims(logout: Logout, provider: Provider) -> Asking[Mapping[str, Any]]:
    """The claims of a logout token (§2.4)."""
    now: int = yield from Now()
    unique: bytes = yield from RandomBytes(16)
    return {
        "iss": provider.issuer,
        "sub": logout.subject,
        "aud": logout.client,
        "iat": now // SECOND,
        "exp": now // SECOND + LIFETIME,
        "jti": unique.hex(),
        "sid": logout.session,
        "events": {EVENT: {}},
    }


def _goes_on(logout: Logout) -> Asking[bool]:
    """Whether the sessions of client and browser are alive.

    A log-out is due a moment before the session ends, so that no crash loses it.
    """
    for name in dict.fromkeys((logout.family, logout.session)):
        row: Family | None
        row, now = yield from FindSession(bytes.fromhex(name))
        if row is None or state_of(row, now) is not None:
            return False
    return True


def _wait_for_end(logout: Logout) -> Asking[None]:
    now: int = yield from Now()
    is_over = now > logout.ended_at + SETTLING * SECOND
    due_at = None if is_over else now + PAUSES[0] * SECOND
    yield from PostponeLogout(logout, due_at, logout.attempts)


def _conclude(logout: Logout, result: FetchResult) -> Asking[None]:
    """Forget the log-out, or try again later when the fault may pass (§2.5)."""
    now: int = yield from Now()
    if isinstance(result, Fetched) or result.status in SUCCESS:
        yield from _audit(logout, "logout_sent", result.status)
        yield from _settle(logout)
    elif (due_at := _next(logout, result, now)) is None:
        yield from _audit(logout, "logout_given_up", result.status, result.fault)
        yield from SettleLogout(logout)
    else:
        yield from PostponeLogout(logout, due_at, logout.attempts + _is_attempt(result.fault))


def _settle(logout: Logout) -> Asking[None]:
    """Forget a log-out that the client has taken note of. A directory that fails for a moment must
    not make it be sent again.
    """
    for _ in range(TRIES - 1):
        with suppress(Unavailable):
            return (yield from SettleLogout(logout))
    yield from SettleLogout(logout)


def _next(logout: Logout, result: Unfetched, now: int) -> int | None:
    """When the client is told again; None when it is given up."""
    if not _is_attempt(result.fault):
        return next_attempt(logout._replace(attempts=0), now)
    return next_attempt(logout, now) if _may_pass(result) else None


def _is_attempt(fault: FetchFault | None) -> bool:
    """Whether there was a request to the client. Our own limit sends none."""
    return fault is not FetchFault.LIMITED


def _may_pass(result: Unfetched) -> bool:
    """Whether the same request may succeed later. A client that answers 400 has understood the
    request and refuses it (§2.8).
    """
    status = result.status or 0
    return result.fault in _PASSING or status >= 500 or status in _BUSY_STATUSES


def _audit(
    logout: Logout, event: str, status: int | None, fault: FetchFault | None = None
) -> Audit:
    attempts = logout.attempts + _is_attempt(fault)
    detail = {"client": logout.client, "session": logout.session, "attempts": attempts}
    return Audit(
        USER,
        event,
        cause=fault.value if fault else None,
        subject=logout.subject,
        family=bytes.fromhex(logout.family),
        detail=detail | ({"status": status} if status else {}),
    )
