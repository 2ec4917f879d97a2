"""A sixth dialect is two new files and no changed line, shown in a copy of the project with two."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.sixth.suites import ADDED, BY_NAME, IN_THE_COPY, OF_ALL

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
COPIED = ("src", "tests", "docs", "benchmarks", "deploy", "demo")
GENERATED = {
    "README.md",
    "docs/cli.md",
    "docs/directory.md",
    "docs/settings.md",
    "docs/scaling.md",
    "docs/second-factor.md",
}
APART = {
    "tests/browser/test_docs.py": "needs a browser",
    "tests/config/test_handover.py": "of settings of some dialects",
    "tests/conformance/test_driver.py": "opens a directory",
    "tests/directory/conftest.py": "opens a directory",
    "tests/deploy/test_with_moving.py": "of rules for the paths of vendors",
    "tests/dialects/every.py": "has no tests",
    "tests/dialects/kibo/test_fixtures.py": "of one dialect",
    "tests/handover/test_vendors.py": "of the servers of some vendors",
    "tests/moving/compare/conftest.py": "has no tests",
    "tests/moving/compare/test_recorded.py": "of recorded paths of a vendor",
    "tests/moving/compare/test_signed_in.py": "of the demo's people",
    "tests/docs/test_moving_page.py": "of rules for the paths of vendors",
    "tests/openapi/test_seeds.py": "of documents of vendors",
    "tests/operation/warm.py": "has no tests",
    "tests/sixth/in_the_copy.py": "runs in the copy alone",
    "tests/sixth/test_sixth_dialect.py": "this file",
}
"""Other files that ask the dialects, with what makes them different."""

PAIRS = [(suite, word) for suite, words in OF_ALL.items() for word in words.split(" or ")]
ASKS = re.compile(
    r"tests\.dialects\.every|dialects\.modules|with_defaults|\.dialects\(|\.documented\("
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the two files, and its generated pages made anew."""
    root = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", ".*cache", "node_modules")
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    for file in [
        *ROOT.glob("*.md"),
        *ROOT.glob("*.toml"),
        ROOT / "Makefile",
        ROOT / ".importlinter",
    ]:
        shutil.copy(file, root)
    for name in ADDED:
        shutil.copy(HERE / f"{name}.py", root / "src" / "reticket" / "dialects")
        (root / "tests" / "dialects" / name).mkdir()
        shutil.copy(HERE / f"{name}.yaml", root / "tests" / "dialects" / name / "fixtures.yaml")
    python(root, "-m", "docs.generate")
    return root


def python(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy; what it says stands in the error."""
    ran = subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]
    return ran


@pytest.fixture(scope="module")
def passed(copy: Path) -> list[str]:
    """The names of the tests that passed in the copy, all in one process; none may fail."""
    chosen = ["-p", "tests.sixth.suites", *sorted({*BY_NAME, *OF_ALL, IN_THE_COPY})]
    said = python(copy, "-m", "pytest", "-p", "no:cacheprovider", *chosen, "-rA").stdout
    return [line for line in said.splitlines() if line.startswith("PASSED ")]


@pytest.mark.parametrize("suite", sorted(BY_NAME))
def test_each_suite_includes_the_new_dialects_and_passes(passed: list[str], suite: str) -> None:
    said = "\n".join(line for line in passed if suite in line)
    assert [name for name in ADDED if name not in said] == []


@pytest.mark.parametrize(("suite", "word"), PAIRS)
def test_each_suite_over_all_dialects_passes(passed: list[str], suite: str, word: str) -> None:
    assert any(suite in line and word in line.partition("::")[2] for line in passed)


@pytest.mark.parametrize("name", ["examples_of_the_new_dialects", "settings_and_parts"])
def test_the_demo_and_the_commands_know_the_new_dialects(passed: list[str], name: str) -> None:
    assert any(IN_THE_COPY in line and name in line for line in passed)


def test_every_suite_that_asks_the_dialects_is_run_here() -> None:
    asking = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "tests").rglob("*.py")
        if ASKS.search(file.read_text("utf-8"))
    }
    assert asking - BY_NAME - OF_ALL.keys() - APART.keys() == set()
    assert APART.keys() - asking == set()


def test_make_runs_every_suite_that_asks_the_dialects() -> None:
    text = (ROOT / "Makefile").read_text()
    said = re.search(r"^OF_DIALECTS :=((?:[^\\\n]|\\\n)*)", text, re.MULTILINE)
    assert said
    listed = said[1].replace("\\\n", " ").split()
    assert [place for place in listed if not (ROOT / place).exists()] == []
    covered = [suite for suite in (*BY_NAME, *OF_ALL) if suite.startswith(tuple(listed))]
    assert set(covered) == BY_NAME | OF_ALL.keys()
    assert re.search(r"^test-dialects: .*\n\t.* \$\(OF_DIALECTS\) ", text, re.MULTILINE)


def test_no_line_but_those_of_generated_pages_has_changed(copy: Path) -> None:
    changed = {
        file.relative_to(copy).as_posix()
        for name in (*COPIED, "")
        for file in (copy / name).glob("**/*" if name else "*")
        if file.is_file() and "__pycache__" not in file.parts and _differs(copy, file)
    }
    added = {
        place.format(name)
        for name in ADDED
        for place in (
            "src/reticket/dialects/{}.py",
            "tests/dialects/{}/fixtures.yaml",
            "docs/dialects/{}.md",
        )
    }
    assert changed - GENERATED == added
    assert "[Directus](docs/dialects/directus.md)" in (copy / "README.md").read_text()
    assert "`DIRECTUS_2026`" in (copy / "docs" / "directory.md").read_text()


def _differs(copy: Path, file: Path) -> bool:
    original = ROOT / file.relative_to(copy)
    return not original.exists() or original.read_bytes() != file.read_bytes()
