"""Whether password hashes are expensive enough to resist guesses on a stolen directory."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime.opened_service import OpenedService

TOPIC = "hashing"
LEAST = ((47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5))
"""KiB and passes of equal strength (OWASP Password Storage Cheat Sheet, argon2id, one lane)."""


def look(instance: OpenedService) -> Iterator[Finding]:
    """Parameters below all of the minima."""
    said = instance.settings.hashing
    if not any(said.memory >= memory and said.time_cost >= passes for memory, passes in LEAST):
        yield warning(
            f"{said.memory} KiB and {said.time_cost} passes are too cheap: "
            "hashing.memory of 19456 and hashing.time_cost of 2 are the least"
        )
