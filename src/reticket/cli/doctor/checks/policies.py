"""Whether the policies of token kinds and of clients are valid and safe."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, fault, warning
from reticket.runtime import policies as chosen
from reticket.runtime.opened_service import OpenedService

TOPIC = "policies"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Invalid policies, windows over a tenth of a lifetime, and the advice of dialects."""
    yield from map(fault, chosen.faults(instance))
    yield from map(warning, chosen.warnings(instance))
    yield from map(warning, _advice(instance))


def _advice(instance: OpenedService) -> Iterator[str]:
    for name, kind in instance.kinds().items():
        for advice in kind.advice:
            if advice.applies_to(instance.policies[name]):
                yield f"policies.{name}.{advice.member}: {advice.sentence}"
