"""What differs between two answers to one request. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reticket.moving.compare.names import is_span
from reticket.moving.compare.places import Place, Places

ABSENT = "absent"

SPAN_TOLERANCE = 5
"""Seconds by which two times that are left may differ, as the servers are asked one after the
other.
"""

_INTEGER = re.compile(r'(?:integer |")(\d{1,9})"?')


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of the report.

    Args:
        request: method, path and what kind of request it is.
        place: where in the answer, such as `status` or `body.data.id`.
        ours / theirs: the forms there.
    """

    request: str
    place: str
    ours: str
    theirs: str


def differences(
    request: str, ours: Places, theirs: Places, ignored: Collection[str] = ()
) -> Iterator[Difference]:
    """The places that differ. Where a whole object is absent, its members are not listed."""
    known: set[Place] = set()
    for place in sorted({*ours, *theirs}, key=lambda each: (len(each), each)):
        pair = ours.get(place, ABSENT), theirs.get(place, ABSENT)
        is_inside = any(place[:length] in known for length in range(1, len(place)))
        if not is_inside and not _are_same(place, *pair):
            known.add(place)
            if not is_ignored(place, ignored):
                yield Difference(request, shown(place), *pair)


def shown(place: Place) -> str:
    """A place as the report has it."""
    return ".".join(place).replace(".[]", "[]")


def is_ignored(place: Place, ignored: Collection[str]) -> bool:
    """Whether the operator leaves out this place, or one that it is inside of."""
    return any(shown(place[:length]) in ignored for length in range(1, len(place) + 1))


def _are_same(place: Place, ours: str, theirs: str) -> bool:
    if ours == theirs:
        return True
    left, right = _INTEGER.fullmatch(ours), _INTEGER.fullmatch(theirs)
    if left is None or right is None or not is_span(place[-1]):
        return False
    return ours[0] == theirs[0] and abs(int(left[1]) - int(right[1])) <= SPAN_TOLERANCE
