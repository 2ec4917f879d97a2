"""The report of refused rows: the first of them for a terminal, and all of them for a file."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

import msgspec

from reticket.core.errors import StartupError

MOST_SHOWN = 50
"""Rows for the terminal."""


class RefusedRow(NamedTuple):
    """A row that was not imported; neither member has a secret."""

    place: str
    reason: str


class Report(AbstractContextManager["Report"]):
    """Owns the file, whose mode is 0600.

    Args:
        path: a file with one JSON object for each row; None for no file. It is made anew.

    Attributes:
        first: the first refused rows.
        many: how many rows were refused.
    """

    def __init__(self, path: Path | None) -> None:
        self.first: list[RefusedRow] = []
        self.many = 0
        self._file: IO[bytes] | None = None if path is None else _private(path)

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
        if self._file is not None:
            self._file.close()


def _private(path: Path) -> IO[bytes]:
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(number, 0o600)
    except OSError as error:
        raise StartupError(f"cannot write the report {path}: {error.strerror}.") from error
    return os.fdopen(number, "wb")
