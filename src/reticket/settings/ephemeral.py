"""Settings of short-lived entries: pushed requests, open interactions, marks, counters."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reticket.settings.table import Table
from reticket.settings.values import Accepts, Int

Minute = Annotated[Int, Field(ge=1, le=60), Accepts("a whole number of seconds, from 1 to 60")]

Bytes = Annotated[
    Int, Field(ge=2**20, le=2**40), Accepts("a whole number of bytes, at least 1048576")
]
Percent = Annotated[Int, Field(ge=1, le=100), Accepts("a whole number from 1 to 100")]


class EphemeralTable(Table):
    """How much short-lived data is stored, and how soon it is removed."""

    room: Bytes = Field(
        2**30,
        description="bytes of short-lived entries that may live at once, half of them without "
        "credentials",
    )
    reserve: Bytes = Field(
        2**28,
        description="the same for marks against replay, and as many again for counters of guesses",
    )
    share: Percent = Field(
        1,
        description="percent of either for one address or account, whatever number of sessions it "
        "has; more is 503",
    )
    client_share: Percent = Field(
        10, description="percent of either for one client that has authenticated"
    )
    sweep_interval: Minute = Field(
        20, description="pause between removals of short-lived entries that are over"
    )
