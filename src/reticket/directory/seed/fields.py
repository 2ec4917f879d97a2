"""Shared by all sections of a seed file: known, required and optional keys, and entries."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from reticket.directory.forms import INT32
from reticket.directory.seed.yaml_value import YamlValue

D = TypeVar("D")
T = TypeVar("T")


class Fields:
    """The members of a mapping. An unknown key stops the start."""

    def __init__(self, value: YamlValue, known: Sequence[str]) -> None:
        self._value = value
        self._members = value.members()
        for key, member in self._members.items():
            if key not in known:
                raise member.fault(f"is not a known key (known are {', '.join(known)})")

    def required(self, key: str, read: Callable[[YamlValue], T]) -> T:
        """The member. Its absence is a fault."""
        if key not in self._members:
            raise self._value.fault(f"needs the key {key}")
        return read(self._members[key])

    def optional(self, key: str, read: Callable[[YamlValue], T], default: D) -> T | D:
        """The member, or the default when it is absent or null."""
        member = self._members.get(key)
        return default if member is None or member.type == "null" else read(member)

    def given(self, key: str, read: Callable[[YamlValue], T], default: D) -> T | D:
        """The member, or the default when it is absent; null is a value like any other."""
        return read(self._members[key]) if key in self._members else default


@dataclass(frozen=True, slots=True)
class ForeignHash:
    """A hash that another system has made, with its place in the file.

    Args:
        said: a text, or columns.
        form: the name of its form, where it does not tell.
    """

    value: YamlValue
    said: str | Mapping[str, object] = field(repr=False)
    form: str | None


@dataclass(frozen=True, eq=False, slots=True)
class Entry(Generic[T]):
    """A record to create.

    Args:
        value: its place in the file.
        key: its unique name in the section.
        record: the record or draft.
        secret: to be hashed, or None.
        foreign: a hash in place of the secret, or None.
        tenants / accounts: its references, with their place in the file.
    """

    value: YamlValue
    key: Hashable
    record: T
    secret: str | None = field(default=None, repr=False)
    tenants: Mapping[int, YamlValue] = field(default_factory=dict)
    accounts: Mapping[int, YamlValue] = field(default_factory=dict)
    foreign: ForeignHash | None = None


def int32(value: YamlValue) -> int:
    """A 32-bit whole number."""
    return value.integer(INT32)


def listed(read: Callable[[YamlValue], T]) -> Callable[[YamlValue], tuple[T, ...]]:
    """A list whose items `read` reads."""
    return lambda value: tuple(read(item) for item in value.items())


def distinct(
    read: Callable[[YamlValue], T], key: Callable[[T], Hashable], noun: str
) -> Callable[[YamlValue], tuple[T, ...]]:
    """A list whose items `read` reads, with no key twice; `noun` names the key in faults."""

    def read_all(value: YamlValue) -> tuple[T, ...]:
        found: dict[Hashable, T] = {}
        for item in value.items():
            record = read(item)
            if key(record) in found:
                raise item.fault(f"has the {noun} {key(record)}, as one before it has")
            found[key(record)] = record
        return tuple(found.values())

    return read_all
