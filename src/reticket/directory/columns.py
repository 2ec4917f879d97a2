"""Kinds of columns that many of the directory's tables have. Knows no table."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String, Text, TypeDecorator

_encode = json.JSONEncoder(allow_nan=False).encode
"""`json.dumps` with an option makes an encoder each time, which takes 10 µs."""


class Json(TypeDecorator[Any]):
    """Any JSON value as text: a column of type JSON would turn 1.0 into 1 on SQLite."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: object) -> str:
        """The value as stored."""
        return _encode(value)

    def process_result_value(self, value: Any, dialect: object) -> Any:
        """The value as given; None where an outer join found no row."""
        return None if value is None else json.loads(value)


def key(name: str, type_: type[Integer] | String | Text = Integer) -> Column[object]:
    """A key chosen by reticket or the operator, never by the engine."""
    return Column(name, type_, primary_key=True, autoincrement=False)


def part_of(name: str, target: str, type_: type[Integer] | String = Integer) -> Column[object]:
    """A part of the key that references a row and is deleted with it."""
    return Column(name, type_, ForeignKey(target, ondelete="CASCADE"), primary_key=True)
