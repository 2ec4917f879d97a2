"""The parts of dialects in a seed file, checked by their types; faults name their line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reticket.core.profiles import Part
from reticket.directory.seed.yaml_value import YamlValue
from reticket.directory.typed import Fault, Faulty, checked, members_of, path_of


def keys_of(parts: Iterable[Part[Any]]) -> Iterator[str]:
    """The keys of an entry that belong to dialects."""
    for part in parts:
        yield from members_of(part.kind) if part.inline else (part.key,)


def read_parts(value: YamlValue, parts: Iterable[Part[Any]]) -> dict[str, object]:
    """The parts of an entry that belong to dialects, by their keys."""
    said = {part.key: _read(value, part) for part in parts}
    return {key: part for key, part in said.items() if part is not None}


def _read(value: YamlValue, part: Part[Any]) -> Any:
    members = value.members()
    if part.inline:
        own = members.keys() & set(members_of(part.kind))
        return read_typed(value, part.kind, but_for=members.keys() - own) if own else None
    member = members.get(part.key)
    if member is None or member.type == "null":
        return None
    return read_typed(member, part.kind, but_for=part.lends)


def read_typed(value: YamlValue, kind: Any, but_for: Iterable[str] = ()) -> Any:
    """A value of a type, without the members that belong elsewhere."""
    said = value.json()
    if isinstance(said, dict):
        said = {key: member for key, member in said.items() if key not in but_for}
    try:
        return checked(said, kind)
    except Faulty as faulty:
        raise _fault_at(value, faulty.fault) from None


def _fault_at(value: YamlValue, fault: Fault) -> Exception:
    """The fault, at the deepest part of its path that exists in the file."""
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
