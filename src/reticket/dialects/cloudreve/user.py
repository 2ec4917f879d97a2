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


def is_known(user: User) -> bool:
    """Whether the user has a profile in this dialect."""
    return PERSON.of(user) is not None


def current_user(request: WireRequest) -> Asking[User | None]:
    """The user of the bearer token; None if there is no valid one.

    Raises:
        Refusal: the bearer token is a refresh token. Clients never send one on purpose.
    """
    token = request.bearer()
    if not token:
        return None
    try:
        _, holder = yield from ReadAccess((USER,), token)
    except Refusal as refusal:
        if refusal.cause is Cause.WRONG_USE:
            raise
        return None
    return holder if isinstance(holder, User) and is_known(holder) else None


def me(request: WireRequest) -> Operation:
    """The user who signed in."""
    user = yield from current_user(request)
    if user is None:
        raise Refusal(Code.INVALID_ACCESS_TOKEN)
    return succeeded(user_of(user))


ROUTES = (
    Route(
        "GET",
        "/user/me",
        me,
        signed_in("Current user", "Who signed in.", UserResponse, area="User"),
    ),
)
