"""The user of a bearer token, and the profile of that user."""

from __future__ import annotations

from typing import NamedTuple

from reticket.core.commands import Asking, InspectAccess, ReadAccess
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import AccessToken
from reticket.core.people import User
from reticket.dialects.cloudreve.apps import includes
from reticket.dialects.cloudreve.document import signed_in
from reticket.dialects.cloudreve.profile import PERSON
from reticket.dialects.cloudreve.schemas import UserResponse, succeeded, user_of
from reticket.dialects.cloudreve.tokens import APP, USER, kind_of
from reticket.oauth.revoked_access_tokens import revocation_key
from reticket.wire import Operation, Route, WireRequest

USER_INFO_READ = "UserInfo.Read"
"""The scope for facts about the user."""

_TOLD = frozenset({Cause.WRONG_USE, Cause.DISABLED, Cause.INACTIVE, Cause.SUBJECT_GONE})
"""Causes that every response names; a token that is invalid for another one is ignored."""


def is_known(user: User) -> bool:
    """Whether the user has a profile in this dialect."""
    return PERSON.of(user) is not None


class Bearer(NamedTuple):
    """The user of a bearer token. `scopes` are those of the app that it was issued to, or None
    for the token of a person who signed in.
    """

    user: User
    scopes: tuple[str, ...] | None

    def may(self, scope: str) -> bool:
        """Whether the scopes include that one. A person may do everything."""
        return self.scopes is None or includes(self.scopes, scope)


def current_bearer(request: WireRequest) -> Asking[Bearer | None]:
    """The user of the bearer token and its scopes; None if there is no valid one.

    The scheme may be missing, as at the real server.

    Raises:
        Refusal: the bearer token is a refresh token, or its user is blocked or deleted.
    """
    token = request.bare_token()
    if not token:
        return None
    try:
        access, holder = yield from ReadAccess((kind_of(token),), token)
    except Refusal as refusal:
        if refusal.cause in _TOLD:
            raise
        return None
    if not isinstance(holder, User) or not is_known(holder):
        return None
    return Bearer(holder, _scopes_of(access))


def _scopes_of(access: AccessToken) -> tuple[str, ...] | None:
    scopes = access.claims.get("scopes")
    return tuple(map(str, scopes)) if access.resource == APP and isinstance(scopes, list) else None


def current_user(request: WireRequest) -> Asking[User | None]:
    """The user of the bearer token; None if there is no valid one. Raises as `current_bearer`."""
    bearer = yield from current_bearer(request)
    return None if bearer is None else bearer.user


def current_reader(request: WireRequest) -> Asking[User | None]:
    """The user of the bearer token, for a response to everybody that says more to a user. None
    also for an app that may not read about users. Raises as `current_bearer`.
    """
    bearer = yield from current_bearer(request)
    if bearer is None or not bearer.may(USER_INFO_READ):
        return None
    return bearer.user


def bearer_signed_in(request: WireRequest) -> Asking[Bearer]:
    """The user of the bearer token and its scopes. INVALID_ACCESS_TOKEN without a valid one."""
    bearer = yield from current_bearer(request)
    if bearer is None:
        raise Refusal(Code.INVALID_ACCESS_TOKEN)
    return bearer


def signed_in_user(request: WireRequest, scope: str) -> Asking[User]:
    """The user of the bearer token.

    Raises:
        Refusal: INVALID_ACCESS_TOKEN without a valid one; ACCESS_DENIED for an app without that
            scope.
    """
    bearer = yield from bearer_signed_in(request)
    if not bearer.may(scope):
        raise Refusal(Code.ACCESS_DENIED, Cause.WRONG_SCOPE)
    return bearer.user


def person_signed_in(request: WireRequest) -> Asking[User]:
    """The user of the bearer token of a person.

    Raises:
        Refusal: INVALID_ACCESS_TOKEN; ACCESS_DENIED for the token of an app, which must not let in
            another one.
    """
    user, scopes = yield from bearer_signed_in(request)
    if scopes is not None:
        raise Refusal(Code.ACCESS_DENIED, Cause.WRONG_SCOPE)
    return user


def expect_session(request: WireRequest, user: User) -> Asking[None]:
    """INVALID_ACCESS_TOKEN when the bearer token is not of a live session of that person. A holder
    of a shared key can make such a token (ADR 0024), and what it begins must not outlive the key.
    """
    _, _, row = yield from InspectAccess((USER,), request.bare_token() or "", revocation_key)
    if row is None or (row.resource, row.subject) != (USER, user.id):
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.REVOKED)


def me(request: WireRequest) -> Operation:
    """The user who signed in."""
    user = yield from signed_in_user(request, USER_INFO_READ)
    return succeeded(user_of(user))


ROUTES = (
    Route(
        "GET",
        "/user/me",
        me,
        signed_in("Current user", "Who signed in.", UserResponse, area="User"),
    ),
)
