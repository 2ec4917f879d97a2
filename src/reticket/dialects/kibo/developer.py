"""Tickets of developers: their scopes are developer accounts."""

from __future__ import annotations

from typing import Any, cast

from reticket.core.commands import FactorRule
from reticket.core.model import Issued, Place
from reticket.core.people import User
from reticket.dialects.kibo.access import Guard
from reticket.dialects.kibo.document import (
    DEVELOPERS,
    REFRESH_TOKEN,
    UNPROTECTED,
    described,
    scope_parameter,
)
from reticket.dialects.kibo.kinds import DEVELOPER
from reticket.dialects.kibo.profile import Profiles, developer_profile
from reticket.dialects.kibo.schemas import (
    DeveloperAdminUserAuthTicket,
    UserAuthInfo,
    date_of,
    encode,
)
from reticket.dialects.kibo.user import TicketKind, Tickets
from reticket.wire import Route

SCOPE = "developerAccountId"
PATH = "/platform/developer/authtickets"
_profiles = Profiles(developer_profile)


def ticket(issued: Issued) -> bytes:
    """The encoded ticket of a pair."""
    profile: Any = _profiles.of(cast(User, issued.holder))
    return encode(
        DeveloperAdminUserAuthTicket(
            access_token=issued.access_token,
            access_token_expiration=date_of(issued.access_expires_at),
            account=profile.scopes[issued.context].fill(b""),
            available_accounts=profile.available.fill(b""),
            created_on=date_of(issued.issued_at),
            granted_behaviors=profile.behaviors[issued.context],
            jwt_access_token=issued.access_token,
            refresh_token=issued.refresh_token,
            refresh_token_expiration=date_of(issued.refresh_expires_at),
            user=profile.user,
        )
    )


KIND = TicketKind(DEVELOPER, SCOPE, Place.ACCOUNT, ticket)


def routes(guard: Guard, factor: FactorRule, created: int) -> tuple[Route, ...]:
    """The routes of developers' tickets."""
    tickets = Tickets(KIND, guard, factor, created)
    account = scope_parameter(SCOPE, "The users developer account Id")
    return (
        Route(
            "POST",
            PATH,
            tickets.create,
            described(
                "Create Developer Auth Ticket",
                "Authenticates a developer. Without an account, the only one is taken; one of "
                "several is left to choose.",
                DEVELOPERS,
                (created, DeveloperAdminUserAuthTicket),
                account,
                body=UserAuthInfo,
                security=UNPROTECTED,
            ),
        ),
        Route(
            "PUT",
            PATH,
            tickets.refresh,
            described(
                "Refresh Developer Auth Ticket",
                "Reauthenticates the current user for a different tenant. If the user does not "
                "have access to the tenant, the operation fails.",
                DEVELOPERS,
                (200, DeveloperAdminUserAuthTicket),
                account,
                body=DeveloperAdminUserAuthTicket,
                body_description="An existing valid auth ticket containing the refresh token.",
            ),
        ),
        Route(
            "DELETE",
            PATH,
            tickets.delete,
            described(
                "Delete Developer Auth Ticket",
                "Ends the session of a refresh token. The access token lives on to its own end.",
                DEVELOPERS,
                (200, None),
                REFRESH_TOKEN,
                security=UNPROTECTED,
            ),
        ),
    )
