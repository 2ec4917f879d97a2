"""How Akinon's own server is asked whose password it is, while its people move in (ADR 0028)."""

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
from reticket.dialects.akinon.schemas import (
    LoginRequest,
    RefreshTokenResponse,
    UnauthorizedError,
)


class _User(msgspec.Struct, rename="camel"):
    email: str
    first_name: str | None = None
    last_name: str | None = None


class _Profile(msgspec.Struct):
    user: _User


class _Refused(UnauthorizedError, rename="camel"):
    """A refusal in one of its two forms."""

    validation_error: dict[str, list[str]] | msgspec.UnsetType = msgspec.UNSET


def ask(server: OldServer, name: str, password: str) -> Generator[FetchRequest, Fetched, Answer]:
    """Log in, then read the profile of the person, since the log-in names nobody."""
    body = msgspec.json.encode(LoginRequest(name, password))
    said = yield json_request(f"{server.url}/auth/login", body, expected=(400, 401))
    if said.status >= 400:
        return _refusal_of(said)
    token = msgspec.json.decode(said.body, type=RefreshTokenResponse).access_token
    headers = (("authorization", f"Bearer {token}"),)
    profile = yield json_request(f"{server.url}/profile/me", headers=headers)
    user = msgspec.json.decode(profile.body, type=_Profile).user
    return Confirmed(user.email, text_or_none(user.first_name), text_or_none(user.last_name))


def _refusal_of(said: Fetched) -> Answer:
    refused = msgspec.json.decode(said.body, type=_Refused)
    is_known = bool(refused.api_error or refused.validation_error)
    return Denied(Cause.WRONG_SECRET) if is_known else NoAnswer("bad_answer")


OLD_SIGN_IN = OldSignIn(ask, "https://abp-api.akinon.net/api/v1", requests=2)
