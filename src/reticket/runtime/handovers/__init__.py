"""Makes the ways in which old back ends are asked, from the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reticket.core.handover import Confirmed, Handover
from reticket.core.ports import Clock
from reticket.core.profiles import Part
from reticket.runtime.handovers.parts import is_whole, written_parts
from reticket.runtime.handovers.ways import WAYS
from reticket.settings import Settings
from reticket.settings.handover import HandoverTable
from reticket.settings.handovers import handover_of
from reticket.wire import Dialect


def is_any_set(settings: Settings) -> bool:
    """Whether sign-ins of any dialect are handed over, be it enabled or not."""
    return any(handover_of(settings, name) for name in settings.dialects)


def handovers_of(
    settings: Settings, dialects: Sequence[Dialect], clock: Clock
) -> Mapping[str, Handover]:
    """How the sign-ins of these dialects are handed over, by the dialect's name.

    Raises:
        SettingError: a table does not fit its dialect, or a file cannot be read.
    """
    tables = {each.name: handover_of(settings, each.name) for each in dialects}
    parts = [each.person for each in dialects if each.person is not None]
    return {
        each.name: _handover(settings, each, table, parts, clock)
        for each in dialects
        if (table := tables[each.name]) is not None
    }


def _handover(
    settings: Settings,
    dialect: Dialect,
    said: HandoverTable,
    parts: Sequence[Part[Any]],
    clock: Clock,
) -> Handover:
    ask = WAYS[said.by](settings, dialect, said, clock)
    written = written_parts(dialect, said, f"dialects.{dialect.name}.handover.part")
    own = written.keys()
    named = [part for part in parts if part.key not in own and is_whole(part)]

    def parts_of(confirmed: Confirmed) -> Mapping[str, object]:
        found: dict[str, object] = {part.key: part.named(confirmed) for part in named}
        for key, (part, more) in written.items():
            found[key] = {**part.named(confirmed), **more}
        return found

    return Handover(said.by, ask, said.keeps_unknown, parts_of, said.failures, said.pause)
