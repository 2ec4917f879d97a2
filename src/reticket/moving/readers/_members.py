"""Reads members of a record of another system, whose types nobody has checked, into a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from reticket.moving.streams import SourceError, Unreadable

NO_OBJECT = Unreadable("the row is not an object")


def member(record: object, *path: str) -> Any:
    """The value at the path; None if there is none."""
    for name in path:
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def text(record: object, *path: str) -> str | None:
    """The text at the path; None if there is none, or an empty one."""
    value = member(record, *path)
    return value if isinstance(value, str) and value else None


def texts(record: object, *path: str) -> list[str]:
    """The texts of the list at the path."""
    return [item for item in items(record, *path) if isinstance(item, str)]


def objects(record: object, *path: str) -> list[Mapping[str, Any]]:
    """The objects of the list at the path."""
    return [item for item in items(record, *path) if isinstance(item, Mapping)]


def items(record: object, *path: str) -> list[Any]:
    """The list at the path; an empty one if there is none."""
    value = member(record, *path)
    return value if isinstance(value, list) else []


def parsed(said: str | None) -> Any:
    """The value of a text that has JSON in it; None if it has none."""
    try:
        return None if said is None else msgspec.json.decode(said)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def filled(**members: object) -> dict[str, object]:
    """The members that are neither None nor empty nor false; what a row does not say is absent."""
    return {name: value for name, value in members.items() if value}


def claims(verified: bool, **given: str | None) -> dict[str, object]:
    """The part `claims` of a row. It says whether the address is verified: that may change."""
    return {**filled(**given), "email_verified": verified}


def some(
    rows: Iterable[tuple[str, Mapping[str, object] | Unreadable]], words: str
) -> Iterator[tuple[str, Mapping[str, object] | Unreadable]]:
    """The rows. SourceError with these words if there is none: it is the wrong file."""
    place = ""
    for place, row in rows:
        yield place, row
    if not place:
        raise SourceError(words)
