"""Tickets of applications: sign-in with a shared secret, refresh and sign-out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from reticket.core.commands import BeginSession, Refresh, SignInApplication
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Issued
from reticket.core.people import Application
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.access import Guard
from reticket.dialects.kibo.answers import answer
from reticket.dialects.kibo.document import APPLICATIONS, TOKEN, UNPROTECTED, described, in_path
from reticket.dialects.kibo.fields import Selection
from reticket.dialects.kibo.kinds import APPLICATION
from reticket.dialects.kibo.program_facts import facts_of
from reticket.dialects.kibo.schemas import (
    AppAuthInfo,
    AuthTicket,
    AuthTicketRequest,
    date_of,
    encode,
)
from reticket.dialects.kibo.sign_out import end
from reticket.wire import Operation, Route, WireRequest

PATH = "/platform/applications/authtickets"


def ticket(issued: Issued) -> bytes:
    """The encoded ticket of a pair."""
    return encode(
        AuthTicket(
            access_token=issued.access_token,
            access_token_expiration=date_of(issued.access_expires_at),
            environment_scope=facts_of(cast(Application, issued.holder)).environment_scope,
            refresh_token=issued.refresh_token,
            refresh_token_expiration=date_of(issued.refresh_expires_at),
        )
    )


def create(request: WireRequest) -> Operation:
    """Sign in. A missing id or secret is refused like a wrong one."""
    wanted = inputs.selection(inputs.query(request))
    body = inputs.members(request)
    name, secret = inputs.text(body, "applicationId"), inputs.text(body, "sharedSecret")
    application = yield from sign_in(name, secret)
    issued = yield from BeginSession(APPLICATION, application)
    return answer(request, 200, ticket(issued), wanted)


def sign_in(name: str | None, secret: str | None) -> SignInApplication:
    """The command that checks credentials. INVALID_CREDENTIALS if the id or secret is missing."""
    if name is None or secret is None:
        raise Refusal(Code.INVALID_CREDENTIALS, Cause.UNKNOWN_SUBJECT)
    return SignInApplication(APPLICATION, name, secret)


def delete(request: WireRequest) -> Operation:
    """End the session of the refresh token in the path."""
    inputs.selection(inputs.query(request))
    return (yield from end(request, APPLICATION, request.parameters[TOKEN]))


@dataclass(frozen=True, slots=True)
class Refreshing:
    """The refresh of an application's ticket.

    Args:
        guard: the check of the access token that a request has beside its refresh token.
    """

    guard: Guard

    def refresh(self, request: WireRequest) -> Operation:
        """Use the refresh token of a body, and return the next ticket."""
        wanted = inputs.selection(inputs.query(request))
        token = inputs.refresh_token(request)
        if token is None:
            raise Refusal(Code.MISSING_TOKEN)
        return (yield from self._refreshed(request, token, wanted))

    def refresh_in_path(self, request: WireRequest) -> Operation:
        """The same for the refresh token in a path. An old client sends it there."""
        wanted = inputs.selection(inputs.query(request))
        return (yield from self._refreshed(request, request.parameters[TOKEN], wanted))

    def _refreshed(self, request: WireRequest, token: str, wanted: Selection | None) -> Operation:
        yield from self.guard(request)
        issued = yield from Refresh(APPLICATION, token)
        return answer(request, 200, ticket(issued), wanted)


def routes(guard: Guard) -> tuple[Route, ...]:
    """The routes of applications' tickets. A sign-in needs no access token."""
    refreshing = Refreshing(guard)
    return (
        Route(
            "POST",
            PATH,
            create,
            described(
                "Create App Auth Ticket",
                "Authenticates an application by its shared secret.",
                APPLICATIONS,
                (200, AuthTicket),
                body=AppAuthInfo,
                security=UNPROTECTED,
            ),
        ),
        Route(
            "PUT",
            f"{PATH}/refresh-ticket",
            refreshing.refresh,
            described(
                "Refresh App Auth Ticket",
                "Returns the AppAuthTicket with a refreshed AccessToken",
                APPLICATIONS,
                (200, AuthTicket),
                body=AuthTicketRequest,
                body_description="",
            ),
        ),
        Route(
            "PUT",
            f"{PATH}/refresh-ticket/{{{TOKEN}}}",
            refreshing.refresh_in_path,
            described(
                "Refresh App Auth Ticket in the path",
                "The same with the refresh token in the path, as an old client sends it. Proxies "
                "log paths: prefer the body.",
                APPLICATIONS,
                (200, AuthTicket),
                in_path(TOKEN, str, "The refresh token"),
            ),
        ),
        Route(
            "DELETE",
            f"{PATH}/{{{TOKEN}}}",
            delete,
            described(
                "Delete App Auth Ticket",
                "Ends the session of a refresh token. The access token lives on to its own end.",
                APPLICATIONS,
                (200, None),
                in_path(TOKEN, str, "The refresh token of the session to end"),
                security=UNPROTECTED,
            ),
        ),
    )
