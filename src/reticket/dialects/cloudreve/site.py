"""Facts about a site that clients read before a sign-in: version, name, ways to sign in."""

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
class SiteInfo:
    """The site's name, identifier and version, from the settings."""

    title: str
    instance_id: str
    version: str

    def ping(self, request: WireRequest) -> Operation:
        """The server's version. Clients refuse a version that is too old for them."""
        yield from current_user(request)
        return succeeded(self.version)

    def basic(self, request: WireRequest) -> Operation:
        """The site, and the user of the request."""
        user = yield from current_user(request)
        shown = ANONYMOUS if user is None else user_of(user)
        return succeeded(BasicConfig(self.instance_id, self.title, shown))


def login(request: WireRequest) -> Operation:
    """The ways to sign in that the sign-in page shows."""
    yield from current_user(request)
    return succeeded(LoginConfig(authn=True))


def routes(info: SiteInfo) -> tuple[Route, ...]:
    """The routes of the site."""
    return (
        Route(
            "GET",
            "/site/ping",
            info.ping,
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
            info.basic,
            open_to_all(
                "Site configuration", "The site, and who asks.", BasicConfigResponse, area=AREA
            ),
        ),
    )
