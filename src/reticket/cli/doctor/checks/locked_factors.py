"""Whether a second factor is locked, so that its person cannot sign in."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime.opened_service import OpenedService

TOPIC = "second factors"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Factors that an operator must unlock."""
    if locked := instance.directory.enrolments.locked():
        yield warning(
            f"{locked} of them locked after too many wrong codes: find out whose with "
            "reticket user list, then reticket user factor unlock WHO"
        )
