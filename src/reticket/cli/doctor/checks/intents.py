"""Whether changes of the directory have ended their sessions."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime.opened_service import OpenedService

TOPIC = "changes of the directory"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Changes that still wait for the store."""
    if waiting := len(instance.directory.intents()):
        yield warning(f"{waiting} wait to end sessions: see that the store of sessions answers")
