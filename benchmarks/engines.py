"""The engines that are measured, each in a folder of its own and as durable as it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from tests.stores.valkey.servers import Standalone
from tests.torture.postgresql import PostgreSQL

POSTGRESQL = "shared_buffers = 128MB\n"
"""As the server has it by default; the tests make do with less."""

ROWS = """
SELECT sum(pg_total_relation_size(inhrelid))::bigint + pg_total_relation_size('traits')
FROM pg_inherits WHERE inhparent = 'families'::regclass
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine at work.

    Args:
        title: what it is called, and how it keeps what it is given.
        settings: variables for a service over it.
        taken: bytes that the sessions take; of Valkey in memory, of the others on disk.
        logged: bytes that it has written to its log so far.
        busy: seconds of processor time that its own processes have used so far.
    """

    title: str
    settings: Mapping[str, str]
    taken: Callable[[], int]
    logged: Callable[[], int] = field(default=lambda: 0)
    busy: Callable[[], float] = field(default=lambda: 0.0)


@contextmanager
def sqlite(folder: Path) -> Iterator[Engine]:
    """A file in the data folder, written by the service itself."""
    file = folder / "data" / "families.sqlite"
    yield Engine("SQLite, `synchronous=FULL`", {}, lambda: file.stat().st_size)


@contextmanager
def postgresql(folder: Path) -> Iterator[Engine]:
    """A server beside the service."""
    with PostgreSQL.kept(folder / "postgresql", POSTGRESQL) as server:

        def said(statement: str) -> int:
            return int(server.run(statement)[0][0])

        settings = {name: server.run(f"SHOW {name}")[0][0] for name in POSTGRESQL_KEEPS}
        _insist(settings, POSTGRESQL_KEEPS)
        version = server.run("SHOW server_version")[0][0].partition(" ")[0]
        yield Engine(
            f"PostgreSQL {version}, {_in_words(settings)}",
            {"RETICKET_SESSIONS": server.url},
            lambda: (server.run("CHECKPOINT"), said(ROWS))[1],
            lambda: said("SELECT pg_current_wal_insert_lsn() - '0/0'"),
            lambda: processor_seconds(psutil.Process(server.pid)),
        )


@contextmanager
def valkey(folder: Path) -> Iterator[Engine]:
    """One server beside the service."""
    with closing(Standalone(folder / "valkey", "--auto-aof-rewrite-percentage", "0")) as server:
        told = server.client
        settings = {name: told.config_get(name)[name] for name in VALKEY_KEEPS}
        _insist(settings, VALKEY_KEEPS)
        version = told.info("server")["valkey_version"]
        empty = told.info("memory")["used_memory"]
        yield Engine(
            f"Valkey {version}, {_in_words(settings)}",
            {"RETICKET_SESSIONS": server.url},
            lambda: told.info("memory")["used_memory"] - empty,
            lambda: told.info("persistence")["aof_current_size"],
            lambda: processor_seconds(psutil.Process(server.servers[0].process.pid)),
        )


POSTGRESQL_KEEPS = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
VALKEY_KEEPS = {"appendonly": "yes", "appendfsync": "always"}

Start = Callable[[Path], AbstractContextManager[Engine]]
ENGINES: Mapping[str, Start] = {"sqlite": sqlite, "postgresql": postgresql, "valkey": valkey}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "valkey": "Valkey"}


def started(name: str, folder: Path) -> AbstractContextManager[Engine]:
    """An engine in a folder that is made for it."""
    folder.mkdir()
    return ENGINES[name](folder)


def _insist(settings: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    if settings != wanted:
        raise SystemExit(f"the engine does not keep what it is given: {settings}")


def _in_words(settings: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {value}" for name, value in settings.items())


def processor_seconds(first: psutil.Process) -> float:
    """Seconds of processor time that a process and all that it has started have used.

    Args:
        first: the process. What those that ended before it have used counts as its own.
    """
    ended = first.cpu_times()
    living = map(_used, (first, *first.children(recursive=True)))
    return sum(living) + ended.children_user + ended.children_system


def _used(process: psutil.Process) -> float:
    """None of a process that has ended meanwhile: its parent counts it from then on."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system
