"""What can be wrong with a source. Neither has a word of the source itself."""

from __future__ import annotations

from typing import NamedTuple

from reticket.core.errors import ReticketError


class SourceError(ReticketError):
    """The source cannot be read any further. The message says which one, where and why."""


class Unreadable(NamedTuple):
    """In place of a row: the reason why it cannot be read. The rows after it can."""

    reason: str
