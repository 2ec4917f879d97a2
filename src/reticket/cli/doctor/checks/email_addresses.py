"""Checks that each person is found by their own e-mail address."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime.opened_service import OpenedService

TOPIC = "e-mail addresses"
MOST_NAMED = 5


def look(instance: OpenedService) -> Iterator[Finding]:
    """People who cannot sign in by their address."""
    found = instance.directory.emails.unreachable()
    if found:
        more = ", …" if len(found) > MOST_NAMED else ""
        yield warning(
            f"{len(found)} users cannot sign in, because another user has the same address or an "
            f"older program wrote it ({', '.join(found[:MOST_NAMED])}{more}): give them another "
            "one with reticket user email ID ADDRESS"
        )
