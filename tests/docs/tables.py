"""Tables of a page, by the heading that they stand under, and its blocks of shell commands."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

Rows = list[list[str]]

_CELL = re.compile(r"(?<!\\)\|")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def tables(text: str) -> dict[str, Rows]:
    """The rows of each heading's tables, one after the other, without heads; cells are stripped."""
    found: dict[str, Rows] = {}
    heading, body = "", False
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("|"):
            body = False
        elif set(line) <= set("|- "):
            body = True
        elif body:
            cells = _CELL.split(line)[1:-1]
            found.setdefault(heading, []).append([cell.strip() for cell in cells])
    return found


def words(rows: Rows) -> list[str]:
    """The code of the first cells."""
    return [row[0].strip("`") for row in rows]


def shell(text: str) -> list[str]:
    """The blocks of shell commands."""
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
