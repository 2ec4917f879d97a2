"""The page about new dialects names every member and key that the code has, and no other."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest
from tests.docs import tables

from reticket import wire
from reticket.core import commands
from reticket.dialects import akinon
from reticket.testing import dialect_fixtures
from reticket.testing.dialect_samples import samples_of
from reticket.wire_examples import Example

PAGE = (tables.ROOT / "docs" / "new-dialect.md").read_text()


def fields(kind: type) -> set[str]:
    return {each.name for each in dataclasses.fields(kind)}


TABLES = {
    "The module": {*wire.Dialect.__annotations__, "refuse"},
    "Examples": fields(Example),
}
FIXTURES = {
    "key": fields(dialect_fixtures.Fixtures) | fields(dialect_fixtures.Exchange),
    "result": set(samples_of(akinon.build())),
}


def named(rows: list[str]) -> set[str]:
    return {row.split("`")[1] for row in rows if row.startswith("| `")}


def section(heading: str) -> list[str]:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].splitlines()


@pytest.mark.parametrize("heading", TABLES)
def test_a_table_has_every_member(heading: str) -> None:
    assert named(section(heading)) == TABLES[heading]


def test_the_tables_of_the_fixture_file_have_every_key_and_result() -> None:
    assert named(section("The fixture file")) == FIXTURES["key"] | FIXTURES["result"]


def test_the_members_of_the_module_that_are_needed_have_no_default() -> None:
    needed = {
        row.split("`")[1] for row in section("The module") if re.match(r"\| `\w+` \| yes", row)
    }
    without = {name for name in wire.Dialect.__annotations__ if not hasattr(wire.Dialect, name)}
    assert needed == {*without, "refuse", "examples"}


def test_the_members_of_requests_and_responses_of_a_fixture_file_are_read() -> None:
    source = inspect.getsource(dialect_fixtures)
    for row in section("The fixture file"):
        if row.startswith(("| `request`", "| `response`")):
            for name in re.findall(r"`(\w+)`", row)[1:]:
                assert f'"{name}"' in source, name


def test_the_commands_and_functions_exist() -> None:
    operations = "\n".join(section("Operations"))
    yielded = re.findall(r"`([A-Z]\w+)`", "".join(section("Operations")))
    known = {*commands.__all__, *vars(wire), "ValidationError"}
    assert set(yielded) <= known
    for name in re.findall(r"`request\.(\w+)", operations):
        assert hasattr(wire.WireRequest, name), name
    for name in re.findall(r"`(\w+)\(", operations):
        assert hasattr(wire, name) or name == "Refusal", name
