"""Settings of what is stored for seconds: pushed requests, pages under way, marks, counters."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reticket.settings.table import Table
from reticket.settings.values import Accepts, Int

Minute = Annotated[Int, Field(ge=1, le=60), Accepts("a whole number of seconds, from 1 to 60")]


class EphemeralTable(Table):
    """How much is stored for seconds, and how soon it goes."""

    sweep_interval: Minute = Field(
        20, description="pause between removals of short-lived entries that are over"
    )
