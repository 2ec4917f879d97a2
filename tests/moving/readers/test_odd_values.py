"""A value of an unexpected type anywhere in a file is refused later, and never stops the reader."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.moving.readers.reading import FIXTURES, rows_of

from reticket.moving.streams import SourceError, Unreadable

ODD = (None, True, 7, "x", [], ["x", [7]], {"x": None}, "\ud800")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value inside, and of the value itself."""
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def changed(value: Any, path: tuple[Any, ...], odd: object) -> Any:
    """A copy with another value at the path."""
    if not path:
        return odd
    value = copy.copy(value)
    value[path[0]] = changed(value[path[0]], path[1:], odd)
    return value


def sound_value(fixture: Path) -> Any:
    """The value of a file; of one with lines, an array of those that can be read."""
    said = fixture.read_text()
    if fixture.suffix == ".json":
        return json.loads(said)
    return [json.loads(line) for line in said.splitlines() if line.endswith("}")]


@pytest.mark.parametrize("fixture", sorted(FIXTURES.iterdir()), ids=lambda path: path.stem)
def test_an_odd_value_never_stops_a_reader(tmp_path, fixture):
    sound, path = sound_value(fixture), tmp_path / f"{fixture.stem}.json"
    for place in places(sound):
        for odd in ODD:
            path.write_text(json.dumps(changed(sound, place, odd)))
            try:
                rows = rows_of(fixture.stem.split("-")[0], path)
            except SourceError:
                continue
            assert all(isinstance(row, dict | Unreadable) for row in rows.values())
