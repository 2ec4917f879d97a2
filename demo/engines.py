"""The engines that the services share: each runs while its context does, and says how to use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.torture.postgresql import PostgreSQL
from tests.torture.valkey import Cluster

Settings = Mapping[str, str]
"""Variables for each of the services."""


@contextmanager
def postgresql(folder: Path) -> Iterator[Settings]:
    """Sessions and directory in one database."""
    with PostgreSQL.kept(folder / "postgresql") as server:
        yield {"RETICKET_SESSIONS": server.url, "RETICKET_DIRECTORY": server.url}


@contextmanager
def cluster(folder: Path) -> Iterator[Settings]:
    """Sessions in the cluster; the directory in a file, since both services are on one machine."""
    file = folder / "directory.sqlite"
    with Cluster.kept(folder / "cluster") as servers:
        yield {"RETICKET_SESSIONS": servers.url, "RETICKET_DIRECTORY": f"sqlite:///{file}"}


ENGINES = {
    "postgresql": (postgresql, "PostgreSQL"),
    "cluster": (cluster, "a Valkey cluster of six processes"),
}
