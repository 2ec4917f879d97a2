"""A million sessions of another system, imported, and imported once more."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import people
from benchmarks.engines import NAMES, started
from benchmarks.importing import Imported, run_import
from benchmarks.report import Bound, table
from reticket.core.policy import DAY
from reticket.runtime.opening import Builder

RATE, MEGABYTES = 5_000.0, 200.0
"""Sessions a second, at least, and memory, at most."""

PEOPLE = 100_000
"""Whose sessions they are, by their ids in the other system."""

ROW = b'{"digest":"%064x","foreign_id":"%d","expires_at":%d}\n'


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of an engine.

    Args:
        title: the engine, and how it keeps what it is given.
        whole: the first import.
        again: the same rows once more.
    """

    name: str
    title: str
    sessions: int
    whole: Imported
    again: Imported

    def bounds(self) -> list[Bound]:
        """What must hold."""
        rate, memory = self.sessions / self.whole.seconds, self._megabytes
        return [
            Bound(
                f"{self.name}: {self.sessions:,} sessions, imported",
                f"{rate:,.0f}/s",
                f">= {RATE:,.0f}/s",
                rate >= RATE,
            ),
            Bound(
                f"{self.name}: memory",
                f"{memory:.0f} MB",
                f"<= {MEGABYTES:.0f} MB",
                memory <= MEGABYTES,
            ),
        ]

    @property
    def _megabytes(self) -> float:
        return max(self.whole.megabytes, self.again.megabytes)

    def lines(self) -> list[str]:
        """Of the report."""
        return [
            f"{self.title}. `reticket import sessions -` reads JSON lines with",
            f"digests of opaque tokens, of {PEOPLE:,} people. The rows are made meanwhile on the",
            "same machine.",
            "",
            *table(self.bounds()),
            "",
            f"{self.whole.seconds:.0f} s. The same rows again, all of them known:",
            f"{self.again.seconds:.0f} s. Each session was there once.",
        ]


def measure(folder: Path, name: str, sessions: int) -> Measured:
    """Import into an engine, whose directory is a file unless it can have one itself.

    Args:
        folder: made for it.
        name: of the engine.
        sessions: how many.
    """
    with started(name, folder) as engine:
        settings = dict(engine.settings)
        if name in people.DIRECTORIES and settings:
            settings["RETICKET_DIRECTORY"] = settings["RETICKET_SESSIONS"]
        data = folder / "data"
        run_import(data, settings, people.WORDS, people.rows(PEOPLE))
        whole = run_import(data, settings, words(), rows(sessions))
        again = run_import(data, settings, words(), rows(sessions))
        found = count(data, settings)
    if found != sessions:
        raise SystemExit(f"{found} sessions were imported instead of {sessions}")
    return Measured(NAMES[name], engine.title, sessions, whole, again)


def words() -> list[str]:
    """Of the command. The adoption ends in a month."""
    until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * DAY))
    made = ["--digest", "sha256-hex", "--kind", "akinon.user", "--until", until]
    return ["sessions", "-", "--adoption", "bench", "--system", "bench", *made]


def rows(sessions: int) -> Iterator[bytes]:
    """Of so many sessions, which end in three weeks."""
    ends = int(time.time()) + 21 * DAY
    for number in range(sessions):
        yield ROW % (number, number * people.STRIDE % PEOPLE, ends)


def count(data: Path, settings: Mapping[str, str]) -> int:
    """Of the sessions that are stored, each once."""
    builder = Builder()
    said = {name.removeprefix("RETICKET_").lower(): value for name, value in settings.items()}
    with closing(builder.open(builder.load(None, {"data": data, **said}))) as instance:
        return len({row.id for some in instance.store.walk() for row in some})
