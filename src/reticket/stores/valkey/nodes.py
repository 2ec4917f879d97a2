"""Which server has a key: one server, or a cluster whose slots move.

The driver owns topology and connections; this module does not know what is sent.
"""

from __future__ import annotations

from typing import Any, Protocol

from valkey.cluster import PRIMARY, ClusterNode, ValkeyCluster
from valkey.connection import Connection, ConnectionPool, SSLConnection
from valkey.crc import key_slot

from reticket.stores.valkey.address import Address

CONNECTIONS = 256
"""At most, for each server and port of a process."""

Pool = ConnectionPool


class Nodes(Protocol):
    """Connection pools by key."""

    def pool_of(self, key: bytes) -> Pool:
        """The pool of the primary that has a key."""
        ...

    def at(self, host: str, port: int) -> Pool:
        """The pool of a server that a redirection named."""
        ...

    def primaries(self) -> list[Pool]:
        """The pools of all primaries."""
        ...

    def refresh(self, suspect: Pool | None) -> None:
        """Read the topology again; the suspect node is asked last."""
        ...

    @property
    def layout(self) -> tuple[str, ...]:
        """Asks a primary for its slots and their migrations; empty without slots."""
        ...

    def close(self) -> None: ...


class Server:
    """One server."""

    layout = ()

    def __init__(self, address: Address, host: str, port: int, timeout: float) -> None:
        options = _options(address, timeout)
        if address.tls:
            options["ssl_ca_certs"] = address.ca
        self._pool = Pool(
            SSLConnection if address.tls else Connection,
            host=host, port=port, db=address.database, **options,
        )  # fmt: skip

    def pool_of(self, key: bytes) -> Pool:
        return self._pool

    def at(self, host: str, port: int) -> Pool:
        return self._pool

    def primaries(self) -> list[Pool]:
        return [self._pool]

    def refresh(self, suspect: Pool | None) -> None:
        """Drop idle connections: the name may now mean another server."""
        self._pool.disconnect(inuse_connections=False)

    def close(self) -> None:
        self._pool.disconnect()


class Cluster:
    """The primaries of a cluster, by slot. The hosts of the URL are never forgotten."""

    layout = ("CLUSTER", "NODES")

    def __init__(self, address: Address, timeout: float) -> None:
        options = _options(address, timeout)
        if address.tls:
            options |= {"ssl": True, "ssl_ca_certs": address.ca}
        self._seeds = {node.name: node for node in map(_node, *zip(*address.hosts, strict=True))}
        self._unlisted: dict[str, Any] = {}
        self._client: Any = ValkeyCluster(startup_nodes=list(self._seeds.values()), **options)

    def pool_of(self, key: bytes) -> Pool:
        return self._pool(self._client.nodes_manager.get_node_from_slot(key_slot(key)))

    def at(self, host: str, port: int) -> Pool:
        """The pool of a named server, which may have no slot yet and so be missing in the table."""
        node = self._client.get_node(host, port)
        if node is None:
            fresh = _node(host, port)
            node = self._unlisted.setdefault(fresh.name, fresh)
        return self._pool(node)

    def primaries(self) -> list[Pool]:
        return [self._pool(node) for node in self._client.get_primaries()]

    def refresh(self, suspect: Pool | None) -> None:
        manager = self._client.nodes_manager
        known = {**self._seeds, **manager.nodes_cache}
        last = _name(suspect) if suspect else ""
        manager.startup_nodes = dict(sorted(known.items(), key=lambda item: item[0] == last))
        manager.initialize()

    def close(self) -> None:
        for node in (*self._client.get_nodes(), *self._seeds.values(), *self._unlisted.values()):
            if node.valkey_connection:
                node.valkey_connection.connection_pool.disconnect()

    def _pool(self, node: Any) -> Pool:
        pool: Pool = self._client.get_valkey_connection(node).connection_pool
        return pool


def _node(host: str, port: int) -> Any:
    make: Any = ClusterNode
    return make(host, port, PRIMARY)


def _options(address: Address, timeout: float) -> dict[str, Any]:
    return {
        "username": address.username,
        "password": address.password,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "socket_keepalive": True,
        "max_connections": CONNECTIONS,
    }


def _name(pool: Pool) -> str:
    return f"{pool.connection_kwargs['host']}:{pool.connection_kwargs['port']}"
