"""Whether each use has an active key."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, fault
from reticket.crypto.key_lifecycle import ACTIVE
from reticket.crypto.ring import USES
from reticket.runtime.opened_service import OpenedService

TOPIC = "active keys"


def look(instance: OpenedService) -> Iterator[Finding]:
    """A use without an active key."""
    active = {key.use for key in instance.ring.listing() if key.state == ACTIVE}
    for use in dict.fromkeys((*USES, *instance.ring.uses)):
        if use not in active:
            yield fault(f"the ring has none for {use}: reticket key rotate --use {use}")
