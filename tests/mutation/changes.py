"""What could be wrong in a module: small changes of it, each of which ought to turn a test red.

Left out are annotations, decorators, docstrings, and words that only people read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.mutation.others import others

_LEFT_OUT = ("annotation", "returns", "decorator_list", "names")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_BEFORE, _WIDTH = 40, 80


@dataclass(frozen=True, slots=True)
class Change:
    """One node of a tree becomes another; `called` says that it is inside of a function."""

    holder: ast.AST
    field: str
    index: int | None
    after: ast.AST
    statement: ast.stmt
    called: bool

    @property
    def before(self) -> Any:
        value = getattr(self.holder, self.field)
        return value if self.index is None else value[self.index]

    @property
    def lines(self) -> range:
        """Those of the statement; of one that has a body, those before it."""
        first, last = self.statement.lineno, self.statement.end_lineno or 0
        body = getattr(self.statement, "body", None)
        return range(first, max(first, body[0].lineno - 1 if body else last) + 1)

    def apply(self) -> None:
        if self.index is None:
            setattr(self.holder, self.field, self.after)
        else:
            getattr(self.holder, self.field)[self.index] = self.after

    def __str__(self) -> str:
        texts = [ast.unparse(node).replace("\n", " ") for node in (self.before, self.after)]
        pairs = enumerate(zip(*texts, strict=False))
        differs = next((place for place, (one, other) in pairs if one != other), 0)
        start = max(0, differs - _BEFORE)
        return " -> ".join(text[start : start + _WIDTH] for text in texts)


def changes(tree: ast.Module) -> list[Change]:
    """All of a module, in the order of the text."""
    return list(_below(tree, ast.Pass(), called=False))


def _below(node: ast.AST, statement: ast.stmt, *, called: bool) -> Iterator[Change]:
    for field, value in ast.iter_fields(node):
        runs = called or (isinstance(node, _FUNCTIONS) and field == "body")
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or _is_left_out(node, field, child):
                continue
            near = child if isinstance(child, ast.stmt) else statement
            place = (node, field, index if isinstance(value, list) else None)
            for after in others(child, node, field):
                yield Change(*place, after, near, runs)
            yield from _below(child, near, called=runs)


def _is_left_out(holder: ast.AST, field: str, node: ast.AST) -> bool:
    is_said = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    is_of_a_class = isinstance(holder, ast.ClassDef) and field == "keywords"
    return is_said or is_of_a_class or field in _LEFT_OUT
