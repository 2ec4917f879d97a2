"""Tickets of admin users: their scopes are tenants."""

from __future__ import annotations

from typing import Any, cast

from reticket.core.commands import FactorRule
from reticket.core.model import Issued, Place
from reticket.core.people import User
from reticket.dialects.kibo.access import Guard
from reticket.dialects.kibo.document import (
    ADMIN_USERS,
    REFRESH_TOKEN,
    UNPROTECTED,
    described,
    scope_parameter,
)
from reticket.dialects.kibo.kinds import ADMIN_USER
from reticket.dialects.kibo.profile import Profiles, admin_profile, last_login
from reticket.dialects.kibo.schemas import (
    TenantAdminUserAuthTicket,
    UserAuthInfo,
    date_of,
    encode,
)
from reticket.dialects.kibo.user import TicketKind, Tickets
from reticket.wire import Route

SCOPE = "tenantId"
PATH = "/platform/adminuser/authtickets"
_profiles = Profiles(admin_profile)


def ticket(issued: Issued) -> bytes:
    """The encoded ticket of a pair."""
    profile: Any = _profiles.of(cast(User, issued.holder))
    before = last_login(issued.family.previous_sign_in)
    return encode(
        TenantAdminUserAuthTicket(
            access_token=issued.access_token,
            access_token_expiration=date_of(issued.access_expires_at),
            available_tenants=profile.available.fill(before),
            created_on=date_of(issued.issued_at),
            granted_behaviors=profile.behaviors[issued.context],
            jwt_access_token=issued.access_token,
            refresh_token=issued.refresh_token,
            refresh_token_expiration=date_of(issued.refresh_expires_at),
            tenant=profile.scopes[issued.context].fill(before),
            user=profile.user,
        )
    )


KIND = TicketKind(ADMIN_USER, SCOPE, Place.TENANT, ticket)


def routes(guard: Guard, factor: FactorRule, created: int) -> tuple[Route, ...]:
    """The routes of admin users' tickets."""
    tickets = Tickets(KIND, guard, factor, created)
    tenant = scope_parameter(SCOPE, "The tenant to authenticate the user in")
    return (
        Route(
            "POST",
            f"{PATH}/tenants",
            tickets.create,
            described(
                "Create Auth Ticket",
                "Authenticates a user. Without a tenant, the user's only one is taken; one of "
                "several is left to choose.",
                ADMIN_USERS,
                (created, TenantAdminUserAuthTicket),
                tenant,
                body=UserAuthInfo,
                security=UNPROTECTED,
            ),
        ),
        Route(
            "PUT",
            f"{PATH}/tenants",
            tickets.refresh,
            described(
                "Refresh Auth Ticket",
                "Reauthenticates the current user for a different tenant. If the user does not "
                "have access to the tenant, the operation fails.",
                ADMIN_USERS,
                (200, TenantAdminUserAuthTicket),
                tenant,
                body=TenantAdminUserAuthTicket,
                body_description="An existing valid auth ticket containing the refresh token.",
            ),
        ),
        Route(
            "DELETE",
            PATH,
            tickets.delete,
            described(
                "Delete Auth Ticket",
                "Ends the session of a refresh token. The access token lives on to its own end.",
                ADMIN_USERS,
                (200, None),
                REFRESH_TOKEN,
                security=UNPROTECTED,
            ),
        ),
    )
