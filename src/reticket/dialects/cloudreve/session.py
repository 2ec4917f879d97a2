"""Sign-in with its second factor, refresh, sign-out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reticket.core.commands import (
    Asking,
    Audit,
    BeginSession,
    EndSession,
    FactorRule,
    OpenFactorSession,
    ReadAccess,
    Refresh,
    SecondFactor,
    SignIn,
)
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.people import User
from reticket.dialects.cloudreve import inputs
from reticket.dialects.cloudreve.apps import OFFLINE_ACCESS, App, still_allows
from reticket.dialects.cloudreve.captcha import Captchas
from reticket.dialects.cloudreve.document import open_to_all
from reticket.dialects.cloudreve.errors import UNREADABLE_TOKEN, WRONG_CAPTCHA, failed
from reticket.dialects.cloudreve.profile import PERSON
from reticket.dialects.cloudreve.schemas import (
    RefreshTokenRequest,
    SecondFactorRequest,
    SignedIn,
    SignInRequest,
    SignInResponse,
    TextResponse,
    TokenResponse,
    enveloped,
    succeeded,
    token_of,
    user_of,
)
from reticket.dialects.cloudreve.tokens import APP, USER, app_grant_of, kind_of
from reticket.dialects.cloudreve.user import current_bearer, current_user
from reticket.wire import Operation, Route, WireRequest

FACTOR_WANTED = 203
FACTOR_LIFETIME = 600
"""Seconds."""

_ENDED = frozenset({Cause.UNKNOWN, Cause.REVOKED})
_OF_THE_SUBJECT = frozenset(
    {Cause.DISABLED, Cause.INACTIVE, Cause.SUBJECT_GONE, Cause.CREDENTIAL_CHANGED}
)
"""Causes why an access token that has not expired opens nothing."""


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """The operation of a refresh.

    Args:
        apps: by id. The sessions of an app that was removed, or has lost a scope, are refused.
    """

    apps: Mapping[str, App]

    def __call__(self, request: WireRequest) -> Operation:
        """Use a refresh token, and return the next pair. An expired bearer token is ignored."""
        bearer = yield from current_bearer(request)
        if bearer and bearer.scopes is not None and OFFLINE_ACCESS not in bearer.scopes:
            raise Refusal(Code.ACCESS_DENIED, Cause.WRONG_SCOPE)
        token = inputs.refresh_token(request.body)
        grant = app_grant_of(token)
        # the refresh refuses a token that it has not made, so the claims are those of the session
        if grant is not None and not still_allows(self.apps, grant.client_id, grant.scopes):
            yield from Audit(APP, "refused", Cause.WRONG_CLIENT)
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
        issued = yield from Refresh(kind_of(token), token, part=PERSON.dialect)
        return succeeded(token_of(issued))


@dataclass(frozen=True, slots=True)
class SignInByPassword:
    """The operation of a sign-in.

    Args:
        captchas: says when a picture must be read before the password is looked at.
    """

    captchas: Captchas

    def __call__(self, request: WireRequest) -> Operation:
        """Sign in. A user with a second factor gets the id of a session in which to finish."""
        yield from current_user(request)
        body = inputs.sign_in(request.body)
        if not (yield from self.captchas.lets_pass(request, body.ticket, body.captcha)):
            return failed(request, WRONG_CAPTCHA)
        user = yield from self._user(request, body)
        if user.second_factor:
            session_id = yield from OpenFactorSession(USER, user, FACTOR_LIFETIME)
            return enveloped(TextResponse(FACTOR_WANTED, session_id))
        return (yield from _begin(user))

    def _user(self, request: WireRequest, body: SignInRequest) -> Asking[User]:
        try:
            return (
                yield from SignIn(USER, body.email, body.password, PERSON.dialect, FactorRule.ASK)
            )
        except Refusal:
            yield from self.captchas.note_failure(request)
            raise


def second_factor(request: WireRequest) -> Operation:
    """Finish a sign-in with a one-time password."""
    yield from current_user(request)
    body = inputs.second_factor(request.body)
    user = yield from SecondFactor(USER, body.session_id, body.otp)
    return (yield from _begin(user))


def sign_out(request: WireRequest) -> Operation:
    """End the session of a refresh token. One that has already ended gets the same response.

    An expired token is refused. An access token ends nothing, and that is a success.
    """
    yield from current_user(request)
    token = inputs.refresh_token(request.body)
    try:
        yield from EndSession(kind_of(token), token)
    except Refusal as refusal:
        if refusal.code is not Code.INVALID_TOKEN:
            raise
        if refusal.cause not in _ENDED and not (yield from _is_access_token(token)):
            return failed(request, UNREADABLE_TOKEN)
    return succeeded("")


def _is_access_token(token: str) -> Asking[bool]:
    try:
        yield from ReadAccess((kind_of(token),), token)
    except Refusal as refusal:
        return refusal.cause in _OF_THE_SUBJECT
    return True


def _begin(user: User) -> Operation:
    issued = yield from BeginSession(USER, user)
    return succeeded(SignedIn(user_of(user), token_of(issued)))


def refresh_route(apps: Mapping[str, App]) -> Route:
    """The route of a refresh."""
    return Route(
        "POST",
        "/session/token/refresh",
        RefreshSession(apps),
        open_to_all(
            "Refresh Token",
            "Refresh access token with a valid refresh token.",
            TokenResponse,
            body=RefreshTokenRequest,
        ),
    )


def sign_in_route(captchas: Captchas) -> Route:
    """The route of a sign-in."""
    return Route(
        "POST",
        "/session/token",
        SignInByPassword(captchas),
        open_to_all(
            "Sign in",
            "Sign in with a password. Code `203` carries a session id: finish with the second "
            "factor.",
            SignInResponse | TextResponse,
            body=SignInRequest,
        ),
    )


ROUTES = (
    Route(
        "POST",
        "/session/token/2fa",
        second_factor,
        open_to_all(
            "Finish sign-in",
            "Finish a sign-in with a one-time password.",
            SignInResponse,
            body=SecondFactorRequest,
        ),
    ),
    Route(
        "DELETE",
        "/session/token",
        sign_out,
        open_to_all(
            "Sign out",
            "End the session of a refresh token. The access token lives on.",
            TextResponse,
            body=RefreshTokenRequest,
        ),
    ),
)
