"""Values that must be of a dialect's type, and what is wrong with one, in words and with its place.

Owns the words for the faults that msgspec finds. Knows no file and no dialect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import msgspec
from msgspec import inspect

from reticket.core.profiles import Part
from reticket.directory.errors import Invalid

Step = str | int
"""A member's name, or an index in a list."""

_WORDS = {
    "str": "must be text, in quotes if it looks like something else",
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "array": "must be a list",
    "object": "must be a mapping",
}
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[(\.\.\.)\]")
_MISSING = re.compile(r"Object missing required field `(.+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")
_BOUND = re.compile(r"Expected `(?:int|float)` (>=|<=) (\S+)")
_BOUNDS = {">=": "at least", "<=": "at most"}
_EXPECTED = re.compile(r"Expected `(\w+)")


class Fault(NamedTuple):
    """What is wrong, and where: the words follow the path."""

    path: tuple[Step, ...]
    words: str


class Faulty(Exception):
    """A value is not of its type."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def checked(said: object, kind: Any) -> Any:
    """A value of a type, as JSON knows it: defaults are filled in, null stands for absence. Faulty
    says what is wrong.
    """
    said = _without_nulls(said, inspect.type_info(kind))
    try:
        found = msgspec.convert(said, kind, str_keys=True)
    except msgspec.ValidationError as error:
        raise Faulty(_fault(str(error), kind)) from None
    return msgspec.to_builtins(found, str_keys=True)


def checked_part(part: Part[Any], said: object) -> dict[str, Any]:
    """The part as it is kept. Invalid names the member at fault."""
    return cast("dict[str, Any]", _or_invalid(said, part.kind, part.key))


def checked_place(part: Part[Any], member: str, place: int, said: object) -> Any:
    """What stands beside a membership, as it is kept. Invalid."""
    return _or_invalid(said, beside(part, member), f"{member}.{place}")


def beside(part: Part[Any], member: str) -> Any:
    """The type of what stands beside a membership."""
    (found,) = (each for each in msgspec.structs.fields(part.kind) if each.name == member)
    return found.type.__args__[1]


def _or_invalid(said: object, kind: Any, what: str) -> Any:
    try:
        return checked(said, kind)
    except Faulty as faulty:
        raise Invalid(f"{what}{path_of(faulty.fault.path)} {faulty.fault.words}.") from None


def path_of(steps: tuple[Step, ...]) -> str:
    """Steps as people write them, behind what they begin at."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _fault(message: str, kind: Any) -> Fault:
    words, _, place = message.partition(" - at `$")
    path = tuple(_steps(place))
    if missing := _MISSING.fullmatch(words):
        return Fault(path, f"needs the key {missing[1]}")
    if unknown := _UNKNOWN.fullmatch(words):
        known = ", ".join(_names(inspect.type_info(kind), path))
        return Fault((*path, unknown[1]), f"is not a known key (known are {known})")
    return _of_value(path, words)


def _steps(place: str) -> list[Step]:
    """Up to where the path does not tell a key."""
    found: list[Step] = []
    for name, index, untold in _STEP.findall(place):
        if untold:
            break
        found.append(name or int(index))
    return found


def _of_value(path: tuple[Step, ...], words: str) -> Fault:
    expected = _EXPECTED.match(words)
    if expected is None:  # a sentence of the type's own, which begins with the member's name
        member, _, rest = words.partition(" ")
        return Fault((*path, member), rest)
    if words.endswith("of length >= 1"):
        return Fault(path, "must not be empty")
    if bound := _BOUND.fullmatch(words):
        return Fault(path, f"must be {_BOUNDS[bound[1]]} {bound[2]}")
    if ", got" in words and expected[1] in _WORDS:
        return Fault(path, _WORDS[expected[1]])
    return Fault(path, "must be " + words.removeprefix("Expected ").replace("`", ""))


def _names(info: Any, path: tuple[Step, ...]) -> list[str]:
    for step in path:
        info = _bare(_inner(info, step))
    return [field.encode_name for field in _struct(info).fields]


def _inner(info: Any, step: Step) -> Any:
    if isinstance(step, int):
        return info.item_type
    (found,) = (field.type for field in _struct(info).fields if field.encode_name == step)
    return found


def _bare(info: Any) -> Any:
    """Without what is said of it for documents."""
    return info.type if isinstance(info, inspect.Metadata) else info


def _struct(info: Any) -> inspect.StructType:
    """The one of a type that may be None as well."""
    types = info.types if isinstance(info, inspect.UnionType) else (info,)
    (found,) = (each for each in types if isinstance(each, inspect.StructType))
    return found


def _without_nulls(said: object, info: Any) -> object:
    """Members of structs that are null are as good as absent; a null elsewhere is a value."""
    info = _bare(info)
    if isinstance(said, list) and hasattr(info, "item_type"):
        return [_without_nulls(each, info.item_type) for each in said]
    if not isinstance(info, inspect.StructType) or not isinstance(said, Mapping):
        return said
    types = {field.encode_name: field.type for field in info.fields}
    return {
        key: _without_nulls(value, types.get(key))
        for key, value in said.items()
        if value is not None
    }
