"""What clients ask a site before they sign in: its version, its name, what it offers."""

from __future__ import annotations

from dataclasses import dataclass

from reticket.dialects.cloudreve.document import open_to_all
from reticket.dialects.cloudreve.schemas import (
    ANONYMOUS,
    BasicConfig,
    BasicConfigResponse,
    LoginConfig,
    LoginConfigResponse,
    Response,
    succeeded,
    user_of,
)
from reticket.dialects.cloudreve.user import current_user
from reticket.wire import Operation, Route, WireRequest

AREA = "Site"


@dataclass(frozen=True, slots=True)
class Basics:
    """What an operator says of the site."""

    title: str
    instance_id: str
    version: str

    def ping(self, request: WireRequest) -> Operation:
        """The server's version; clients refuse one older than they know."""
        yield from current_user(request)
        return succeeded(self.version)

    def basic(self, request: WireRequest) -> Operation:
        """The site, and who asks."""
        user = yield from current_user(request)
        asking = ANONYMOUS if user is None else user_of(user)
        return succeeded(BasicConfig(self.instance_id, self.title, asking))


def login(request: WireRequest) -> Operation:
    """What the sign-in page offers."""
    yield from current_user(request)
    return succeeded(LoginConfig(authn=True))


def routes(basics: Basics) -> tuple[Route, ...]:
    """The routes of the site."""
    return (
        Route(
            "GET",
            "/site/ping",
            basics.ping,
            open_to_all("Ping", "The server's version, a SemVer.", Response, area=AREA),
        ),
        Route(
            "GET",
            "/site/config/login",
            login,
            open_to_all(
                "Sign-in configuration",
                "What the sign-in page offers.",
                LoginConfigResponse,
                area=AREA,
            ),
        ),
        Route(
            "GET",
            "/site/config/basic",
            basics.basic,
            open_to_all(
                "Site configuration", "The site, and who asks.", BasicConfigResponse, area=AREA
            ),
        ),
    )
