"""The parts of dialects in a seed file, checked by their types; faults name their line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reticket.core.profiles import Part
from reticket.directory.seed.fields import Fields
from reticket.directory.seed.yaml_value import YamlValue
from reticket.directory.typed import Fault, Faulty, checked, path_of


def read_parts(fields: Fields, parts: Iterable[Part[Any]]) -> dict[str, object]:
    """The parts of an entry that belong to dialects, by their keys."""
    said = {part.key: fields.optional(part.key, _reader(part), None) for part in parts}
    return {key: part for key, part in said.items() if part is not None}


def read_typed(value: YamlValue, kind: Any, but_for: tuple[str, ...] = ()) -> Any:
    """A value of a type, without the members that belong elsewhere."""
    said = value.json()
    if isinstance(said, dict):
        said = {key: member for key, member in said.items() if key not in but_for}
    try:
        return checked(said, kind)
    except Faulty as faulty:
        raise _fault_at(value, faulty.fault) from None


def _reader(part: Part[Any]) -> Any:
    return lambda value: read_typed(value, part.kind, part.lends)


def _fault_at(value: YamlValue, fault: Fault) -> Exception:
    """The fault at the deepest place of its path that the file has."""
    for number, step in enumerate(fault.path):
        inner = _inner(value, step)
        if inner is None:
            rest = path_of(fault.path[number:]).lstrip(".")
            return value.fault(f"{rest} {fault.words}")
        value = inner
    return value.fault(fault.words)


def _inner(value: YamlValue, step: str | int) -> YamlValue | None:
    if isinstance(step, int):
        return value.items()[step]
    return value.members().get(step)
