"""A million people with password hashes, imported, killed in the middle and resumed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from tests.torture.postgresql import PostgreSQL

from benchmarks.importing import Imported, importing, run_import
from benchmarks.report import Bound, table
from reticket.directory.tables import users
from reticket.runtime.opening import Builder
from reticket.testing.waiting import until

SECONDS, MEGABYTES = 180.0, 200.0
"""For a million people, at most."""

POSTGRESQL = "shared_buffers = 128MB\n"
"""As the server has it by default; the tests make do with less."""

STRIDE = 7919
"""Of a prime number, so that the order of e-mail addresses is not that of an index."""

WORDS = ("users", "-", "--system", "bench")
ROW = (
    b'{"email":"person%d@example.com","password_hash":"$2b$12$%021d.EixZaYVK1fsbw1ZfbX3OXePaWxn96p3'
    b'","first_name":"Ada","last_name":"Lovelace","foreign_id":"%d"}\n'
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of an engine.

    Args:
        whole: the first import.
        again: the same rows once more.
        before: how many people were there when another import was killed.
        resumed: the same rows after that.
    """

    name: str
    people: int
    whole: Imported
    again: Imported
    before: int
    resumed: Imported

    def bounds(self) -> list[Bound]:
        """What must hold for a million."""
        whole, goal = self.whole, SECONDS * self.people / 1_000_000
        name = f"{self.name}: {self.people:,} people"
        memory = max(whole.megabytes, self.again.megabytes, self.resumed.megabytes)
        return [
            Bound(f"{name}", f"{whole.seconds:.0f} s", f"<= {goal:.0f} s", whole.seconds <= goal),
            Bound(
                f"{self.name}: memory",
                f"{memory:.0f} MB",
                f"<= {MEGABYTES:.0f} MB",
                memory <= MEGABYTES,
            ),
        ]

    def lines(self) -> list[str]:
        """Of the report."""
        return [
            f"{self.name}. `reticket import users -` reads JSON lines with bcrypt hashes, which",
            "are made meanwhile on the same machine. E-mail addresses come in no order.",
            "",
            *table(self.bounds()),
            "",
            f"{self.people / self.whole.seconds:,.0f} people/s. The same rows again, all of them",
            f"known: {self.again.seconds:.0f} s. After `kill -9` with {self.before:,} people, the",
            f"rest came in {self.resumed.seconds:.0f} s; nobody twice, and nobody was missing.",
        ]


def measure(folder: Path, name: str, people: int) -> Measured:
    """Import into a directory of each engine.

    Args:
        folder: made for it.
        name: of the engine.
        people: how many.
    """
    folder.mkdir()
    with DIRECTORIES[name](folder) as settings:
        whole = imported(folder / "whole", settings("whole"), people)
        again = imported(folder / "whole", settings("whole"), people)
        before = killed(folder / "killed", settings("killed"), people)
        resumed = imported(folder / "killed", settings("killed"), people)
    return Measured(NAMES[name], people, whole, again, before, resumed)


Settings = Callable[[str], Mapping[str, str]]
"""The variables for a directory of that name."""


@contextmanager
def sqlite(folder: Path) -> Iterator[Settings]:
    """Files in the data folders."""
    yield lambda name: {}


@contextmanager
def postgresql(folder: Path) -> Iterator[Settings]:
    """A database for each, of one server."""
    with PostgreSQL.kept(folder / "postgresql", POSTGRESQL) as server:

        def settings(name: str) -> Mapping[str, str]:
            if not server.run(f"SELECT 1 FROM pg_database WHERE datname = '{name}'", "postgres"):
                server.run(f"CREATE DATABASE {name}", "postgres")
            return {"RETICKET_DIRECTORY": f"{server.url.rpartition('/')[0]}/{name}"}

        yield settings


DIRECTORIES = {"sqlite": sqlite, "postgresql": postgresql}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def imported(data: Path, settings: Mapping[str, str], people: int) -> Imported:
    """Import all of them. SystemExit unless each is there once."""
    took = run_import(data, settings, WORDS, rows(people))
    with counting(data, settings) as count:
        found = count()
    if found != people:
        raise SystemExit(f"{found} people were imported instead of {people}")
    return took


def killed(data: Path, settings: Mapping[str, str], people: int) -> int:
    """Kill an import when half of them are there. How many were there afterwards."""
    command = importing(data, settings, WORDS, rows(people))
    with command as (process, end), counting(data, settings) as count:
        until(lambda: process.poll() is not None or count() >= people // 2, "half of them")
        process.send_signal(signal.SIGKILL)
        process.wait()
        end.set()
        found = count()
    if process.returncode != -signal.SIGKILL:
        raise SystemExit(f"the import ended with {process.returncode} before it was killed")
    return found


def rows(people: int) -> Iterator[bytes]:
    """Of so many people."""
    for number in range(people):
        yield ROW % (number * STRIDE % people, number, number)


@contextmanager
def counting(data: Path, settings: Mapping[str, str]) -> Iterator[Callable[[], int]]:
    """Counts the people of a directory."""
    builder = Builder()
    url = settings.get("RETICKET_DIRECTORY")
    said = {"data": data} if url is None else {"data": data, "directory": url}
    everybody = select(func.count()).select_from(users)

    def count() -> int:
        with instance.directory.database.read() as connection:
            return connection.execute(everybody).scalar_one()

    with closing(builder.open(builder.load(None, said))) as instance:
        yield count
