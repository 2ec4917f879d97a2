"""Finds clients whose allowed groups have no members."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.directory.programs.clients import every_client
from reticket.runtime.opened_service import OpenedService

TOPIC = "groups of clients"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Clients with a group in `groups_allowed` that has no member, as by a wrong letter."""
    allowed = {
        client.id: client.registration["groups_allowed"]
        for client in every_client(instance.directory.clients)
        if "groups_allowed" in client.registration
    }
    known = instance.directory.users.groups() if allowed else set()
    for client_id, groups in allowed.items():
        for group in (each for each in groups if each not in known):
            yield warning(
                f"{client_id} is for the group {group!r}, and nobody is in it: correct the name "
                "with reticket client edit --allowed-group, or add people to it with "
                "reticket user change --group"
            )
