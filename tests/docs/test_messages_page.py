"""The page on messages has each type with its subject and members, and no other one."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from tests.docs.tables import page, tables
from tests.docs.words import FUNCTIONS, modules


def written() -> dict[str, dict[str, Any]]:
    """Each `Message(…)` of the code by its topic, with the code of what is not a text."""
    found = {}
    for module in modules().values():
        for function in ast.walk(module.tree):
            for call in ast.walk(function) if isinstance(function, FUNCTIONS) else ():
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "Message":
                    said = {each.arg: each.value for each in call.keywords}
                    said["members"] = set(_names(function, said["members"]))
                    found[said["topic"].value] = said
    return found


def _names(function: ast.AST, shown: ast.expr) -> Iterator[str]:
    """The keys of a mapping, and of those that are unpacked into it."""
    for node in ast.walk(shown):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                yield from [key.value] if key else _names(function, _value(function, value))


def _value(function: ast.AST, name: ast.expr) -> ast.expr:
    """What that function assigns to the name."""
    return next(
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == ast.unparse(name)
    )


def coded(cell: str) -> set[str]:
    return set(re.findall("`([^`]+)`", cell))


def test_each_type_has_a_row_with_its_subject_and_members():
    rows = tables(page("messages.md"))["Types of messages"]
    assert {row[0]: (coded(row[2]), coded(row[3])) for row in rows} == {
        f"`{topic}`": ({said["subject"].value}, said["members"])
        for topic, said in written().items()
    }


def test_the_example_is_a_message_of_the_code():
    (shown,) = re.findall("^```json\n(.*?)^```$", page("messages.md"), re.MULTILINE | re.DOTALL)
    example = json.loads(shown)
    said = written()[example["type"]]
    assert example["data"]["subject"] == said["subject"].value
    assert set(example["data"]["members"]) == said["members"]


def test_members_that_are_written_in_another_place_are_found():
    assert written()["password_reset"]["members"] >= {"code", "site"}
