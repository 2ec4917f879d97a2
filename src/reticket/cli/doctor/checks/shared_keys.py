"""Whether clients have the symmetric key of a kind's access tokens."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from reticket.cli.doctor.findings import Finding, warning
from reticket.directory.programs.clients import every_client
from reticket.oauth.shared_keys import WARNING, shared_in
from reticket.runtime.opened_service import OpenedService

TOPIC = "shared keys"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Each client with such a key."""
    for client in every_client(instance.directory.clients):
        for kind in shared_in(client.registration):
            yield warning(
                f"client {client.id} has the access key of {kind}: {WARNING}; then run "
                f"reticket key unshare --kind {kind} --client {quote(client.id)}"
            )
