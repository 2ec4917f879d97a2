"""No module imports itself, directly or through other modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"


def modules(source: Path) -> dict[str, Path]:
    found = {}
    for file in source.rglob("*.py"):
        parts = file.relative_to(source).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = file
    return found


def imports_of(name: str, file: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """What a module imports of the package, at its top, in functions and for types alone."""
    for node in ast.walk(ast.parse(file.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [each if each in known else node.module for each in full]
        yield from (each for each in names if each in known and each != name)


def check_no_circle(source: Path) -> None:
    known = modules(source)
    graph = {name: set(imports_of(name, file, known)) for name, file in known.items()}
    TopologicalSorter(graph).prepare()


def test_imports_have_no_circle() -> None:
    check_no_circle(SRC)


def test_a_circle_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    import b\n")
    (tmp_path / "b.py").write_text("from a import f\n")
    with pytest.raises(CycleError):
        check_no_circle(tmp_path)
