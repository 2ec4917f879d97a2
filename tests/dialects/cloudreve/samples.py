from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reticket.core.ports import Counted
from reticket.dialects import cloudreve
from reticket.dialects.cloudreve.profile import Group, Person
from reticket.dialects.cloudreve.tokens import KIND
from reticket.testing.dialect_samples import PLAIN_ADA, sample_family, sample_pair, samples_of

ADA = replace(
    PLAIN_ADA,
    last_name=None,
    parts=(("cloudreve", Person("Ada", Group("Admin", "kLfd", "/f8D"))),),
)
FAMILY = sample_family(KIND)
ALAN = Person("Alan", Group("User", "kLfe", "AA=="))
SAMPLES: Mapping[str, Any] = {
    **samples_of(cloudreve.build(), ADA),
    "alan": replace(ADA, parts=(("cloudreve", ALAN),), second_factor=True),
    "no user": None,
    "issued": replace(sample_pair(FAMILY, ADA), refresh_token="head.refresh.mac"),
    "family": FAMILY,
    "session id": "5e5510",
    "asked 200 times": Counted(200, 17_001),
    "asked 201 times": Counted(201, 17_001),
    "asked 202 times": Counted(202, 17_001),
    "a secret of the day": "07" * 16,
    "sixteen bytes": bytes(16),
    "thirty-two bytes": bytes(32),
    "nothing": None,
}
