"""The words that the code can write into the audit stream, read off its calls.

A sink is any function or class with a parameter of the name that is looked for; what a call hands
to it must be a word that can be read here, or something that passes one on. A call that can be
neither fails, so a new way to write a word cannot slip by.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "reticket"
SHIPPED_FOR_TESTS = PACKAGE / "testing"
PASSED_ON = frozenset({"event", "cause", "revoked_cause"})
"""Members whose word was written by somebody else before."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

Inside = tuple[ast.AST, ...]
"""The functions that a call stands in, the outermost first."""


@dataclass
class Module:
    """A parsed file: what stands at its top, what it imports, what it defines."""

    name: str
    tree: ast.Module
    values: dict[str, ast.expr] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    defines: dict[str, ast.AST] = field(default_factory=dict)


@dataclass(frozen=True)
class Sink:
    """Something that is given a word: in which place, and of which type."""

    module: str
    place: int
    is_method: bool


@cache
def modules() -> dict[str, Module]:
    found = {}
    for file in PACKAGE.rglob("*.py"):
        if not file.is_relative_to(SHIPPED_FOR_TESTS):
            parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
            name = ".".join(part for part in parts if part != "__init__")
            found[name] = _module(name, ast.parse(file.read_text()))
    return found


def _module(name: str, tree: ast.Module) -> Module:
    module = Module(name, tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module.imports[alias.asname or alias.name] = (node.module or "", alias.name)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            module.defines[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            module.values[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            module.values[node.target.id] = node.value
    return module


class Words:
    """What is handed to a parameter of that name and one of those types, all over the package."""

    def __init__(self, parameter: str, kinds: frozenset[str]) -> None:
        self.parameter = parameter
        self.kinds = kinds
        self.known = modules()
        self.sinks: dict[str, list[Sink]] = {}
        for module in self.known.values():
            self._note(module, module.tree)

    def _note(self, module: Module, owner: ast.AST) -> None:
        for node in ast.iter_child_nodes(owner):
            self._note(module, node)
            if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                continue
            is_method = isinstance(owner, ast.ClassDef) and not isinstance(node, ast.ClassDef)
            for place, (name, kind) in enumerate(_parameters(node)):
                if name == self.parameter and kind in self.kinds:
                    sink = Sink(module.name, place, is_method)
                    self.sinks.setdefault(node.name, []).append(sink)

    def written(self) -> set[str]:
        return {word for module in self.known.values() for word in self._in(module)}

    def _in(self, module: Module) -> Iterator[str]:
        for inside, call in _calls(module.tree):
            for sink in self._sinks_of(module, call):
                handed = _handed(call, sink.place, self.parameter)
                if handed is not None:
                    yield from self._read(module, inside, handed)

    def _sinks_of(self, module: Module, call: ast.Call) -> Iterator[Sink]:
        """By the module that the name comes from, where it can be told."""
        called = call.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        home = self._home(module, called)
        for sink in self.sinks.get(name, ()):
            elsewhere = name.startswith("_") and sink.module != module.name
            if home in (None, sink.module) and sink.is_method == (home is None) and not elsewhere:
                yield sink

    def _home(self, module: Module, called: ast.expr) -> str | None:
        if isinstance(called, ast.Name):
            return self._origin(module, called.id)[0]
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            package, name = module.imports.get(called.value.id, ("", ""))
            return f"{package}.{name}" if f"{package}.{name}" in self.known else None
        return None

    def _origin(self, module: Module, name: str) -> tuple[str, str]:
        """Where a name is made, through those that only hand it on."""
        while name in module.imports and module.imports[name][0] in self.known:
            package, name = module.imports[name]
            module = self.known[package]
        return module.name, name

    def _read(self, module: Module, inside: Inside, said: ast.expr) -> Iterator[str]:
        match said:
            case ast.Constant(value=word):
                yield from [] if word is None else [word]
            case ast.IfExp() | ast.BoolOp():
                either = said.values if isinstance(said, ast.BoolOp) else (said.body, said.orelse)
                yield from self._read_all(module, inside, either)
            case ast.Subscript() | ast.Call(func=ast.Attribute(attr="get")):
                yield from self._read_table(module, inside, said)
            case ast.Attribute(value=ast.Name(id=owner), attr=member) if member.isupper():
                yield self._member(module, owner, member)
            case ast.Attribute(attr=member) if member in PASSED_ON:
                pass
            case ast.Call(func=ast.Name(id=name)) if name in module.defines:
                maker = module.defines[name]
                made = [n.value for n in ast.walk(maker) if isinstance(n, ast.Return)]
                yield from self._read_all(module, (maker,), made)
            case ast.Name(id=name):
                yield from self._read_name(module, inside, name)
            case _:
                raise AssertionError(f"{module.name}: {ast.unparse(said)} is no word")

    def _read_all(
        self, module: Module, inside: Inside, values: Iterable[ast.expr]
    ) -> Iterator[str]:
        for value in values:
            yield from self._read(module, inside, value)

    def _read_name(self, module: Module, inside: Inside, name: str) -> Iterator[str]:
        if any(name == self.parameter and name in dict(_parameters(each)) for each in inside):
            return  # whoever calls that function is looked at
        local = [
            node.value
            for function in inside
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
        ]
        yield from self._read_all(module, inside, local)
        if not local:
            home, name = self._origin(module, name)
            assert name in self.known[home].values, f"{module.name}: {name} is no word"
            yield from self._read(self.known[home], (), self.known[home].values[name])

    def _read_table(
        self, module: Module, inside: Inside, said: ast.Subscript | ast.Call
    ) -> Iterator[str]:
        owner = said.value if isinstance(said, ast.Subscript) else said.func.value
        table = module.values[ast.unparse(owner)]
        assert isinstance(table, ast.Dict), f"{module.name}: {ast.unparse(said)}"
        defaults = said.args[1:] if isinstance(said, ast.Call) else []
        yield from self._read_all(module, inside, (*table.values, *defaults))

    def _member(self, module: Module, owner: str, member: str) -> str:
        home, name = self._origin(module, owner)
        body = self.known[home].defines[name].body
        values = {ast.unparse(n.targets[0]): n.value for n in body if isinstance(n, ast.Assign)}
        return str(ast.literal_eval(values[member]))


def _parameters(node: ast.AST) -> list[tuple[str, str]]:
    """Names and types of what a call gives, in order; for a class those of its fields."""
    if isinstance(node, ast.ClassDef):
        body = node.body
        made = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        if made:
            return _parameters(made[0])
        fields = [n for n in body if isinstance(n, ast.AnnAssign)]
        return [(ast.unparse(n.target), ast.unparse(n.annotation)) for n in fields]
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    named = [(a.arg, ast.unparse(a.annotation) if a.annotation else "") for a in arguments]
    return named[1:] if named and named[0][0] in ("self", "cls") else named


def _calls(node: ast.AST, inside: Inside = ()) -> Iterator[tuple[Inside, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield inside, child
        yield from _calls(child, (*inside, child) if isinstance(child, FUNCTIONS) else inside)


def _handed(call: ast.Call, place: int, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    before = call.args[: place + 1]
    if len(before) <= place or any(isinstance(each, ast.Starred) for each in before):
        return None
    return before[place]


@cache
def events() -> set[str]:
    """Every name of an event."""
    return Words("event", frozenset({"str"})).written()


@cache
def ends() -> set[str]:
    """Every cause for which a session can be ended."""
    return Words("cause", frozenset({"str", "Change"})).written()
