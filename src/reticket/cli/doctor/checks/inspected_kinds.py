"""Whether clients may inspect kinds of tokens that this service does not have."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from reticket.cli.doctor.findings import Finding, warning
from reticket.directory.programs.clients import every_client
from reticket.directory.seed import unknown_kinds
from reticket.runtime.opened_service import OpenedService

TOPIC = "inspected kinds of tokens"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Kinds of a dialect that is off, or that was removed."""
    known = [name for name, kind in instance.kinds().items() if kind.is_inspected]
    for client in every_client(instance.directory.clients):
        for fault in unknown_kinds(client.registration, known):
            yield warning(
                f"client {client.id}: {fault}: "
                f"reticket client edit {quote(client.id)} --inspects KIND names others"
            )
