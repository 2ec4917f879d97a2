from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reticket.core.model import AccessToken, Family, Issued, Outcome
from reticket.core.people import User
from reticket.core.ports import Counted
from reticket.dialects.cloudreve.profile import Group, Person

ISSUED_AT = 1_745_650_708_456
DAY = 86_400_000

ADA = User(
    id="0123456789abcdef0123456789abcdef",
    short_id="lpua",
    email="ada@example.com",
    first_name="Ada",
    last_name=None,
    disabled=False,
    active=True,
    credential_version=1,
    created_at=1_595_505_600_000,
    tenants=(),
    accounts=(),
    parts=(("cloudreve", Person("Ada", Group("Admin", "kLfd", "/f8D"))),),
)
FAMILY = Family(
    id=bytes.fromhex("019670ae9f687abc8def001122334455"),
    resource="cloudreve.user",
    subject=ADA.id,
    client=None,
    context=None,
    scope=None,
    policy="CLOUDREVE_2026",
    ends_at=ISSUED_AT + 365 * DAY,
    expires_at=ISSUED_AT + 14 * DAY,
    generation=2,
    parent=1,
    floor=1,
    open_from=1,
    rotated_at=ISSUED_AT,
)


@pytest.fixture(scope="session")
def ada() -> User:
    return ADA


@pytest.fixture(scope="session")
def family() -> Family:
    return FAMILY


@pytest.fixture(scope="session")
def issued() -> Issued:
    return Issued(
        Outcome.ADVANCED,
        FAMILY,
        ADA,
        None,
        ISSUED_AT,
        ISSUED_AT + 3_600_000,
        ISSUED_AT + 14 * DAY,
        "head.access.mac",
        "head.refresh.mac",
    )


@pytest.fixture(scope="session")
def samples(issued: Issued) -> Mapping[str, Any]:
    access = AccessToken("cloudreve.user", ADA.id, FAMILY.id, None, ISSUED_AT, {})
    nobody = replace(ADA, parts=())
    profile = Person("Alan", Group("User", "kLfe", "AA=="))
    return {
        "ada": ADA,
        "alan": replace(ADA, parts=(("cloudreve", profile),), second_factor=True),
        "nobody": nobody,
        "no user": None,
        "issued": issued,
        "family": FAMILY,
        "access": (access, ADA),
        "access of nobody": (access, nobody),
        "session id": "5e5510",
        "asked 200 times": Counted(200, 17_001),
        "asked 201 times": Counted(201, 17_001),
        "asked 202 times": Counted(202, 17_001),
        "a secret of the day": "07" * 16,
        "sixteen bytes": bytes(16),
        "nothing": None,
    }
