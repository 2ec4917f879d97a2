"""The start: are the servers there, of the right kind, and do they keep what they are given?"""

from __future__ import annotations

from collections.abc import Mapping

from valkey.exceptions import ValkeyClusterException, ValkeyError

from reticket.core.errors import StartupError, Unavailable
from reticket.core.policy import SECOND
from reticket.stores.valkey.address import Address
from reticket.stores.valkey.engine import Engine, reason
from reticket.stores.valkey.nodes import Cluster, Server
from reticket.stores.valkey.scripts import Command
from reticket.stores.valkey.trips import DISK, REPLICAS, Barrier

FORMAT = b"1"
FORMAT_KEY = b"rt:format"
OLDEST = (6, 2)
KNOWS_WAITAOF = (7, 2)
LATE = 1000
"""Milliseconds after which a replica is not late, but gone."""

GRACE = 1.0
"""Seconds that a server gets to report that a replica is late before we hang up."""


def connect(address: Address, patience: float) -> Engine:
    """The engine at that address, looked over.

    Args:
        address: of one server or of a cluster.
        patience: seconds for a connection, an answer, a replica.

    Raises:
        StartupError: one sentence that says what is wrong, without the password.
    """
    try:
        _check_kind(address, patience)
        nodes = (
            Cluster(address, patience + GRACE)
            if address.clustered
            else Server(address, *address.hosts[0], patience + GRACE)
        )
        return Engine(nodes, _look_over(Engine(nodes), address, patience))
    except (Unavailable, ValkeyError, ValkeyClusterException, OSError, UnicodeError) as error:
        raise StartupError(
            f"Valkey at {address} cannot be used: {reason(error)}; see that it runs and that the "
            "address, user and password in `families` are right"
        ) from None


def _check_kind(address: Address, patience: float) -> None:
    said = _first_answer(address, patience)
    clustered = said.get("cluster_enabled") == "1"
    if clustered and not address.clustered:
        raise StartupError(f"Valkey at {address} is a node of a cluster: write valkey-cluster://")
    if address.clustered and not clustered:
        raise StartupError(f"Valkey at {address} is no cluster: write valkey://")
    if not clustered and said.get("role") == "slave":
        raise StartupError(f"Valkey at {address} is a replica: name the primary")
    if _version(said) < OLDEST:
        raise StartupError(
            f"Valkey at {address} is too old: version 6.2 is the oldest that will do"
        )


def _first_answer(address: Address, patience: float) -> dict[str, str]:
    """What the first host says of itself that can be reached; the fault of the last if none."""
    for host, port in address.hosts[:-1]:
        try:
            return _ask(address, host, port, patience)
        except Unavailable:
            continue
    return _ask(address, *address.hosts[-1], patience)


def _ask(address: Address, host: str, port: int, patience: float) -> dict[str, str]:
    engine = Engine(Server(address, host, port, patience))
    try:
        return engine.info()[0]
    finally:
        engine.close()


def _look_over(engine: Engine, address: Address, patience: float) -> tuple[Barrier, ...]:
    primaries = engine.info()
    for said in primaries:
        policy = said.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            raise StartupError(
                f"Valkey at {address} has maxmemory-policy {policy}, which throws sessions away "
                "when memory is short: set it to noeviction"
            )
    _check_format(engine, address)
    return tuple(_barriers(primaries, address.wait, round(patience * SECOND)))


def _check_format(engine: Engine, address: Address) -> None:
    _, found = engine.ask(
        [
            Command(FORMAT_KEY, ("SET", FORMAT_KEY, FORMAT, "NX")),
            Command(FORMAT_KEY, ("GET", FORMAT_KEY)),
        ]
    )
    if found != FORMAT:
        raise StartupError(
            f"the families in Valkey at {address} were written by another version of reticket; "
            "update this one"
        )


def _barriers(primaries: list[dict[str, str]], wait: int, patience: int) -> list[Barrier]:
    """The strongest that the engine has: in the file of the primary, where it keeps one, and on
    as many replicas as the URL wants.
    """
    kept = all(
        said.get("aof_enabled") == "1" and _version(said) >= KNOWS_WAITAOF for said in primaries
    )
    disk = [Barrier(DISK, (1, 0), patience, 1)] if kept else []
    return disk + ([Barrier(REPLICAS, (wait,), min(patience, LATE), wait)] if wait else [])


def _version(said: Mapping[str, str]) -> tuple[int, ...]:
    text = said.get("redis_version", "0")
    return tuple(int(each) for each in text.split(".")[:2] if each.isdigit())
