"""The start: are the servers there, of the right kind, and do they keep what they are given?"""

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
from reticket.stores.valkey.scripts import Command
from reticket.stores.valkey.trips import DISK, REPLICAS, Barrier

FORMAT = 1
OLDEST_FORMAT = 1
"""The oldest that code may know which runs on families of this format."""
FORMAT_KEY = b"rt:format"
OLDEST = (6, 2)
KNOWS_WAITAOF = (7, 2)
_MARK = f"{FORMAT} {OLDEST_FORMAT}"
_MARKS = re.compile(rb"(?P<found>\d{1,6})( (?P<oldest>\d{1,6}))?")
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
    with _starting(address):
        nodes = _reached(address, patience)
        engine = Engine(nodes, _look_over(Engine(nodes), address, patience))
        _prepare_format(engine, address)
        return engine


def standing(address: Address, patience: float) -> SchemaState:
    """How the format of the families there stands; nothing is written. StartupError."""
    with _starting(address), closing(Engine(_reached(address, patience))) as engine:
        return _standing(engine, address)


def migrate(address: Address, patience: float) -> None:
    """Say that families are of the newest format from now on; each is rewritten when it changes."""
    with _starting(address), closing(Engine(_reached(address, patience))) as engine:
        found = _standing(engine, address)
        found.refuse_newer()
        if found.task is not Task.NOTHING:
            engine.ask([Command(FORMAT_KEY, ("SET", FORMAT_KEY, _MARK))])


@contextmanager
def _starting(address: Address) -> Iterator[None]:
    try:
        yield
    except (Unavailable, ValkeyError, ValkeyClusterException, OSError, UnicodeError) as error:
        raise StartupError(
            f"Valkey at {address} cannot be used: {reason(error)}; see that it runs and that the "
            "address, user and password in its URL are right"
        ) from None


def _reached(address: Address, patience: float) -> Nodes:
    _check_kind(address, patience)
    if address.clustered:
        return Cluster(address, patience + GRACE)
    return Server(address, *address.hosts[0], patience + GRACE)


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
    return tuple(_barriers(primaries, address.wait, round(patience * SECOND)))


def _prepare_format(engine: Engine, address: Address) -> None:
    engine.ask([Command(FORMAT_KEY, ("SET", FORMAT_KEY, _MARK, "NX"))])
    found = _standing(engine, address)
    found.refuse_newer()
    found.refuse_older()


def _standing(engine: Engine, address: Address) -> SchemaState:
    (mark,) = engine.ask([Command(FORMAT_KEY, ("GET", FORMAT_KEY))])
    said = _MARKS.fullmatch(mark or b"0")
    if said is None:
        raise StartupError(
            f"Valkey at {address} has a key {FORMAT_KEY.decode()} that is not of reticket: give it "
            "a database of its own"
        )
    found = int(said["found"])
    return SchemaState("families", str(address), found, int(said["oldest"] or found), FORMAT)


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
