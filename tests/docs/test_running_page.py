"""The page for operators has every reason of a 503, as the log has it, and no other one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.docs.tables import page, tables
from tests.docs.words import FUNCTIONS, Module, modules

VARIABLE = "…"
"""What a page has in place of the part of a reason that is known only when it happens."""

PASSED_ON = {"str(failure)", "self._fault"}
"""Reasons that another call has written before."""


def reasons() -> set[str]:
    """The first argument of every `Unavailable(…)`."""
    return {reason for module in modules().values() for reason in _of_module(module)}


def _of_module(module: Module) -> Iterator[str]:
    for function in ast.walk(module.tree):
        for node in ast.walk(function) if isinstance(function, FUNCTIONS) else ():
            if isinstance(node, ast.Call) and _is_new_reason(node):
                yield _text(module, function, node.args[0])


def _is_new_reason(call: ast.Call) -> bool:
    is_error = ast.unparse(call.func) == "Unavailable"
    return is_error and ast.unparse(call.args[0]) not in PASSED_ON


def _text(module: Module, function: ast.AST, said: ast.expr) -> str:
    match said:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(p.value if isinstance(p, ast.Constant) else VARIABLE for p in parts)
        case ast.Name(id=name):
            return _text(module, function, _value(module, function, name))
        case _:
            raise AssertionError(f"{module.name}: {ast.unparse(said)} is no reason")


def _value(module: Module, function: ast.AST, name: str) -> ast.expr:
    """What a name stands for in that function or at the top of the module."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return node.value
    return module.values[name]


def said() -> list[str]:
    rows = tables(page("running.md"))["At 3 a.m."]
    first = next(at for at, row in enumerate(rows) if len(row) == 2)
    return [reason for row in rows[first:] for reason in re.findall("`([^`]+)`", row[0])]


def covers(shown: str, reason: str) -> bool:
    """Whether a reason of the page, which may leave out a part, is that reason of the code."""
    parts = map(re.escape, shown.split(VARIABLE))
    return re.fullmatch(".+".join(parts), reason) is not None


def test_every_reason_of_a_503_has_a_row():
    shown = said()
    assert [one for one in sorted(reasons()) if not any(covers(each, one) for each in shown)] == []


def test_every_reason_on_the_page_is_in_the_code_and_there_once():
    known = reasons()
    assert [each for each in said() if not any(covers(each, one) for one in known)] == []
    assert len(said()) == len(set(said()))


def test_reasons_of_every_way_to_write_one_are_found():
    assert {
        "the store is closed",
        "too much work is waiting for the … threads",  # with a part that is not known
        "the session database is locked: another process is writing",  # by a name of the module
        "the budget of short-lived entries: …",  # by a name of the function
    } <= reasons()
