"""The page of results: what was measured, on what, by which command."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parent / "results.md"
LIBRARIES = (
    "uvicorn", "uvloop", "httptools", "msgspec", "cryptography", "psycopg", "valkey", "libvalkey",
)  # fmt: skip
LOAD = os.getloadavg()[0]
"""Before anything is measured: over 1, somebody else was at work."""


class Bound(NamedTuple):
    """A figure that must hold.

    Args:
        what: was measured.
        found: the figure, with its unit.
        goal: its bound.
        kept: whether it holds.
    """

    what: str
    found: str
    goal: str
    kept: bool


def table(bounds: Sequence[Bound]) -> Iterator[str]:
    """A line for each."""
    yield "| measured | result | bound | |"
    yield "| --- | --- | --- | --- |"
    for each in bounds:
        yield f"| {each.what} | {each.found} | {each.goal} | {'kept' if each.kept else 'missed'} |"


def insist(bounds: Sequence[Bound]) -> None:
    """SystemExit where one is missed."""
    missed = [each.what for each in bounds if not each.kept]
    if missed:
        raise SystemExit(f"missed: {'; '.join(missed)}")


def machine() -> str:
    """Where this runs, in one line."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def versions() -> str:
    """What it runs on, in one line."""
    found = [f"{name} {version(name)}" for name in LIBRARIES]
    return ", ".join(
        [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}", *found]
    )


def write(page: Path, section: str, lines: Sequence[str]) -> None:
    """Replace a section of a page, and print it."""
    text = page.read_text() if page.exists() else "# Measured\n"
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}
    head = text.partition("\n## ")[0]
    said = [
        section,
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, load {LOAD:.2f} before it.",
        f"{versions()}.",
        f"`python -m benchmarks {' '.join(sys.argv[1:])}`".replace(" `", "`"),
        "",
        *lines,
        "",
    ]
    sections[section] = "\n".join(said)
    page.write_text(head + "".join(f"\n## {part.rstrip()}\n" for part in sections.values()))
    print("\n".join(lines))


Figures = Mapping[str, Mapping[str, float]]
"""By engine, by name."""


def kept(page: Path) -> Figures:
    """The figures beside a page, which plans are computed from."""
    file = page.with_suffix(".json")
    found: Figures = json.loads(file.read_text()) if file.exists() else {}
    return found


def keep(page: Path, engine: str, **figures: float) -> None:
    """Put figures of an engine beside a page."""
    all_of_them = {**kept(page), engine: {**kept(page).get(engine, {}), **figures}}
    page.with_suffix(".json").write_text(json.dumps(all_of_them, indent=2, sort_keys=True) + "\n")
