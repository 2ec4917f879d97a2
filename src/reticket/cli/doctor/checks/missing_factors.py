"""Whether people do not sign in, since a second factor of another system could not come."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime.opened_service import OpenedService

TOPIC = "missing factors"


def look(instance: OpenedService) -> Iterator[Finding]:
    """People whose factor an operator must settle."""
    if missing := instance.directory.enrolments.missing():
        yield warning(
            f"{missing} people do not sign in, since their second factor could not be imported: "
            "find out who with reticket user list, then reticket user factor set or remove WHO"
        )
