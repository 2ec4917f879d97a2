"""Whether answers tell more than they should."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.cli.house import House

TOPIC = "debug setting"


def look(house: House) -> Iterator[Finding]:
    """The setting is on."""
    if house.settings.debug:
        yield warning("is on, so answers explain errors to callers: take the setting away")
