"""Families and short-lived entries in Valkey or Redis, one server or a cluster: one key a family.

Owns the connections and the mapping of their errors. Imports no dialect and no other engine. The
driver is imported when needed, so that an installation without it still runs on SQLite.
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
TIMEOUT = 5.0
"""Seconds for a reply, where no setting applies."""

__all__ = ["SCHEMES", "migrate", "open_store", "standing"]


def open_store(
    url: str, clock: Clock, busy_timeout: float = 5.0
) -> tuple[ValkeyStore, ValkeyEphemeral]:
    """Both ports on the servers of a `valkey://` or `valkey-cluster://` URL.

    Args:
        url: see `address.parse`.
        clock: unused; the engine's clock decides.
        busy_timeout: seconds to wait for a connection, a reply or a replica.

    Raises:
        StartupError: no driver, a bad URL, no server, a server that evicts keys, or data of another
            version. The text never contains the password.
    """
    with _driver():
        from reticket.stores.valkey.address import parse
        from reticket.stores.valkey.ephemeral import ValkeyEphemeral
        from reticket.stores.valkey.families import ValkeyStore
        from reticket.stores.valkey.opening import connect
    address = parse(url)
    families, ephemera = (connect(address, busy_timeout) for _ in range(2))
    return ValkeyStore(families), ValkeyEphemeral(ephemera)


def schema_state(url: str) -> SchemaState:
    """The format version of the families; nothing is written."""
    with _driver():
        from reticket.stores.valkey import address, opening
    return opening.schema_state(address.parse(url), TIMEOUT)


def migrate(url: str) -> None:
    """Mark the families as being of the newest format."""
    with _driver():
        from reticket.stores.valkey import address, opening
    opening.migrate(address.parse(url), TIMEOUT)


@contextmanager
def _driver() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise StartupError(
            f"{error.name} is not installed and Valkey needs it: pip install 'reticket[valkey]'"
        ) from None
