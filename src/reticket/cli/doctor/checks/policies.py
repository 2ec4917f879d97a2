"""Whether the policies of resources and clients can be, and are wise."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, fault, warning
from reticket.runtime import policies as chosen
from reticket.runtime.house import House

TOPIC = "policies"


def look(house: House) -> Iterator[Finding]:
    """Policies that cannot be, windows over a tenth, and what a dialect's clients need."""
    yield from map(fault, chosen.faults(house))
    yield from map(warning, chosen.warnings(house))
    yield from map(warning, _advice(house))


def _advice(house: House) -> Iterator[str]:
    for dialect in house.dialects:
        for resource in dialect.resources:
            for advice in resource.advice:
                if advice.fits(house.policies[resource.name]):
                    yield f"policies.{resource.name}.{advice.member}: {advice.sentence}"
