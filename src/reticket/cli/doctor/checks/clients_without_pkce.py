"""Whether clients leave out PKCE, which protects their codes (RFC 9700 §2.1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from reticket.cli.doctor.findings import Finding, warning
from reticket.directory.programs.clients import every_client
from reticket.oauth.pkce import WINDOW, without_pkce_key
from reticket.runtime.opened_service import OpenedService

TOPIC = "clients without PKCE"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Clients that exchanged codes without it lately."""
    for client in every_client(instance.directory.clients):
        counted = instance.ephemeral.count(without_pkce_key(client.id), WINDOW, 0)
        if counted.total:
            yield warning(
                f"{client.id} exchanged {counted.total} codes without PKCE in the last 30 days: "
                "switch PKCE on in its library, then run reticket client edit "
                f"{quote(client.id)} --pkce required"
            )
