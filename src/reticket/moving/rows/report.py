"""The report of refused rows: the first of them for a terminal, and all of them for a file."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import IO, NamedTuple, Self

import msgspec

from reticket.core.errors import StartupError

MOST_SHOWN = 50
"""Rows for the terminal."""

STANDARD_INPUT = "/dev/stdin"


class RefusedRow(NamedTuple):
    """A row that was not imported; neither member has a secret."""

    place: str
    reason: str


class Report(AbstractContextManager["Report"]):
    """Owns the file, whose mode is 0600. It is written beside its place, and put there at the end.

    Args:
        path: a file with one JSON object for each row; None for no file. It is made anew.
        source: what the rows are read from, as the operator wrote it. StartupError when the report
            would replace it.

    Attributes:
        first: the first refused rows.
        many: how many rows were refused.
    """

    def __init__(self, path: Path | None, source: str) -> None:
        self.first: list[RefusedRow] = []
        self.many = 0
        self._path = path
        self._file: IO[bytes] | None = None if path is None else _private(path, source)

    def refuse(self, row: RefusedRow) -> None:
        """Take a row."""
        self.many += 1
        if len(self.first) < MOST_SHOWN:
            self.first.append(row)
        if self._file is not None:
            self._file.write(msgspec.json.encode(row._asdict()) + b"\n")

    def flush(self) -> None:
        """Write what was taken."""
        if self._file is not None:
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None and self._path is not None:
            self._file.close()
            os.replace(self._file.name, self._path)


def _private(path: Path, source: str) -> IO[bytes]:
    """A new file beside the place: no file that is there is opened, and no link is followed."""
    _check_place(path, source)
    try:
        return NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)
    except OSError as error:
        raise StartupError(f"cannot write the report {path}: {error.strerror}.") from error


def _check_place(path: Path, source: str) -> None:
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_file():
        raise StartupError(f"cannot write the report {path}: it is there, and is no regular file.")
    origin = Path(STANDARD_INPUT if source == "-" else source)
    if _is_in(path, origin):
        raise StartupError(f"cannot write the report {path}: the rows are read from it.")


def _is_in(path: Path, origin: Path) -> bool:
    """Whether a file is the origin, or is in it. An origin that is no path has no files."""
    try:
        return path.samefile(origin) or path.resolve().is_relative_to(origin.resolve(strict=True))
    except (OSError, ValueError):
        return False
