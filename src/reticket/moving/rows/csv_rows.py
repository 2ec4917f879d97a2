"""Reads rows from CSV. A row that cannot be read does not end the rest."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from reticket.core.errors import StartupError
from reticket.directory.errors import Invalid
from reticket.directory.json_keys import check_keys
from reticket.moving.rows.csv_records import Records
from reticket.moving.rows.hash_columns import HASH_COLUMNS, check_hash_columns
from reticket.moving.rows.raw_rows import RawRow, Rows
from reticket.moving.streams.lines import LONGEST, Lines, TooLong
from reticket.moving.streams.source import Unreadable

TEXTS = frozenset(
    (
        "email", "password", "hash_format", "first_name", "last_name", "totp_secret", "realm",
        "user_name", "foreign_id", "foreign_state",
    )
)  # fmt: skip
"""Columns of CSV whose values are text; those of others are JSON."""


def csv_rows(known: frozenset[str]) -> Callable[[Lines], Rows]:
    """Reads CSV (RFC 4180) with a header.

    Args:
        known: the names that a column may have, beside those of `HASH_COLUMNS`.
    """
    known = known | HASH_COLUMNS.keys()

    def read(lines: Lines) -> Rows:
        csv.field_size_limit(LONGEST)
        records = Records(lines)
        header = _header(records, known)
        while True:
            try:
                cells = _cells(next(records))
            except StopIteration:
                return
            except (ValueError, csv.Error) as error:
                yield records.place, Unreadable(_words(error))
            else:
                if cells:
                    yield records.place, _members(header, cells)

    return read


def _cells(record: str) -> list[str]:
    """The cells of a record, which is read by itself: nothing of it is taken for the next one.
    csv.Error.
    """
    return next(csv.reader([record], strict=True))


def _header(records: Iterator[str], known: frozenset[str]) -> list[str]:
    """The names of the columns. StartupError."""
    try:
        header = _cells(next(records, "\n"))
    except (ValueError, csv.Error) as error:
        raise StartupError(f"the header cannot be read: {_words(error)}.") from None
    if "email" not in header:
        raise StartupError("the file needs a header with the column email.")
    for name in header:
        if name not in known or header.count(name) > 1:
            names = ", ".join(sorted(known))
            fault = "twice" if name in known else f"which is not known (known are {names})"
            raise StartupError(f"the header has the column {name!r}, {fault}.")
    check_hash_columns(header)
    return header


def _members(header: list[str], cells: list[str]) -> RawRow:
    if len(cells) != len(header):
        return Unreadable(f"the row has {len(cells)} columns, and the header {len(header)}")
    members: dict[str, object] = {}
    hashed: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=True):
        if cell and name in HASH_COLUMNS:
            hashed[HASH_COLUMNS[name]] = cell
        elif cell:
            try:
                members[name] = cell if name in TEXTS else _value(name, cell)
            except (ValueError, RecursionError):
                return Unreadable(f"{name} is not JSON")
            except Invalid as error:
                return Unreadable(f"{name}: {error}")
    return members | ({"password_hash": hashed} if hashed else {})


def _value(name: str, cell: str) -> Any:
    """The value of a column with JSON. A hash is columns in JSON, or a text."""
    if name == "password_hash" and not cell.startswith('{"'):
        return cell
    value = msgspec.json.decode(cell)
    check_keys(cell)
    return value


def _words(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "the row is not UTF-8"
    return str(error) if isinstance(error, TooLong) else f"the row is not CSV: {error}"
