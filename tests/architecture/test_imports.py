"""The import contracts hold, and each of them can be broken."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "reticket"

VIOLATIONS = {
    "core/errors.py": ["import reticket.wire", "import msgspec", "import sqlite3"],
    "dialects/akinon/__init__.py": ["import reticket.dialects.cloudreve", "import starlette"],
    "http/edge.py": ["import reticket.dialects.oauth"],
    "moving/sessions/rows.py": ["import reticket.moving.people.seen"],
    "verify/jose.py": ["import reticket.core.errors"],
    "stores/memory.py": ["import reticket.stores.sqlite", "import click"],
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "src" / "reticket", ignore=ignored)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def lint(root: Path) -> tuple[int, str]:
    """The exit code of lint-imports and what it says."""
    ran = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def contracts() -> list[str]:
    return re.findall(r"^name = (.+)$", (ROOT / ".importlinter").read_text(), re.MULTILINE)


def test_every_contract_is_kept(copy: Path) -> None:
    code, said = lint(copy)
    assert code == 0, said
    assert [name for name in contracts() if f"{name} KEPT" not in said] == []


def test_every_contract_can_be_broken(copy: Path) -> None:
    for name, imports in VIOLATIONS.items():
        file = copy / "src" / "reticket" / name
        file.write_text(file.read_text() + "\n" + "\n".join(imports) + "\n")
    code, said = lint(copy)
    assert code != 0
    assert [name for name in contracts() if f"{name} BROKEN" not in said] == []


def test_no_contract_has_an_exception() -> None:
    assert "ignore_imports" not in (ROOT / ".importlinter").read_text()


def test_a_module_outside_the_known_layers_is_refused(copy: Path) -> None:
    (copy / "src" / "reticket" / "stray.py").touch()
    code, said = lint(copy)
    assert code != 0
    assert "stray" in said


def foreign(folder: Path) -> Iterator[str]:
    """What the modules of a folder import from outside the package and the standard library."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            tops = {name.partition(".")[0] for name in names} - {"reticket"}
            yield from (f"{file.name}: {top}" for top in tops - sys.stdlib_module_names)


def test_the_rules_import_the_standard_library_only(tmp_path: Path) -> None:
    assert list(foreign(PACKAGE / "core")) == []
    (tmp_path / "rule.py").write_text("def f():\n    from attr import define\n    import os.path\n")
    assert list(foreign(tmp_path)) == ["rule.py: attr"]
