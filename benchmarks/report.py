"""The page of results: what was measured, on what, by which command."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parent / "results.md"
LIBRARIES = ("uvicorn", "uvloop", "httptools", "msgspec", "cryptography")


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
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}.",
        f"{versions()}.",
        f"`python -m benchmarks {' '.join(sys.argv[1:])}`".replace(" `", "`"),
        "",
        *lines,
        "",
    ]
    sections[section] = "\n".join(said)
    page.write_text(head + "".join(f"\n## {part.rstrip()}\n" for part in sections.values()))
    print("\n".join(lines))
