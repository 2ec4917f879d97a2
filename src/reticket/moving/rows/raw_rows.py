"""A row of a source before anything is known of its members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from reticket.moving.streams.source import Unreadable

RawRow: TypeAlias = bytes | Mapping[str, object] | Unreadable
"""A row as JSON, as members, or neither."""

Rows: TypeAlias = Iterator[tuple[str, RawRow]]
"""Each row with its place, such as `line 7`."""
