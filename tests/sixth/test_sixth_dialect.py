"""A sixth dialect is two new files and no changed line, shown in a copy of the project with two."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

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
ADDED = ("directus", "onetoken")
"""A dialect with a pair of tokens in bodies, and one with a single token in a header."""

BY_NAME = {
    "tests/dialects/test_answers_from_copies.py",
    "tests/dialects/test_every_dialect.py",
    "tests/dialects/test_what_is_said_of_tokens.py",
    "tests/docs/test_docs.py",
    "tests/docs/test_plain_words.py",
    "tests/http/test_examples.py",
    "tests/http/test_openapi_to_try.py",
    "tests/http/test_second_factor.py",
    "tests/openapi/test_fixtures_agree.py",
    "tests/openapi/test_schemathesis.py",
    "tests/wire/test_growth.py",
}
"""Suites whose tests have the name of their dialect."""

OF_ALL = {
    "tests/architecture/test_imports.py": "kept",
    "tests/architecture/test_tree.py": "forbidden or long",
    "tests/architecture/test_vendors.py": "outside",
    "tests/cli/test_commands.py": "openapi",
    "tests/core/test_policy.py": "preset",
    "tests/dialects/test_debug.py": "debug",
    "tests/docs/test_docs.py": "generated or readme or links",
    "tests/docs/test_quickstarts.py": "every_dialect",
    "tests/docs/test_security_page.py": "limit",
    "tests/http/test_front_page.py": "every_link",
    "tests/http/test_second_factor.py": "demo_shows",
    "tests/http/test_unforeseen.py": "internal_error",
}
"""Suites that look at all dialects in one test, with words of its name."""

APART = {
    "tests/browser/test_docs.py": "needs a browser",
    "tests/conformance/test_driver.py": "opens a directory",
    "tests/directory/conftest.py": "opens a directory",
    "tests/dialects/every.py": "has no tests",
    "tests/dialects/kibo/test_fixtures.py": "of one dialect",
    "tests/openapi/test_seeds.py": "of documents of vendors",
    "tests/operation/warm.py": "has no tests",
    "tests/sixth/test_sixth_dialect.py": "this file",
}
"""Other files that ask the dialects, with what makes them different."""

ASKS = re.compile(
    r"tests\.dialects\.every|dialects\.modules|with_defaults|\.dialects\(|\.documented\("
)
SEED = """
tenants: [{id: 1, directus: {project: Shop}}]
users:
  - email: grace@example.com
    password: correct horse
    directus: {role: ROLE}
    onetoken: {nick: Grace}
"""


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


def passed(copy: Path, files: Iterable[str], words: Iterable[str]) -> list[str]:
    """The names of the tests of these files that passed; none may fail."""
    chosen = [*sorted(files), "-k", " or ".join(words)]
    said = python(copy, "-m", "pytest", "-p", "no:cacheprovider", *chosen, "-rA").stdout
    return [line for line in said.splitlines() if line.startswith("PASSED ")]


@pytest.fixture(scope="module")
def by_name(copy: Path) -> list[str]:
    return passed(copy, BY_NAME, ADDED)


@pytest.fixture(scope="module")
def of_all(copy: Path) -> list[str]:
    return passed(copy, OF_ALL, OF_ALL.values())


@pytest.mark.parametrize("suite", sorted(BY_NAME))
def test_each_suite_includes_the_new_dialects_and_passes(by_name: list[str], suite: str) -> None:
    said = "\n".join(line for line in by_name if suite in line)
    assert [name for name in ADDED if name not in said] == []


@pytest.mark.parametrize("suite", sorted(OF_ALL))
def test_each_suite_over_all_dialects_passes(of_all: list[str], suite: str) -> None:
    assert any(suite in line for line in of_all)


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


def test_the_demo_prints_the_examples_of_the_new_dialect(copy: Path) -> None:
    said = python(
        copy,
        "-c",
        "from reticket import dialects\nfrom reticket.cli.demo_lines import lines\n"
        "print(*lines('http://a', 'http://a', dialects.with_defaults()), sep='\\n')",
    ).stdout
    assert "# Directus: sign in\ncurl -sS -X POST 'http://a/directus/auth/login'" in said
    assert "curl -sS -X POST 'http://a/onetoken/renew' -H \"$(curl" in said


def test_the_settings_and_parts_of_the_new_dialect_work(copy: Path, tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    data = ["--data", str(tmp_path / "data")]
    seed.write_text(SEED.replace("ROLE", "Editor"))
    python(copy, "-m", "reticket", "init", *data)
    python(copy, "-m", "reticket", "seed", str(seed), *data)
    settings = tmp_path / "reticket.toml"
    settings.write_text("[policies.DIRECTUS_2026]\nwindow = 5\n[dialects.directus]\nnone = 1\n")
    with pytest.raises(AssertionError, match=r"did you mean|accepted are .*second_factor"):
        python(copy, "-m", "reticket", "openapi", "--config", str(settings))
    settings.write_text('[dialects.onetoken]\nsecond_factor = "ask"\n')
    with pytest.raises(AssertionError, match="second_factor must be ignore or refuse"):
        python(copy, "-m", "reticket", "openapi", "--config", str(settings))
    seed.write_text(SEED.replace("ROLE", "{}").replace("grace", "ada"))
    with pytest.raises(AssertionError, match=r"line 6: users\[0\]\.directus\.role must be text"):
        python(copy, "-m", "reticket", "seed", str(seed), *data)
