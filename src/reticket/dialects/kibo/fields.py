"""`responseFields`: the members that a client wants in a response.

`a,b` keeps members. `a(b,c)` keeps members inside a member, also inside the objects of an array.
`-a` and `-a(b)` remove members. Letter case does not matter. Unknown names are ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec

from reticket.core.errors import Refusal, wrong

NAME = "responseFields"
LONGEST = 2048
"""Characters. All names of a ticket have fewer, and each costs time before any credentials."""

DEEPEST = 16
"""Parentheses that may be open at once. No response is nested so deeply."""
_ITEM = re.compile(r"([^(),]*)([(),]|\Z)")


@dataclass(frozen=True, slots=True)
class Selection:
    """Members of an object by their lower-case names.

    Args:
        keep: members to keep; all if empty.
        whole: members of `keep` whose own members are all kept.
        drop: members to remove.
        inside: the selection inside a member, by the member's name.
    """

    keep: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    drop: set[str] = field(default_factory=set)
    inside: dict[str, Selection] = field(default_factory=dict)

    def of(self, body: bytes) -> bytes:
        """A JSON text with the selected members only."""
        return msgspec.json.encode(self._selected(msgspec.json.decode(body)))

    def _selected(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._selected(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self._member(name.lower(), member)
            for name, member in value.items()
            if self._wants(name.lower())
        }

    def _wants(self, name: str) -> bool:
        return name not in self.drop and (not self.keep or name in self.keep)

    def _member(self, name: str, value: Any) -> Any:
        inside = None if name in self.whole else self.inside.get(name)
        return value if inside is None else inside._selected(value)


def parse(text: str) -> Selection:
    """Parse `responseFields`. INVALID_PARAMETER: too long, unbalanced or too many nested
    parentheses.
    """
    if len(text) > LONGEST:
        raise _refusal("is too long")
    open_ones = [(Selection(), False)]
    for item, mark in map(re.Match.groups, _ITEM.finditer(text)):
        here, leaves_out = open_ones[-1]
        name = item.strip().lower()
        leaves_out = leaves_out or name.startswith("-")
        name = name.removeprefix("-").strip()
        if mark == "(":
            open_ones.append((_enter(here, name, leaves_out), leaves_out))
        elif name:
            _mark(here, name, leaves_out)
        if mark == ")":
            open_ones.pop()
        if len(open_ones) > DEEPEST + 1:
            raise _refusal("has too many parentheses within each other")
        if not open_ones:
            break
    if len(open_ones) != 1:
        raise _refusal("has unbalanced parentheses")
    return open_ones[0][0]


def _refusal(fault: str) -> Refusal:
    return wrong(NAME, fault)


def _enter(here: Selection, name: str, leaves_out: bool) -> Selection:
    if not name:
        return here
    if not leaves_out:
        here.keep.add(name)
    return here.inside.setdefault(name, Selection())


def _mark(here: Selection, name: str, leaves_out: bool) -> None:
    if leaves_out:
        here.drop.add(name)
    else:
        here.keep.add(name)
        here.whole.add(name)
