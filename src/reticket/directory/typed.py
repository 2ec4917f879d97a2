"""Checks values against a dialect's types, and says what is wrong and where.

Owns the texts for the faults that msgspec finds. Knows no file and no dialect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
    """What is wrong, and where: the text follows the path."""

    path: tuple[Step, ...]
    words: str


class Faulty(Exception):
    """A value does not have its type."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def checked(said: object, kind: Any) -> Any:
    """A value converted to a type, as JSON has it: defaults are filled in, null means absent.

    Raises:
        Faulty: says what is wrong.
    """
    return msgspec.to_builtins(converted(said, kind), str_keys=True)


def converted(said: object, kind: Any) -> Any:
    """A value as an instance of a type. Faulty."""
    said = _without_nulls(said, inspect.type_info(kind))
    try:
        return msgspec.convert(said, kind, str_keys=True)
    except msgspec.ValidationError as error:
        raise Faulty(fault_of(error, kind)) from None


def checked_part(part: Part[Any], said: object, now: int) -> dict[str, Any]:
    """The part in its stored form. Invalid names the member at fault."""
    kept = _or_invalid(said, part.kind, part.key)
    return stored_part(part, msgspec.convert(kept, part.kind, str_keys=True), now)


def stored_part(part: Part[Any], found: Any, now: int) -> dict[str, Any]:
    """The stored form of a part that has its type."""
    if part.completed is not None:
        found = part.completed(found, now)
    return cast("dict[str, Any]", msgspec.to_builtins(found, str_keys=True))


def checked_place(part: Part[Any], member: str, place: int, said: object) -> Any:
    """The data beside a membership in its stored form. Invalid."""
    return _or_invalid(said, beside(part, member), f"{member}.{place}")


def beside(part: Part[Any], member: str) -> Any:
    """The type of the data beside a membership."""
    (found,) = (each for each in msgspec.structs.fields(part.kind) if each.name == member)
    return found.type.__args__[1]


def members_of(kind: Any) -> list[str]:
    """The names of a struct's members."""
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def has_member(kind: Any, path: Sequence[str]) -> bool:
    """Whether a struct has a member at the end of these names, each in the struct before."""
    info = inspect.type_info(kind)
    for name in path:
        structs = [each for each in _types(_bare(info)) if isinstance(each, inspect.StructType)]
        types = {field.encode_name: field.type for each in structs for field in each.fields}
        if name not in types:
            return False
        info = types[name]
    return True


def _or_invalid(said: object, kind: Any, what: str) -> Any:
    try:
        return checked(said, kind)
    except Faulty as faulty:
        raise Invalid(f"{what}{path_of(faulty.fault.path)} {faulty.fault.words}.") from None


def path_of(steps: tuple[Step, ...]) -> str:
    """Steps as a readable path, relative to their start."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def fault_of(error: msgspec.ValidationError, kind: Any) -> Fault:
    """The fault that msgspec has found in a value of that type."""
    words, _, place = str(error).partition(" - at `")
    path = tuple(_steps(place))
    if place.startswith("key` in "):
        return Fault(path, "has a key of another form")
    if missing := _MISSING.fullmatch(words):
        return Fault(path, f"needs the key {missing[1]}")
    if unknown := _UNKNOWN.fullmatch(words):
        known = ", ".join(_names(inspect.type_info(kind), path))
        return Fault((*path, unknown[1]), f"is not a known key (known are {known})")
    if choices := _choices(_at(inspect.type_info(kind), path)):
        return Fault(path, f"must be {choices}")
    return _of_value(path, words)


def _steps(place: str) -> list[Step]:
    """The steps up to a place that is not a key."""
    found: list[Step] = []
    for name, index, untold in _STEP.findall(place):
        if untold:
            break
        found.append(name or int(index))
    return found


def _of_value(path: tuple[Step, ...], words: str) -> Fault:
    if words.startswith("Invalid enum value"):  # in a mapping, whose keys the path does not tell
        return Fault(path, "has a value that is not accepted")
    expected = _EXPECTED.match(words)
    if expected is None:  # a sentence of the type's own, which begins with the member's name
        member, _, rest = words.partition(" ")
        return Fault((*path, *_steps(f".{member}")), rest)
    if words.endswith("of length >= 1"):
        return Fault(path, "must not be empty")
    if bound := _BOUND.fullmatch(words):
        return Fault(path, f"must be {_BOUNDS[bound[1]]} {bound[2]}")
    if ", got" in words and expected[1] in _WORDS:
        return Fault(path, _WORDS[expected[1]])
    return Fault(path, "must be " + words.removeprefix("Expected ").replace("`", ""))


def _names(info: Any, path: tuple[Step, ...]) -> list[str]:
    return [field.encode_name for field in _struct(_at(info, path)).fields]


def _choices(info: Any) -> str:
    """The accepted values of a `Literal` as words; empty for another type."""
    values = [str(value) for each in _types(info) for value in getattr(each, "values", ())]
    return " or ".join(filter(None, (", ".join(values[:-1]), *values[-1:])))


def _at(info: Any, path: tuple[Step, ...]) -> Any:
    """The type at the end of a path."""
    for step in path:
        info = _bare(_inner(info, step))
    return info


def _inner(info: Any, step: Step) -> Any:
    if isinstance(step, int):
        lists = (each.item_type for each in _types(info) if hasattr(each, "item_type"))
        return next(lists, inspect.AnyType())
    (found,) = (field.type for field in _struct(info).fields if field.encode_name == step)
    return found


def _bare(info: Any) -> Any:
    """The type without its annotations for documents."""
    return info.type if isinstance(info, inspect.Metadata) else info


def _types(info: Any) -> tuple[Any, ...]:
    """The type, or those of a union."""
    return info.types if isinstance(info, inspect.UnionType) else (info,)


def _struct(info: Any) -> inspect.StructType | inspect.DataclassType:
    """The struct in a type that may also be None."""
    kinds = (inspect.StructType, inspect.DataclassType)
    (found,) = (each for each in _types(info) if isinstance(each, kinds))
    return found


def _without_nulls(said: object, info: Any) -> object:
    """The value without members of structs that are null, which count as absent; other nulls are
    values.
    """
    types_ = _types(_bare(info))
    lists = [each.item_type for each in types_ if hasattr(each, "item_type")]
    if isinstance(said, list) and lists:
        return [_without_nulls(each, lists[0]) for each in said]
    structs = [each for each in types_ if isinstance(each, inspect.StructType)]
    if not structs or not isinstance(said, Mapping):
        return said
    types = {field.encode_name: field.type for field in structs[0].fields}
    return {
        key: _without_nulls(value, types.get(key))
        for key, value in said.items()
        if value is not None
    }
