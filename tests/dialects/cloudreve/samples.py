from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from reticket.core.model import AccessToken, Family, Issued
from reticket.core.people import User
from reticket.core.policy import DAY, SECOND
from reticket.core.ports import Counted, Page
from reticket.dialects import cloudreve
from reticket.dialects.cloudreve import apps
from reticket.dialects.cloudreve.app_codes import Grant
from reticket.dialects.cloudreve.profile import Group, Person
from reticket.dialects.cloudreve.tokens import APP_KIND, KIND
from reticket.testing.dialect_samples import (
    ISSUED_AT,
    PLAIN_ADA,
    sample_access,
    sample_family,
    sample_pair,
    samples_of,
)

ADA = replace(
    PLAIN_ADA,
    last_name=None,
    parts=(("cloudreve", Person("Ada", Group("Admin", "kLfd", "/f8D"))),),
)
FAMILY = sample_family(KIND)
ALAN = Person("Alan", Group("User", "kLfe", "AA=="))
DESKTOP = FAMILY._replace(
    resource=APP_KIND.name,
    client=apps.DESKTOP.id,
    scope="openid offline_access",
    expires_at=FAMILY.rotated_at + 90 * DAY * SECOND,
)
GRANT = Grant(
    "0" * 32, apps.DESKTOP.id, ADA.id, 1, "/callback/desktop", "openid offline_access", ""
)


def pair_of(family: Family) -> Issued:
    """The tokens of the desktop app."""
    pair = sample_pair(family, ADA)
    return replace(
        pair,
        issued_at=ISSUED_AT,
        refresh_token="head.refresh.mac",
        refresh_expires_at=family.expires_at,
    )


def access_with(*scopes: str) -> tuple[AccessToken, User]:
    """The access token of an app with these scopes."""
    access = sample_access(APP_KIND, ADA)
    return access._replace(claims={**access.claims, "scopes": list(scopes)}), ADA


def text_of(**changes: str) -> str:
    """The stored grant of a person to the desktop app."""
    return msgspec.json.encode(msgspec.structs.replace(GRANT, **changes)).decode()


SAMPLES: Mapping[str, Any] = {
    **samples_of(cloudreve.build(), ADA),
    "alan": replace(ADA, parts=(("cloudreve", ALAN),), second_factor=True),
    "access in a session": (sample_access(KIND, ADA), ADA, FAMILY),
    "access without a session": (sample_access(KIND, ADA), ADA, None),
    "no user": None,
    "issued": replace(sample_pair(FAMILY, ADA), refresh_token="head.refresh.mac"),
    "family": FAMILY,
    "session id": "5e5510",
    "asked 1 time": Counted(1, 17_001),
    "asked 2 times": Counted(2, 17_001),
    "asked 3 times": Counted(3, 17_001),
    "twenty-two bytes": bytes(22),
    "a picture": b"PNG",
    "a text of a picture": "2abc34",
    "asked 200 times": Counted(200, 17_001),
    "asked 201 times": Counted(201, 17_001),
    "asked 202 times": Counted(202, 17_001),
    "a secret of the day": "07" * 16,
    "sixteen bytes": bytes(16),
    "thirty-two bytes": bytes(32),
    "forty-two bytes": bytes(42),
    "nothing": None,
    "kept": True,
    "no session": (None, 0),
    "the session of the app": (DESKTOP, 0),
    "no text": None,
    "issue time": ISSUED_AT,
    "no sessions": Page([], None),
    "sessions of the app": Page([DESKTOP._replace(scope="openid"), DESKTOP], None),
    "a grant": text_of(),
    "a grant with a challenge": text_of(challenge="ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"),
    "a grant of openid": text_of(scope="openid"),
    "a grant of everything": text_of(scope="openid Admin.Write"),
    "issued to the app": pair_of(DESKTOP),
    "issued without refresh": pair_of(DESKTOP._replace(scope="openid")),
    "access of the app": access_with("openid", "offline_access"),
    "access without scopes": access_with(),
    "access of an app that writes": access_with("openid", "UserInfo.Write"),
    "ada with a new password": replace(ADA, credential_version=2),
    "ada blocked": replace(ADA, disabled=True),
}
