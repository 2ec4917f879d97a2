"""An app exchanges its code for tokens, and asks whose they are. These answers have no envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reticket.core.commands import Asking, Audit
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Issued
from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.dialects.cloudreve import inputs
from reticket.dialects.cloudreve.app_codes import (
    Grant,
    find_grant,
    find_used_grant,
    granting_user,
)
from reticket.dialects.cloudreve.app_schemas import (
    AppTokenRequest,
    AppTokens,
    ExchangeFailure,
    UserInfo,
)
from reticket.dialects.cloudreve.app_sessions import begin_session, end_used
from reticket.dialects.cloudreve.apps import EMAIL, OFFLINE_ACCESS, OPENID, PROFILE, App
from reticket.dialects.cloudreve.document import raw, signed_in
from reticket.dialects.cloudreve.errors import Failure
from reticket.dialects.cloudreve.profile import PERSON
from reticket.dialects.cloudreve.schemas import bare
from reticket.dialects.cloudreve.tokens import APP, uuid_text
from reticket.dialects.cloudreve.user import bearer_signed_in, current_user
from reticket.wire import Operation, Route, WireRequest, WireResponse

AREA = "Session/OAuth"

_NO_CODE = Failure(40020, "Invalid or expired authorization code")
_FAILURES: Mapping[Cause, Failure] = {
    Cause.WRONG_CLIENT: Failure(40020, "Client ID mismatch"),
    Cause.WRONG_VERIFIER: Failure(40020, "Invalid code verifier"),
    Cause.WRONG_SECRET: Failure(40020, "Invalid client secret"),
    Cause.WRONG_REDIRECT: Failure(40020, "Invalid redirect URI"),
    Cause.WRONG_SCOPE: Failure(40001, "Invalid scope"),
    Cause.SUBJECT_GONE: Failure(40021, "User not found"),
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """The exchange of a code.

    Args:
        apps: by id.
    """

    apps: Mapping[str, App]

    def __call__(self, request: WireRequest) -> Operation:
        """Tokens for a code. All checks precede its use, so a refused request spends nothing."""
        yield from current_user(request)
        asked = inputs.code(request)
        try:
            issued = yield from self._issued(asked)
        except Refusal as refusal:
            yield from Audit(APP, "refused", refusal.cause)
            return _refused(request, _FAILURES.get(refusal.cause or Cause.UNKNOWN, _NO_CODE))
        return bare(_tokens(issued))

    def _issued(self, asked: AppTokenRequest) -> Asking[Issued]:
        grant = yield from find_grant(asked.code)
        if grant is None:
            raise (yield from self._refuse_missing_code(asked))
        _check(self.apps.get(asked.client_id), grant, asked)
        user = yield from granting_user(grant)
        return (yield from begin_session(asked.code, grant, user))

    def _refuse_missing_code(self, asked: AppTokenRequest) -> Asking[Refusal]:
        """The refusal of a code that is not stored; a used code ends its session.

        The request must match the code. Otherwise somebody who has only seen the address of a
        redirect could end the session.
        """
        used = yield from find_used_grant(asked.code)
        if used is None:
            return Refusal(Code.INVALID_TOKEN, Cause.UNKNOWN)
        _check(self.apps.get(asked.client_id), used, asked)
        yield from end_used(used)
        return Refusal(Code.INVALID_TOKEN, Cause.USED)


def _check(app: App | None, grant: Grant, asked: AppTokenRequest) -> None:
    """Compare the request with the code and the app.

    Raises:
        Refusal: INVALID_TOKEN with its cause.
    """
    if app is None or grant.app != app.id:
        raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
    if asked.redirect_uri not in ("", grant.redirect_uri):
        raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_REDIRECT)
    if not grant.is_proved_by(asked.code_verifier):
        raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_VERIFIER)
    if not app.knows(asked.client_secret):
        raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_SECRET)
    if not set(app.scopes).issuperset(grant.scope.split(" ")):
        raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_SCOPE)


def _tokens(issued: Issued) -> AppTokens:
    scope = issued.family.scope or ""
    tokens = AppTokens(
        issued.access_token,
        "Bearer",
        (issued.access_expires_at - issued.issued_at) // SECOND,
        (issued.refresh_expires_at - issued.issued_at) // SECOND,
        scope,
    )
    if OFFLINE_ACCESS in scope.split(" "):
        tokens.refresh_token = issued.refresh_token
    return tokens


def _refused(request: WireRequest, failure: Failure) -> WireResponse:
    correlation_id = uuid_text(request.caller.correlation_id)
    return bare(ExchangeFailure(failure.msg, "", [failure.code], correlation_id), 400)


@dataclass(frozen=True, slots=True)
class PersonOfToken:
    """The facts about the person of a token.

    Args:
        issuer: the address of the site.
    """

    issuer: str

    def __call__(self, request: WireRequest) -> Operation:
        """The person of the bearer token, as far as its scopes go."""
        user, scopes = yield from bearer_signed_in(request)
        scopes = (OPENID, PROFILE, EMAIL) if scopes is None else scopes
        if OPENID not in scopes:
            raise Refusal(Code.ACCESS_DENIED, Cause.WRONG_SCOPE)
        return bare(_user_info(user, scopes, self.issuer))


def _user_info(user: User, scopes: tuple[str, ...], issuer: str) -> UserInfo:
    told = UserInfo(user.short_id)
    person = PERSON.of(user)
    if PROFILE in scopes and person is not None:
        told.name = told.preferred_username = person.nickname
        told.picture = f"{issuer}/api/v4/user/avatar/{user.short_id}"
        told.updated_at = user.updated_at // SECOND
    if EMAIL in scopes:
        told.email, told.email_verified = user.email, True
    return told


def routes(apps: Mapping[str, App], issuer: str) -> tuple[Route, ...]:
    """The routes of an app that was let in. `issuer`: the address of the site."""
    return (
        Route(
            "POST",
            "/session/oauth/token",
            Exchange(apps),
            raw(
                "Tokens of an app",
                "Exchange a code. Without `offline_access` there is no refresh token.",
                AppTokens,
                ExchangeFailure,
                area=AREA,
                body=AppTokenRequest,
            ),
        ),
        Route(
            "GET",
            "/session/oauth/userinfo",
            PersonOfToken(issuer),
            signed_in("Person of a token", "Without an envelope.", UserInfo, area=AREA),
        ),
    )
