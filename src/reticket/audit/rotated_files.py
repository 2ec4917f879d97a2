"""The rotated files beside an audit file: their names, and which of them exist.

`audit.jsonl` becomes `audit.20261129T081934123Z.jsonl`, and after `keep` seconds
`audit.20261129T081934123Z.ends.jsonl`. The time is that of the rotation.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from reticket.core.policy import SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STAMP = r"(\d{8}T\d{9}Z)"
ENDS = ".ends"


class Rotated(NamedTuple):
    """A rotated file.

    Args:
        at: milliseconds; no line of it is younger.
        path: the file.
        whole: whether it still has every line; else only the kept ones (`rotation.KEPT`).
    """

    at: int
    path: Path
    whole: bool


def name_at(current: Path, at: int) -> Path:
    """The path of a file that is rotated at that time (milliseconds)."""
    moment = _EPOCH + timedelta(milliseconds=at)
    stamp = f"{moment:%Y%m%dT%H%M%S}{at % SECOND:03}Z"
    return current.with_name(f"{current.stem}.{stamp}{current.suffix}")


def shortened(current: Path, rotated: Rotated) -> Path:
    """The path of the file with its kept lines."""
    name = rotated.path.name.removesuffix(current.suffix)
    return rotated.path.with_name(f"{name}{ENDS}{current.suffix}")


def rotated_files(current: Path) -> list[Rotated]:
    """All rotated files, oldest first."""
    form = f"{re.escape(current.stem)}\\.{_STAMP}({ENDS})?{re.escape(current.suffix)}"
    return sorted(
        Rotated(_time(match[1]), current.with_name(match[0]), match[2] is None)
        for match in map(re.compile(form).fullmatch, _names(current.parent))
        if match
    )


def size_of_ends(current: Path) -> int:
    """Bytes of all shortened files. OSError."""
    ends = [each.path for each in rotated_files(current) if not each.whole]
    return sum(path.stat().st_size for path in ends)


def moved_files(current: Path) -> list[Path]:
    """Files that other tools have rotated, such as `audit.jsonl.1`, oldest first."""
    form = re.compile(re.escape(current.name) + r"[.-](\d+)(\.gz)?")
    found = [match for match in map(form.fullmatch, _names(current.parent)) if match]
    return [current.with_name(match[0]) for match in sorted(found, key=_age)]


def _age(match: re.Match[str]) -> tuple[int, int]:
    """The sort key of such a file: small numbers count backwards in time, long ones are dates."""
    number = int(match[1])
    return (0, -number) if number < 10_000 else (1, number)


def _names(folder: Path) -> Iterable[str]:
    return os.listdir(folder) if folder.is_dir() else ()


def _time(stamp: str) -> int:
    moment = datetime.strptime(stamp[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return round(moment.timestamp()) * SECOND + int(stamp[15:18])
