"""Facts about a site that clients read before a sign-in: version, name, ways to sign in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reticket.dialects.cloudreve.document import open_to_all
from reticket.dialects.cloudreve.drive_schemas import (
    AppConfig,
    AppConfigResponse,
    BasicConfig,
    BasicConfigResponse,
    EmojiConfig,
    EmojiConfigResponse,
    ExplorerConfig,
    ExplorerConfigResponse,
    LoginConfig,
    LoginConfigResponse,
    ThumbConfig,
    ThumbConfigResponse,
)
from reticket.dialects.cloudreve.schemas import (
    ANONYMOUS,
    TextResponse,
    succeeded,
    user_of,
)
from reticket.dialects.cloudreve.user import current_reader, current_user
from reticket.wire import Operation, Parameter, Route, WireRequest

AREA = "Site"

NO_FILES = ExplorerConfig(
    icons="[]",
    map_provider="openstreetmap",
    google_map_tile_type="regular",
    file_viewers=[],
    max_batch_size=3000,
    thumbnail_width=400,
    thumbnail_height=300,
)
"""The section of a drive without files of its own; its numbers are those of a new drive."""


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """What a site says of itself, from the settings.

    Args:
        logo / logo_light: addresses of pictures, for a light and for a dark page.
        authn: whether it offers passkeys.
        tos_url / privacy_policy_url: of its legal documents, or empty.
        login_captcha: whether the sign-in page shows a picture to read. The web front end asks
            once, when the page is loaded, so this does not depend on the failures of the caller.
    """

    title: str
    instance_id: str
    logo: str
    logo_light: str
    version: str
    authn: bool
    tos_url: str
    privacy_policy_url: str
    login_captcha: bool

    def ping(self, request: WireRequest) -> Operation:
        """The server's version. Clients refuse a version that is too old for them."""
        yield from current_user(request)
        return succeeded(self.version)

    def basic(self, request: WireRequest) -> Operation:
        """The site, and the user of the request."""
        user = yield from current_reader(request)
        shown = ANONYMOUS if user is None else user_of(user)
        said = BasicConfig(self.instance_id, self.title, shown, self.logo, self.logo_light)
        return succeeded(said)

    def login(self, request: WireRequest) -> Operation:
        """What the sign-in page shows. Nobody can register here."""
        yield from current_user(request)
        shown = LoginConfig(self.authn, False, self.tos_url, self.privacy_policy_url)
        if self.login_captcha:
            shown.login_captcha = True
        return succeeded(shown)


def _section(data: Any) -> Callable[[WireRequest], Operation]:
    """The operation of a section that is the same for everybody."""

    def section(request: WireRequest) -> Operation:
        yield from current_user(request)
        return succeeded(data)

    return section


_FIXED = (
    ("explorer", "What the file browser shows.", NO_FILES, ExplorerConfigResponse),
    ("emojis", "The emojis of the file browser.", EmojiConfig("{}"), EmojiConfigResponse),
    ("app", "Whether apps are advertised.", AppConfig(False, False), AppConfigResponse),
    ("thumb", "Which files have thumbnails.", ThumbConfig([]), ThumbConfigResponse),
)


def routes(info: SiteInfo) -> tuple[Route, ...]:
    """The routes of the site."""
    return (
        Route(
            "GET",
            "/site/ping",
            info.ping,
            open_to_all("Ping", "The server's version, a SemVer.", TextResponse, area=AREA),
        ),
        Route(
            "GET",
            "/site/config/login",
            info.login,
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
        *(
            Route(
                "GET",
                f"/site/config/{name}",
                _section(data),
                open_to_all(f"Configuration: {name}", sentence, response, area=AREA),
            )
            for name, sentence, data, response in _FIXED
        ),
        Route(
            "GET",
            "/site/config/{section}",
            info.basic,
            open_to_all(
                "Any other configuration",
                "A section of another name is the basic one.",
                BasicConfigResponse,
                area=AREA,
                parameters=(Parameter("section", "path", str, "Any name.", required=True),),
            ),
        ),
    )
