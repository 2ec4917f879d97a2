"""A sixth dialect is two new files and no changed line, shown in a copy of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
COPIED = ("src", "tests", "docs", "benchmarks", "deploy", "demo")
GENERATED = {"README.md", "docs/cli.md", "docs/directory.md", "docs/settings.md", "docs/scaling.md"}
SUITES = {
    "contract and fixtures": ("tests/dialects/test_every_dialect.py", "directus"),
    "OpenAPI agreement": ("tests/openapi/test_fixtures_agree.py", "directus"),
    "schemathesis": ("tests/openapi/test_schemathesis.py", "directus"),
    "examples": ("tests/http/test_examples.py", "Directus or every"),
    "README's table, pages": ("tests/docs/test_docs.py", "generated or readme or links"),
    "what tokens say": ("tests/dialects/test_what_is_said_of_tokens.py", "directus"),
    "docs of each dialect": ("tests/docs/test_quickstarts.py", "every_dialect"),
    "names of documents": ("tests/cli/test_commands.py", "openapi"),
    "presets": ("tests/core/test_policy.py", "preset"),
    "plain words": ("tests/docs/test_plain_words.py", "directus"),
    "vendors' names": ("tests/architecture/test_vendors.py", "outside"),
    "import contracts": ("tests/architecture/test_imports.py", "kept"),
}
SEED = """
tenants: [{id: 1, directus: {project: Shop}}]
users:
  - email: grace@example.com
    password: correct horse
    directus: {role: ROLE}
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
    shutil.copy(HERE / "directus.py", root / "src" / "reticket" / "dialects")
    (root / "tests" / "dialects" / "directus").mkdir()
    shutil.copy(HERE / "fixtures.yaml", root / "tests" / "dialects" / "directus")
    python(root, "docs/generate.py")
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


@pytest.mark.parametrize("suite", SUITES)
def test_each_suite_includes_the_new_dialect_and_passes(copy: Path, suite: str) -> None:
    file, wanted = SUITES[suite]
    said = python(copy, "-m", "pytest", "-p", "no:cacheprovider", file, "-k", wanted, "-rA").stdout
    assert "passed" in said or "[100%]" in said


def test_no_line_but_those_of_generated_pages_has_changed(copy: Path) -> None:
    changed = {
        file.relative_to(copy).as_posix()
        for name in (*COPIED, "")
        for file in (copy / name).glob("**/*" if name else "*")
        if file.is_file() and "__pycache__" not in file.parts and _differs(copy, file)
    }
    added = {"src/reticket/dialects/directus.py", "tests/dialects/directus/fixtures.yaml"}
    assert changed - GENERATED == {*added, "docs/dialects/directus.md"}
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


def test_the_settings_and_parts_of_the_new_dialect_work(copy: Path, tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    data = ["--data", str(tmp_path / "data")]
    seed.write_text(SEED.replace("ROLE", "Editor"))
    python(copy, "-m", "reticket", "init", *data)
    python(copy, "-m", "reticket", "seed", str(seed), *data)
    settings = tmp_path / "reticket.toml"
    settings.write_text("[policies.DIRECTUS_2026]\nwindow = 5\n[dialects.directus]\nnone = 1\n")
    with pytest.raises(AssertionError, match=r"did you mean|accepted are second_factor"):
        python(copy, "-m", "reticket", "openapi", "--config", str(settings))
    seed.write_text(SEED.replace("ROLE", "{}").replace("grace", "ada"))
    with pytest.raises(AssertionError, match=r"line 6: users\[0\]\.directus\.role must be text"):
        python(copy, "-m", "reticket", "seed", str(seed), *data)
