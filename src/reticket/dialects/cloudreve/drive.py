"""What clients ask of the drive right after a sign-in, and requests for its other services.

There are no files here: the room is empty, and the settings are those of a new user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reticket.core.commands import FindUserByShortId
from reticket.core.errors import Code, Refusal
from reticket.dialects.cloudreve.document import open_to_all, signed_in
from reticket.dialects.cloudreve.drive_schemas import (
    Capacity,
    CapacityResponse,
    UserCardResponse,
    UserSetting,
    UserSettingResponse,
    card_of,
)
from reticket.dialects.cloudreve.errors import UNREADABLE_ID, failed
from reticket.dialects.cloudreve.network_limit import NetworkLimit
from reticket.dialects.cloudreve.schemas import (
    succeeded,
)
from reticket.dialects.cloudreve.user import (
    USER_INFO_READ,
    bearer_signed_in,
    current_reader,
    is_known,
    signed_in_user,
)
from reticket.wire import Operation, Parameter, Route, WireRequest

AREA = "User"
RETAINED_VERSIONS = 10
"""Versions of a file that a new drive keeps."""

_SERVICE = re.compile(r".*/api/v4/(?:admin|devices|file|share|user|workflow)(?:/.*)?", re.DOTALL)
"""The drive's services whose routes need a user."""

_OPEN = re.compile(r".*/(?:user/?|user/(?:activate|avatar|reset|shares)/?.*|share/info/.*)")
"""Their routes that need none: registration, links in mails, pictures, shared files."""


@dataclass(frozen=True, slots=True)
class Room:
    """The room of each user, from the settings, in bytes."""

    total: int

    def __call__(self, request: WireRequest) -> Operation:
        """The storage of the user who signed in."""
        yield from signed_in_user(request, USER_INFO_READ)
        return succeeded(Capacity(self.total, 0))


def setting(request: WireRequest) -> Operation:
    """The settings of the user who signed in."""
    user = yield from signed_in_user(request, USER_INFO_READ)
    return succeeded(
        UserSetting(
            version_retention_enabled=True,
            version_retention_max=RETAINED_VERSIONS,
            passwordless=False,
            two_fa_enabled=user.second_factor,
            disable_view_sync=False,
            share_links_in_profile="",
        )
    )


@dataclass(frozen=True, slots=True)
class Card:
    """What others may see of a user.

    Args:
        limit: of the requests that one network may make without a bearer.
    """

    limit: NetworkLimit

    def __call__(self, request: WireRequest) -> Operation:
        """The card of the user with an id."""
        reader = yield from current_reader(request)
        if reader is None:
            yield from self.limit.count(request)
        user = yield from FindUserByShortId(request.parameters["id"])
        if user is None or not is_known(user):
            return failed(request, UNREADABLE_ID)
        return succeeded(card_of(user, email=reader is not None))


def other_service(request: WireRequest) -> Operation:
    """A request for a service of the drive that has come here by mistake. Without a user it gets
    `Login required`, since clients refresh only then.
    """
    path = request.path
    if _SERVICE.fullmatch(path) and not _OPEN.fullmatch(path):
        yield from bearer_signed_in(request)
    raise Refusal(Code.NO_ROUTE)


def routes(total: int, limit: NetworkLimit) -> tuple[Route, ...]:
    """The routes of the drive.

    Args:
        total: bytes of room for each user.
        limit: as in `Card`.
    """
    return (
        Route(
            "GET",
            "/user/capacity",
            Room(total),
            signed_in("Capacity", "The room of a user in the drive.", CapacityResponse, area=AREA),
        ),
        Route(
            "GET",
            "/user/setting",
            setting,
            signed_in("Settings", "The settings of a user.", UserSettingResponse, area=AREA),
        ),
        Route(
            "GET",
            "/user/info/{id}",
            Card(limit),
            open_to_all(
                "User",
                "What others may see of a user. Who is signed in sees the e-mail as well.",
                UserCardResponse,
                area=AREA,
                parameters=(Parameter("id", "path", str, "The id of a user.", required=True),),
            ),
        ),
    )
