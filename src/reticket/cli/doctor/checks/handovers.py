"""Whether sign-ins are still handed over to an old back end."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.context import rfc3339
from reticket.cli.doctor.findings import Finding, warning
from reticket.directory.marks import HANDOVER
from reticket.runtime.opened_service import OpenedService

TOPIC = "handed-over sign-ins"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Dialects that hand over sign-ins, with how many people have no password here yet; and since
    when deletions are remembered.
    """
    for dialect, handover in instance.handovers.items():
        left = instance.directory.users.without_password()
        yield warning(
            f"sign-ins of {dialect} are handed over by {handover.way}, and {left} people have no "
            f"password here. Once nobody is missing, remove dialects.{dialect}.handover: until "
            "then the old back end decides who signs in"
        )
    if instance.handovers:
        since = rfc3339(instance.directory.marks.since(HANDOVER))
        yield warning(
            f"people who were deleted before {since} are not known as deleted, so the old back end "
            "can bring them back. Delete them there too"
        )
