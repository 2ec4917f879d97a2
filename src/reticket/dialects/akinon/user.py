"""The user of an access token, and the profile of that user."""

from __future__ import annotations

from collections.abc import Callable

from reticket.core.commands import Asking, ReadAccess
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.people import User
from reticket.core.policy import DAY, Policy, Reuse
from reticket.core.tokens.kinds import TokenKind
from reticket.dialects.akinon.document import described
from reticket.dialects.akinon.profile import PERSON
from reticket.dialects.akinon.schemas import (
    Profile,
    access_claims,
    answer,
    person_claims,
    profile_of,
)
from reticket.wire import Operation, Route, WireRequest

AKINON_2026 = Policy("AKINON_2026", 3600, 14 * DAY, 365 * DAY, 30, Reuse.REVOKE)
USER = "akinon.user"
KIND = TokenKind(
    name=USER,
    policy=AKINON_2026,
    symmetric=True,
    access_claims=access_claims,
    part=PERSON.dialect,
    told=person_claims,
)

ReadSubject = Callable[[WireRequest], Asking[str]]
"""Reads the id of the subject whose tokens a request may use."""


def current_user(request: WireRequest) -> Asking[User]:
    """The user of the bearer token, else of the token in `x-access-token`.

    Raises:
        Refusal: INVALID_ACCESS_TOKEN.
    """
    token = request.bearer() or request.header(b"x-access-token")
    if not token:
        raise Refusal(Code.INVALID_ACCESS_TOKEN)
    _, holder = yield from ReadAccess((USER,), token)
    if not isinstance(holder, User) or PERSON.of(holder) is None:
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.NO_ACCESS)
    return holder


def subject_of_access_token(request: WireRequest) -> Asking[str]:
    """The subject of a valid access token. INVALID_ACCESS_TOKEN."""
    return (yield from current_user(request)).id


def profile(request: WireRequest) -> Operation:
    """The profile of the user who signed in."""
    user = yield from current_user(request)
    return answer(200, profile_of(user))


ROUTES = (
    Route(
        "GET",
        "/profile/me",
        profile,
        described("Profile", "Who signed in.", "profileMe", ("auth",), {200: Profile}),
    ),
)
