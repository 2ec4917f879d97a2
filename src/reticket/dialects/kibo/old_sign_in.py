"""How Kibo's own server is asked whose password it is, while its admin users move in (ADR 0028).

Its routes want the claims of an application, so that is authenticated first.
"""

from __future__ import annotations

from collections.abc import Generator

import msgspec

from reticket.core.errors import Cause
from reticket.core.fetching.model import Fetched, FetchRequest, json_request
from reticket.core.handover import (
    Answer,
    Confirmed,
    Denied,
    NoAnswer,
    OldServer,
    OldSignIn,
    text_or_none,
)

APPLICATION = "/api/platform/applications/authtickets"
ADMIN_USER = "/api/platform/adminuser/authtickets/tenants"


class _Ticket(msgspec.Struct, rename="camel"):
    access_token: str


class _User(msgspec.Struct, rename="camel"):
    email_address: str
    first_name: str | None = None
    last_name: str | None = None


class _UserTicket(msgspec.Struct):
    user: _User


class _Error(msgspec.Struct, rename="camel"):
    error_code: str


def ask(server: OldServer, name: str, password: str) -> Generator[FetchRequest, Fetched, Answer]:
    """Authenticate the application of the secret file, then the person."""
    application, _, secret = (server.secret or "").partition(":")
    own = {"applicationId": application, "sharedSecret": secret}
    claims = msgspec.json.decode((yield _post(server, APPLICATION, own)).body, type=_Ticket)
    headers = (("x-vol-app-claims", claims.access_token),)
    person = {"emailAddress": name, "userName": name, "password": password}
    said = yield _post(server, ADMIN_USER, person, headers, expected=(401,))
    if said.status == 401:
        return _refusal_of(said)
    user = msgspec.json.decode(said.body, type=_UserTicket).user
    names = text_or_none(user.first_name), text_or_none(user.last_name)
    return Confirmed(user.email_address, *names)


def _refusal_of(said: Fetched) -> Answer:
    """A 401 for another reason, such as claims that have ended, says nothing of the person."""
    error = msgspec.json.decode(said.body, type=_Error).error_code
    is_denied = error == "INVALID_CREDENTIALS"
    return Denied(Cause.WRONG_SECRET) if is_denied else NoAnswer("bad_answer")


def _post(
    server: OldServer,
    path: str,
    said: object,
    headers: tuple[tuple[str, str], ...] = (),
    expected: tuple[int, ...] = (),
) -> FetchRequest:
    return json_request(f"{server.url}{path}", msgspec.json.encode(said), headers, expected)


OLD_SIGN_IN = OldSignIn(
    ask,
    "https://home.mozu.com",
    requests=2,
    secret="the id of an application, a colon and its shared secret",  # noqa: S106 - a sentence
)
