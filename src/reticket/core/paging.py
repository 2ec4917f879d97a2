"""Reads a store page by page to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reticket.core.model import Family, Selection
from reticket.core.ports import Page

BATCH = 1_000
"""Families in one page."""


def all_of(
    page: Callable[[Selection, int, bytes | None], Page], selection: Selection
) -> Iterator[Sequence[Family]]:
    """Everything selected in order of id, in batches; `page` is a store's method."""
    cursor: bytes | None = None
    while True:
        found = page(selection, BATCH, cursor)
        yield found.families
        cursor = found.cursor
        if cursor is None:
            return
