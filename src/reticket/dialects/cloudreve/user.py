"""The user of a bearer token, and the profile of that user."""

from __future__ import annotations

from reticket.core.commands import Asking, ReadAccess
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.people import User
from reticket.dialects.cloudreve.document import signed_in
from reticket.dialects.cloudreve.profile import PERSON
from reticket.dialects.cloudreve.schemas import UserResponse, succeeded, user_of
from reticket.dialects.cloudreve.tokens import USER
from reticket.wire import Operation, Route, WireRequest

_TOLD = frozenset({Cause.WRONG_USE, Cause.DISABLED, Cause.INACTIVE, Cause.SUBJECT_GONE})
"""Causes that every response names; a token that is invalid for another one is ignored."""


def is_known(user: User) -> bool:
    """Whether the user has a profile in this dialect."""
    return PERSON.of(user) is not None


def current_user(request: WireRequest) -> Asking[User | None]:
    """The user of the bearer token; None if there is no valid one.

    The scheme may be missing, as at the real server.

    Raises:
        Refusal: the bearer token is a refresh token, or its user is blocked or deleted.
    """
    token = request.bare_token()
    if not token:
        return None
    try:
        _, holder = yield from ReadAccess((USER,), token)
    except Refusal as refusal:
        if refusal.cause in _TOLD:
            raise
        return None
    return holder if isinstance(holder, User) and is_known(holder) else None


def signed_in_user(request: WireRequest) -> Asking[User]:
    """The user of the bearer token. INVALID_ACCESS_TOKEN without a valid one."""
    user = yield from current_user(request)
    if user is None:
        raise Refusal(Code.INVALID_ACCESS_TOKEN)
    return user


def me(request: WireRequest) -> Operation:
    """The user who signed in."""
    user = yield from signed_in_user(request)
    return succeeded(user_of(user))


ROUTES = (
    Route(
        "GET",
        "/user/me",
        me,
        signed_in("Current user", "Who signed in.", UserResponse, area="User"),
    ),
)
