"""What dialects keep of a person whom an old back end has confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.core.errors import SettingError
from reticket.core.handover import Confirmed
from reticket.core.profiles import Part
from reticket.directory.errors import Invalid
from reticket.directory.typed import checked_part
from reticket.settings.handover import HandoverTable
from reticket.wire import Dialect

SAMPLE = Confirmed("somebody@example.com")
"""Stands for a person when the setting `part` is checked."""


def written_parts(
    dialect: Dialect, said: HandoverTable, where: str
) -> Mapping[str, tuple[Part[Any], dict[str, object]]]:
    """The part of the dialect with what the table says of it, checked for a sample. It is nothing
    where the table says nothing, and nobody needs the part.
    """
    part, more = dialect.person, _plain(said.part)
    if part is None or part.has_places:
        if more:
            raise SettingError(f"{where} must be left out: {dialect.name} keeps no such part")
        return {}
    if not said.keeps_unknown or not (more or _is_needed(part)):
        return {}
    try:
        checked_part(part, {**part.named(SAMPLE), **more}, 0)
    except Invalid as error:
        raise SettingError(f"{where}: {error}") from None
    return {part.key: (part, more)}


def is_whole(part: Part[Any]) -> bool:
    """Whether the names of a person make a part by themselves."""
    members = part.named(SAMPLE)
    return bool(members) and _is_valid(part, members)


def _is_needed(part: Part[Any]) -> bool:
    """Whether the part has members without which nobody is known to the dialect."""
    return not _is_valid(part, {})


def _is_valid(part: Part[Any], members: Mapping[str, object]) -> bool:
    try:
        checked_part(part, members, 0)
    except Invalid:
        return False
    return True


def _plain(value: Any) -> Any:
    """Tables of settings as plain ones."""
    if not isinstance(value, Mapping):
        return value
    return {key: _plain(each) for key, each in value.items()}
