"""Looks up the client that a request names."""

from __future__ import annotations

from reticket.core.commands import Asking, FindClient
from reticket.core.people import Client


def find_client(client_id: str | None) -> Asking[Client | None]:
    """The client, disabled or not; None for a missing id, and for one that no client can have."""
    if client_id is None or not client_id.isprintable():
        return None
    client: Client | None = yield from FindClient(client_id)
    return client


def find_enabled(client_id: str | None) -> Asking[Client | None]:
    """The client, unless it is disabled."""
    client = yield from find_client(client_id)
    return None if client is None or client.disabled else client
