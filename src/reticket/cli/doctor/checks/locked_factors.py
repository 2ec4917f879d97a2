"""Whether a second factor is locked, so that its person cannot sign in."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime.house import House

TOPIC = "second factors"


def look(house: House) -> Iterator[Finding]:
    """Factors that wait for an operator."""
    if locked := house.directory.enrolments.locked():
        yield warning(
            f"{locked} of them locked after too many wrong codes: find out whose with "
            "reticket user list, then reticket user factor unlock WHO"
        )
