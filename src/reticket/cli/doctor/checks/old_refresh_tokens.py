"""Whether refresh tokens are good at another system too, and until when."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime import old_forms
from reticket.runtime.opened_service import OpenedService

TOPIC = "old refresh tokens"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Until when; or that the setting has no effect any more."""
    return map(warning, old_forms.warnings(instance))
