"""Opens the servers and checks their kind, version and eviction policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from valkey.exceptions import ValkeyClusterException, ValkeyError

from reticket.core.errors import StartupError, Unavailable
from reticket.core.policy import SECOND
from reticket.core.storage.schema import SchemaState, Task
from reticket.stores.valkey.address import Address
from reticket.stores.valkey.engine import Engine, reason
from reticket.stores.valkey.nodes import Cluster, Nodes, Server
from reticket.stores.valkey.pipelines import DISK, REPLICAS, Barrier
from reticket.stores.valkey.scripts import Command

FORMAT = 1
OLDEST_FORMAT = 1
"""The oldest format version whose code runs on families of `FORMAT`."""
FORMAT_KEY = b"rt:format"
OLDEST = (6, 2)
KNOWS_WAITAOF = (7, 2)
_MARK = f"{FORMAT} {OLDEST_FORMAT}"
_MARKS = re.compile(rb"(?P<found>\d{1,6})( (?P<oldest>\d{1,6}))?")
REPLICA_TIMEOUT = 1000
"""Milliseconds to wait for a replica before it counts as missing."""

GRACE = 1.0
"""Seconds that the server gets to report a missing replica before the client disconnects."""


def connect(address: Address, timeout: float) -> Engine:
    """The engine at an address, after all checks.

    Args:
        address: of one server or of a cluster.
        timeout: seconds for a connection, a reply, a replica.

    Raises:
        StartupError: one sentence that says what is wrong, without the password.
    """
    with _starting(address):
        nodes = _reached(address, timeout)
        engine = Engine(nodes, _checked_barriers(Engine(nodes), address, timeout))
        _prepare_format(engine, address)
        return engine


def schema_state(address: Address, timeout: float) -> SchemaState:
    """The format version of the families; nothing is written. StartupError."""
    with _starting(address), closing(Engine(_reached(address, timeout))) as engine:
        return _schema_state(engine, address)


def migrate(address: Address, timeout: float) -> None:
    """Mark the families as being of the newest format; each row is rewritten when it changes."""
    with _starting(address), closing(Engine(_reached(address, timeout))) as engine:
        found = _schema_state(engine, address)
        found.refuse_newer()
        if found.task is not Task.NOTHING:
            engine.ask([Command(FORMAT_KEY, ("SET", FORMAT_KEY, _MARK))])


@contextmanager
def _starting(address: Address) -> Iterator[None]:
    try:
        yield
    except (Unavailable, ValkeyError, ValkeyClusterException, OSError, UnicodeError) as error:
        raise StartupError(
            f"Valkey at {address} cannot be used: {reason(error)}; check that it runs and that the "
            "address, user and password in its URL are right"
        ) from None


def _reached(address: Address, timeout: float) -> Nodes:
    _check_kind(address, timeout)
    if address.clustered:
        return Cluster(address, timeout + GRACE)
    return Server(address, *address.hosts[0], timeout + GRACE)


def _check_kind(address: Address, timeout: float) -> None:
    info = _first_info(address, timeout)
    clustered = info.get("cluster_enabled") == "1"
    if clustered and not address.clustered:
        raise StartupError(f"Valkey at {address} is a node of a cluster: write valkey-cluster://")
    if address.clustered and not clustered:
        raise StartupError(f"Valkey at {address} is no cluster: write valkey://")
    if not clustered and info.get("role") == "slave":
        raise StartupError(f"Valkey at {address} is a replica: name the primary")
    if _version(info) < OLDEST:
        raise StartupError(f"Valkey at {address} is too old: reticket needs 6.2 or later")


def _first_info(address: Address, timeout: float) -> dict[str, str]:
    """INFO of the first host that answers. Unavailable of the last host when none does."""
    for host, port in address.hosts[:-1]:
        try:
            return _ask(address, host, port, timeout)
        except Unavailable:
            continue
    return _ask(address, *address.hosts[-1], timeout)


def _ask(address: Address, host: str, port: int, timeout: float) -> dict[str, str]:
    engine = Engine(Server(address, host, port, timeout))
    try:
        return engine.info()[0]
    finally:
        engine.close()


def _checked_barriers(engine: Engine, address: Address, timeout: float) -> tuple[Barrier, ...]:
    primaries = engine.info()
    for info in primaries:
        policy = info.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            raise StartupError(
                f"Valkey at {address} has maxmemory-policy {policy}, which deletes sessions "
                "when memory is short: set it to noeviction"
            )
    return tuple(_barriers(primaries, address.wait, round(timeout * SECOND)))


def _prepare_format(engine: Engine, address: Address) -> None:
    engine.ask([Command(FORMAT_KEY, ("SET", FORMAT_KEY, _MARK, "NX"))])
    found = _schema_state(engine, address)
    found.refuse_newer()
    found.refuse_older()


def _schema_state(engine: Engine, address: Address) -> SchemaState:
    (mark,) = engine.ask([Command(FORMAT_KEY, ("GET", FORMAT_KEY))])
    info = _MARKS.fullmatch(mark or b"0")
    if info is None:
        raise StartupError(
            f"Valkey at {address} has a key {FORMAT_KEY.decode()} that reticket did not write: "
            "give reticket a database of its own"
        )
    found = int(info["found"])
    return SchemaState("sessions", str(address), found, int(info["oldest"] or found), FORMAT)


def _barriers(primaries: list[dict[str, str]], wait: int, timeout: int) -> list[Barrier]:
    """The strongest barriers that the engine has: the primary's append-only file, where enabled,
    and as many replicas as the URL requires.
    """
    has_aof = all(
        info.get("aof_enabled") == "1" and _version(info) >= KNOWS_WAITAOF for info in primaries
    )
    disk = [Barrier(DISK, (1, 0), timeout, 1)] if has_aof else []
    return disk + (
        [Barrier(REPLICAS, (wait,), min(timeout, REPLICA_TIMEOUT), wait)] if wait else []
    )


def _version(info: Mapping[str, str]) -> tuple[int, ...]:
    text = info.get("redis_version", "0")
    return tuple(int(each) for each in text.split(".")[:2] if each.isdigit())
