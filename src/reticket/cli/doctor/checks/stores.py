"""Whether the stores answer and their files are undamaged."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, fault
from reticket.core.errors import StartupError, Unavailable
from reticket.runtime.opened_service import OpenedService

TOPIC = "stores"


def look(instance: OpenedService) -> Iterator[Finding]:
    """A store that does not answer or whose file is damaged."""
    try:
        instance.ready()
        instance.store.check()
    except Unavailable as failure:
        yield fault(f"one does not answer: {failure}; check disk, locks and network")
    except StartupError as damage:
        yield fault(f"{damage}; restore a backup")
