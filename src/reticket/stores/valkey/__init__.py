"""Families and ephemera in Valkey or Redis, one server or a cluster: a key with a TTL a family.

Knows the engine and its faults; no dialect, no other engine. The driver is asked for when it is
needed, so that an installation without it still runs on its file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reticket.core.errors import StartupError
from reticket.core.ports import Clock
from reticket.core.storage.schema import SchemaState

if TYPE_CHECKING:
    from reticket.stores.valkey.ephemeral import ValkeyEphemeral
    from reticket.stores.valkey.families import ValkeyStore

SCHEMES = ("valkey", "valkey-cluster")
PATIENCE = 5.0
"""Seconds for an answer, where no setting says so."""

__all__ = ["SCHEMES", "migrate", "open_store", "standing"]


def open_store(
    url: str, clock: Clock, busy_timeout: float = 5.0
) -> tuple[ValkeyStore, ValkeyEphemeral]:
    """Both ports on the servers of a `valkey://` or `valkey-cluster://` URL.

    Args:
        url: see `address.parse`.
        clock: unused, the engine's own decides.
        busy_timeout: seconds that a connection, an answer or a replica is waited for.

    Raises:
        StartupError: no driver, a bad URL, no server, one that evicts, or data of another
            version; never the password.
    """
    with _driver():
        from reticket.stores.valkey.address import parse
        from reticket.stores.valkey.ephemeral import ValkeyEphemeral
        from reticket.stores.valkey.families import ValkeyStore
        from reticket.stores.valkey.opening import connect
    address = parse(url)
    families, ephemera = (connect(address, busy_timeout) for _ in range(2))
    return ValkeyStore(families), ValkeyEphemeral(ephemera)


def standing(url: str) -> SchemaState:
    """How the format of the families stands; nothing is written."""
    with _driver():
        from reticket.stores.valkey import address, opening
    return opening.standing(address.parse(url), PATIENCE)


def migrate(url: str) -> None:
    """Let families be of the newest format from now on."""
    with _driver():
        from reticket.stores.valkey import address, opening
    opening.migrate(address.parse(url), PATIENCE)


@contextmanager
def _driver() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise StartupError(
            f"{error.name} is not installed, which Valkey needs: pip install 'reticket[valkey]'"
        ) from None
