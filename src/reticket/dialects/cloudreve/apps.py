"""The apps that people may let in: programs that use the drive in a person's name."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reticket.core.model import Family

OPENID, OFFLINE_ACCESS, PROFILE, EMAIL = "openid", "offline_access", "profile", "email"
_IDENTITY = (OPENID, PROFILE, EMAIL, OFFLINE_ACCESS)


@dataclass(frozen=True, slots=True)
class App:
    """An app.

    Args:
        id: a UUID.
        secret: sent with each code. The secrets of the drive's own apps are public, so a code is
            also bound to a verifier where the app sends a challenge.
        name: shown to people; the drive's own apps have the key of a translation.
        redirect_uris: where a code may be sent, compared to the byte. A path is one of the site.
        scopes: all that it may ask for.
        icon / homepage_url / description: shown to people; empty ones are not.
    """

    id: str
    secret: str = field(repr=False)
    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    icon: str = ""
    homepage_url: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        for name in ("id", "secret", "name", "redirect_uris", "scopes"):
            if not getattr(self, name):
                raise ValueError(f"{name} must not be empty")

    def knows(self, secret: str) -> bool:
        """Whether that is the app's secret."""
        return hmac.compare_digest(self.secret.encode(), secret.encode())


DESKTOP = App(
    id="393a1839-f52e-498e-9972-e77cc2241eee",
    secret="8GaQIu3lOSdqYoDHi9cR8IZ4pvuMH8ya",  # noqa: S106 - public in the app
    name="application:oauth.desktop",
    redirect_uris=("/callback/desktop",),
    scopes=(*_IDENTITY, "UserInfo.Write", "Workflow.Write", "Files.Write", "Shares.Write"),
    icon="/static/img/cloudreve.svg",
)
IOS = App(
    id="220db97a-44a3-44f7-99b6-d767262b4daa",
    secret="1kxOW4IyVOkPlsKCnTwzfHyP8XrbpfaF",  # noqa: S106 - public in the app
    name="application:setting.iOSApp",
    redirect_uris=("/callback/ios",),
    scopes=(*DESKTOP.scopes, "UserSecurityInfo.Write", "Finance.Write", "DavAccount.Write"),
    icon="/static/img/cloudreve_ios.svg",
)
OFFICIAL = (DESKTOP, IOS)
"""The drive's own apps, as a new drive knows them."""


def still_allows(apps: Mapping[str, App], client_id: str, scopes: Iterable[str]) -> bool:
    """Whether an app is there, and may have its scopes."""
    app = apps.get(client_id)
    return app is not None and set(app.scopes).issuperset(scopes)


def apps_by_id(apps: Iterable[App]) -> Mapping[str, App]:
    """The apps by id. ValueError for an id that two have."""
    found: dict[str, App] = {}
    for app in apps:
        if app.id in found:
            raise ValueError(f"two apps have the id {app.id}")
        found[app.id] = app
    return found


def serves(apps: Mapping[str, App], family: Family) -> bool:
    """Whether the app of a session is there, and may have the scopes of the session."""
    return still_allows(apps, family.client or "", (family.scope or "").split())


def includes(scopes: Iterable[str], wanted: str) -> bool:
    """Whether scopes include one; `Files.Write` includes `Files.Read`."""
    resource, dot, level = wanted.rpartition(".")
    accepted = {wanted, f"{resource}.Write"} if dot and level == "Read" else {wanted}
    return not accepted.isdisjoint(scopes)
