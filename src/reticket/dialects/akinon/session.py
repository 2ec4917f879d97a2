"""Log-in, refresh and log-out."""

from __future__ import annotations

from dataclasses import dataclass

from reticket.core.commands import BeginSession, EndSession, FactorRule, Refresh, SignIn
from reticket.core.errors import Cause, Refusal
from reticket.dialects.akinon.document import described
from reticket.dialects.akinon.inputs import read
from reticket.dialects.akinon.profile import PERSON
from reticket.dialects.akinon.schemas import (
    LoginRequest,
    RefreshTokenRequest,
    RefreshTokenResponse,
    answer,
)
from reticket.dialects.akinon.user import USER, ReadSubject
from reticket.wire import Operation, Route, WireRequest, WireResponse

_ENDED = frozenset({Cause.UNKNOWN, Cause.REVOKED, Cause.EXPIRED})


@dataclass(frozen=True, slots=True)
class Session:
    """The operations on a session, from log-in to log-out.

    Args:
        subject: reads the subject whose refresh tokens a request may use. None allows every
            subject: a client refreshes when its access token has expired.
        factor: how a person with a second factor is treated.
    """

    subject: ReadSubject | None
    factor: FactorRule

    def log_in(self, request: WireRequest) -> Operation:
        """Sign in. An access token in the request is ignored."""
        body = read(request, LoginRequest)
        user = yield from SignIn(USER, body.username, body.password, PERSON.dialect, self.factor)
        issued = yield from BeginSession(USER, user)
        return answer(200, RefreshTokenResponse(issued.access_token, issued.refresh_token))

    def refresh(self, request: WireRequest) -> Operation:
        """Use a refresh token, and return the next pair."""
        subject = (yield from self.subject(request)) if self.subject else None
        token = read(request, RefreshTokenRequest).refresh_token
        issued = yield from Refresh(USER, token, subject=subject, part=PERSON.dialect)
        return answer(201, RefreshTokenResponse(issued.access_token, issued.refresh_token))

    def log_out(self, request: WireRequest) -> Operation:
        """End a session. One that has already ended gets the same response."""
        if self.subject:
            yield from self.subject(request)
        token = read(request, RefreshTokenRequest).refresh_token
        try:
            yield from EndSession(USER, token)
        except Refusal as refusal:
            if refusal.cause not in _ENDED:
                raise
        return WireResponse(204, b"", None)


def routes(subject: ReadSubject | None, factor: FactorRule) -> tuple[Route, ...]:
    """The routes of log-in, refresh and log-out."""
    session = Session(subject, factor)
    return (
        Route(
            "POST",
            "/auth/login",
            session.log_in,
            described(
                "Log in",
                "Log in by organization user",
                "login",
                ("auth",),
                {200: RefreshTokenResponse},
                body=LoginRequest,
            ),
        ),
        Route(
            "POST",
            "/auth/refresh-token",
            session.refresh,
            described(
                "Refresh token",
                "Refresh token by organization user",
                "refreshToken",
                ("refresh-token", "auth"),
                {201: RefreshTokenResponse},
                body=RefreshTokenRequest,
            ),
        ),
        Route(
            "POST",
            "/auth/logout",
            session.log_out,
            described(
                "Log out",
                "End the session of a refresh token",
                "logout",
                ("auth",),
                {204: None},
                body=RefreshTokenRequest,
            ),
        ),
    )
