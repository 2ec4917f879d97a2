"""Settings of the audit file: when it is rotated, and how long its lines are kept."""

from __future__ import annotations

from pydantic import Field

from reticket.core.policy import DAY
from reticket.settings.table import Table
from reticket.settings.values import Seconds, Size


class AuditTable(Table):
    """Rotation of the audit file."""

    rotate_size: Size = Field(2**26, description="size at which the audit file is rotated")
    rotate_age: Seconds = Field(
        DAY, description="age of its first line at which the audit file is rotated"
    )
    keep: Seconds = Field(
        30 * DAY, description="how long lines are kept that tell of no end, no reuse and no key"
    )
    total_size: Size = Field(
        2**30, description="size of all rotated files at which those lines go before their time"
    )
    keep_ends: Seconds = Field(
        400 * DAY,
        description="how long lines of ends, reuses and keys are kept; longer than any session "
        "of any backup may live",
    )
