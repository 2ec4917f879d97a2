"""What `reticket import` reads: a file, standard input, or the export of another system."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click

from reticket.cli.input_file import STANDARD_INPUT, opened_input
from reticket.cli.urls import StoreUrl
from reticket.core.errors import StartupError
from reticket.moving.people.passwords import count_in_csv, count_in_json_lines
from reticket.moving.readers import HEAD, guessed, reader
from reticket.moving.rows.csv_rows import csv_rows
from reticket.moving.rows.raw_rows import Rows
from reticket.moving.streams import Meter
from reticket.moving.streams.json_lines import raw_lines
from reticket.moving.streams.lines import Lines


@dataclass(frozen=True, slots=True)
class RowSource:
    """Rows that an import reads.

    Args:
        position: how far the source was read, in bytes or in ids.
        size: where it ends, or None while that is not known.
        in_clear: counts passwords in clear text, in a file that can be read twice.
    """

    rows: Rows
    position: Callable[[], int] = lambda: 0
    size: Callable[[], int | None] = lambda: None
    in_clear: Callable[[], int] = lambda: 0


@contextmanager
def opened_rows(source: str) -> Iterator[RowSource]:
    """The rows of JSON lines: a file, or `-`. StartupError when they cannot be read."""
    with opened_input(source) as stream:
        lines, size = _lines(stream, source)
        yield RowSource(raw_lines(lines), lambda: lines.position, lambda: size)


@contextmanager
def opened_people(
    source: str, origin: str | None, form: str | None, known: Collection[str]
) -> Iterator[RowSource]:
    """The rows. StartupError when they cannot be read.

    Args:
        source: a file, `-`, or what the reader of `origin` takes. A URL with a password is
            `env:NAME` or `file:PATH`.
        origin: the name of a reader, or None.
        form: `csv` or `json`, or None for what the name says.
        known: the members that a row may have.
    """
    if origin is not None:
        if form is not None:
            raise click.UsageError("--format does not go with --from.")
        if source == STANDARD_INPUT:
            raise click.UsageError("--from needs a file, a folder or a database, and not -.")
        meter = Meter()
        rows = reader(origin)(StoreUrl().convert(source, None, None), meter)
        yield RowSource(rows, lambda: meter.position, lambda: meter.size)
        return
    is_csv = form == "csv" if form else source.lower().endswith(".csv")
    read = csv_rows(frozenset(known)) if is_csv else raw_lines
    with opened_input(source) as stream:
        is_whole = source != STANDARD_INPUT and stream.seekable()
        if is_whole and not is_csv:
            _check_origin(stream, source)
        lines, size = _lines(stream, source)
        count = count_in_csv if is_csv else count_in_json_lines
        in_clear = (lambda: count(Path(source))) if is_whole else (lambda: 0)
        yield RowSource(read(lines), lambda: lines.position, lambda: size, in_clear)


def _check_origin(stream: BinaryIO, source: str) -> None:
    """StartupError: a file is the export of a system that is known."""
    system = guessed(stream.read(HEAD))
    stream.seek(0)
    if system is not None:
        raise StartupError(f"{source} looks like an export of {system}: say --from {system}.")


def _lines(stream: BinaryIO, source: str) -> tuple[Lines, int | None]:
    """The lines, and how many bytes there are."""
    size = None if source == STANDARD_INPUT else os.fstat(stream.fileno()).st_size
    return Lines(stream), size
