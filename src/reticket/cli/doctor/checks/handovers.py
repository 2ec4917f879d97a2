"""Whether sign-ins are still handed over to an old back end."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime.opened_service import OpenedService

TOPIC = "handed-over sign-ins"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Dialects that hand over sign-ins, with how many people have no password here yet."""
    for dialect, handover in instance.handovers.items():
        left = instance.directory.users.without_password()
        yield warning(
            f"sign-ins of {dialect} are handed over by {handover.way}, and {left} people have no "
            f"password here. Once nobody is missing, remove dialects.{dialect}.handover: until "
            "then the old back end decides who signs in"
        )
