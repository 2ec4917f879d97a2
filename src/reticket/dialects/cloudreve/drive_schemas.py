"""Bodies about the drive and its site, as they are on the wire and in the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, cast

from msgspec import UNSET, Meta, Struct, UnsetType

from reticket.core import people
from reticket.dialects.cloudreve.profile import PERSON, Person
from reticket.dialects.cloudreve.schemas import Success, User, time_of


class PasskeySignInRequest(Struct):
    """The browser's response to a challenge."""

    response: str
    session_id: str


class NamedGroup(Struct):
    """The group of a user, as others see it."""

    id: str
    name: str


class UserCard(Struct, kw_only=True):
    """What others may see of a user; the e-mail only if they are signed in."""

    id: str
    email: str | UnsetType = UNSET
    nickname: str
    created_at: Annotated[datetime, Meta(tz=True)]
    group: NamedGroup


class Capacity(Struct):
    """The room of a user in the drive, in bytes."""

    total: int
    used: int


class UserSetting(Struct):
    """The settings of a user in the drive."""

    version_retention_enabled: bool
    version_retention_max: int
    passwordless: bool
    two_fa_enabled: bool
    disable_view_sync: bool
    share_links_in_profile: str


class LoginConfig(Struct):
    """What the sign-in page shows."""

    authn: Annotated[bool, Meta(description="Whether passkeys are offered.")]
    register_enabled: bool
    tos_url: str
    privacy_policy_url: str
    login_captcha: bool | UnsetType = UNSET


class ExplorerConfig(Struct):
    """What the file browser shows."""

    icons: str
    map_provider: str
    google_map_tile_type: str
    file_viewers: list[dict[str, Any]]
    max_batch_size: int
    thumbnail_width: int
    thumbnail_height: int


class EmojiConfig(Struct):
    """The emojis of the file browser."""

    emoji_preset: str


class AppConfig(Struct):
    """Whether apps are advertised."""

    app_promotion: bool
    desktop_app_promotion: bool


class ThumbConfig(Struct):
    """The file name extensions that have thumbnails."""

    thumb_exts: list[str]


class BasicConfig(Struct):
    """The site's name, identifier and logos, and the user of the request."""

    instance_id: str
    title: str
    user: User
    logo: str
    logo_light: str


class PasskeyRequest(Struct, rename={"rp_id": "rpId"}):
    """A request for a passkey (WebAuthn §5.5)."""

    challenge: str
    timeout: Annotated[int, Meta(description="Milliseconds.")]
    rp_id: str


class PasskeyOptions(Struct, rename={"public_key": "publicKey"}):
    """The options of the browser's credential request."""

    public_key: PasskeyRequest


class PasskeySession(Struct):
    """A sign-in by passkey that has begun."""

    options: PasskeyOptions
    session_id: str


class Captcha(Struct):
    """A picture to be read, and its ticket."""

    image: Annotated[str, Meta(description="A PNG as a data URL.")]
    ticket: str


class CaptchaResponse(Success[Captcha]):
    """A picture to be read."""


class LoginConfigResponse(Success[LoginConfig]):
    """The configuration of the sign-in page."""


class BasicConfigResponse(Success[BasicConfig]):
    """The configuration of the site."""


class ExplorerConfigResponse(Success[ExplorerConfig]):
    """The configuration of the file browser."""


class EmojiConfigResponse(Success[EmojiConfig]):
    """The emojis of the file browser."""


class AppConfigResponse(Success[AppConfig]):
    """The configuration for apps."""


class ThumbConfigResponse(Success[ThumbConfig]):
    """The configuration of thumbnails."""


class UserCardResponse(Success[UserCard]):
    """What others may see of a user."""


class CapacityResponse(Success[Capacity]):
    """The room of a user in the drive."""


class UserSettingResponse(Success[UserSetting]):
    """The settings of a user in the drive."""


class PasskeyResponse(Success[PasskeySession]):
    """A sign-in by passkey that has begun."""


def card_of(user: people.User, *, email: bool) -> UserCard:
    """What others may see of a user with a cloud profile."""
    person = cast(Person, PERSON.of(user))
    return UserCard(
        id=user.short_id,
        email=user.email if email else UNSET,
        nickname=person.nickname,
        created_at=time_of(user.created_at),
        group=NamedGroup(person.group.id, person.group.name),
    )
