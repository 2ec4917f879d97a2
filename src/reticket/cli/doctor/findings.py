"""The findings of `reticket doctor`, and the protocol of its checks."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, Protocol

from reticket.runtime.opened_service import OpenedService


class Level(StrEnum):
    """How serious it is. A fault must be mended; a warning may be intended."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Finding(NamedTuple):
    """A line of the report; the sentence says what to do."""

    level: Level
    sentence: str


def warning(sentence: str) -> Finding:
    """A finding that may be intended."""
    return Finding(Level.WARNING, sentence)


def fault(sentence: str) -> Finding:
    """A finding that must be mended."""
    return Finding(Level.FAULT, sentence)


class Check(Protocol):
    """A module of the package `checks`. `TOPIC` names what it checks."""

    TOPIC: str

    def look(self, instance: OpenedService) -> Iterator[Finding]:
        """All that is wrong; nothing when all is well."""
        ...
