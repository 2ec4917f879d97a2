"""What may stand where a node of a tree stands, and be wrong there."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from functools import singledispatch
from typing import Any

_OTHERS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip
_OTHER_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_CONDITIONS = ("test", "ifs", "guard")
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_LOOKING_UP = ("get", "pop", "setdefault", "startswith", "endswith", "removeprefix")
_WORD = re.compile("[a-z]+(_[a-z]+)+")


def others(node: ast.AST, holder: ast.AST, field: str) -> Iterator[ast.AST]:
    """What could be in that field of its holder instead."""
    if field in _CONDITIONS and not _is_turned_below(node):
        yield ast.UnaryOp(ast.Not(), node)  # type: ignore[arg-type]
    if isinstance(node, ast.Constant):
        values = _other_values(node.value, holder, field)
        yield from (_with(node, value=value) for value in values)
    yield from _others(node)


def _is_turned_below(node: ast.AST) -> bool:
    """Whether a change inside of the condition says the same as its opposite."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return not isinstance(node.ops[0], _ORDERED)
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _other_values(value: object, holder: ast.AST, field: str) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value - 1, value + 1)
    elif isinstance(value, str) and " " not in value and _is_told(value, holder, field):
        yield f"{value}_"


def _is_told(value: str, holder: ast.AST, field: str) -> bool:
    """Whether a text is compared, or a name in what is read or said."""
    if isinstance(holder, ast.Call) and isinstance(holder.func, ast.Attribute):
        looks_up = holder.func.attr in _LOOKING_UP
    else:
        looks_up = isinstance(holder, ast.Compare | ast.Set | ast.Tuple | ast.List)
    return looks_up or field in ("keys", "slice") or _WORD.fullmatch(value) is not None


@singledispatch
def _others(node: ast.AST) -> Iterator[ast.AST]:
    yield from ()


@_others.register
def _of_comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for index, op in enumerate(node.ops):
        yield _with(node, ops=[*node.ops[:index], _OTHERS[type(op)](), *node.ops[index + 1 :]])


@_others.register
def _of_junction(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _with(node, op=_OTHERS[type(node.op)]())
    if isinstance(node.op, ast.Or):
        first, *more = node.values[:-1]
        yield _with(node, values=[first, *more]) if more else first


@_others.register
def _of_sum(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in _OTHERS:
        yield _with(node, op=_OTHERS[type(node.op)]())


@_others.register
def _of_negation(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


@_others.register
def _of_call(node: ast.Call) -> Iterator[ast.AST]:
    for each in node.keywords:
        yield _with(node, keywords=[other for other in node.keywords if other is not each])


@_others.register
def _of_name(node: ast.Name) -> Iterator[ast.AST]:
    if node.id in _OTHER_NAMES:
        yield _with(node, id=_OTHER_NAMES[node.id])


@_others.register
def _of_return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value and ast.unparse(node.value) not in ("None", "False"):
        yield ast.Return(ast.Constant(None))


@_others.register(ast.Raise)
@_others.register(ast.Expr)
@_others.register(ast.AugAssign)
def _of_statement(node: ast.stmt) -> Iterator[ast.AST]:
    yield ast.Pass()


@_others.register(ast.Assign)
@_others.register(ast.AnnAssign)
def _of_assignment(node: ast.Assign | ast.AnnAssign) -> Iterator[ast.AST]:
    """One to a name would be missed at once."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if node.value and isinstance(target, ast.Attribute | ast.Subscript):
        yield ast.Pass()


def _with(node: ast.AST, **fields: Any) -> Any:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other
