"""Families and ephemera in Valkey or Redis, one server or a cluster: a key with a TTL a family.

Knows the engine and its faults; no dialect, no other engine. The driver is asked for when it is
needed, so that an installation without it still runs on its file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reticket.core.errors import StartupError
from reticket.core.ports import Clock

if TYPE_CHECKING:
    from reticket.stores.valkey.ephemeral import ValkeyEphemeral
    from reticket.stores.valkey.families import ValkeyStore

SCHEMES = ("valkey", "valkey-cluster")
SCHEME = SCHEMES[0]

__all__ = ["SCHEME", "SCHEMES", "open_store"]


def open_store(
    url: str, clock: Clock, busy_timeout: float = 5.0
) -> tuple[ValkeyStore, ValkeyEphemeral]:
    """Both ports on the servers of a `valkey://` or `valkey-cluster://` URL.

    Args:
        url: see `address.parse`.
        clock: unused, the engine's own decides (design §1).
        busy_timeout: seconds that a connection, an answer or a replica is waited for.

    Raises:
        StartupError: no driver, a bad URL, no server, one that evicts, or data of another
            version; never the password.
    """
    try:
        from reticket.stores.valkey.address import parse
        from reticket.stores.valkey.ephemeral import ValkeyEphemeral
        from reticket.stores.valkey.families import ValkeyStore
        from reticket.stores.valkey.opening import connect
    except ImportError as error:
        raise StartupError(
            f"{error.name} is not installed, which Valkey needs: "
            "install reticket with its extra `valkey`"
        ) from None
    address = parse(url)
    families, ephemera = (connect(address, busy_timeout) for _ in range(2))
    return ValkeyStore(families), ValkeyEphemeral(ephemera)
