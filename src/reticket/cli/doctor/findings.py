"""What a check of `reticket doctor` finds, and what such a check is."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, Protocol

from reticket.runtime.opened_service import OpenedService


class Level(StrEnum):
    """How bad it is. A fault must be mended; a warning may be what the operator wants."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Finding(NamedTuple):
    """A line of the doctor's; the sentence says what to do."""

    level: Level
    sentence: str


def warning(sentence: str) -> Finding:
    """What may be meant so."""
    return Finding(Level.WARNING, sentence)


def fault(sentence: str) -> Finding:
    """What must be mended."""
    return Finding(Level.FAULT, sentence)


class Check(Protocol):
    """A module of the package of checks. `TOPIC` names what it looks at."""

    TOPIC: str

    def look(self, instance: OpenedService) -> Iterator[Finding]:
        """What is wrong; nothing where all is well."""
        ...
