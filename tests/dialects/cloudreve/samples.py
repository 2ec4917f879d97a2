from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reticket.core.model import AccessToken, Family, Issued, Outcome
from reticket.core.ports import Counted
from reticket.dialects.cloudreve.profile import Group, Person
from reticket.testing.dialect_samples import PLAIN_ADA

ISSUED_AT = 1_745_650_708_456
DAY = 86_400_000

ADA = replace(
    PLAIN_ADA,
    last_name=None,
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
ISSUED = Issued(
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
ACCESS = AccessToken("cloudreve.user", ADA.id, FAMILY.id, None, ISSUED_AT, {})
NOBODY = replace(ADA, parts=())
ALAN = Person("Alan", Group("User", "kLfe", "AA=="))
SAMPLES: Mapping[str, Any] = {
    "ada": ADA,
    "alan": replace(ADA, parts=(("cloudreve", ALAN),), second_factor=True),
    "nobody": NOBODY,
    "no user": None,
    "issued": ISSUED,
    "family": FAMILY,
    "access": (ACCESS, ADA),
    "access of nobody": (ACCESS, NOBODY),
    "session id": "5e5510",
    "asked 200 times": Counted(200, 17_001),
    "asked 201 times": Counted(201, 17_001),
    "asked 202 times": Counted(202, 17_001),
    "a secret of the day": "07" * 16,
    "sixteen bytes": bytes(16),
    "nothing": None,
}
