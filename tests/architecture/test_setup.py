"""The lock files and the Makefile: the set-up on a new machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = (
    "requirements.lock",
    "requirements-test.lock",
    "requirements-deploy.lock",
    "requirements-generated.lock",
)
FILES = ("Makefile", "pyproject.toml", *LOCKS)
PIN = re.compile(r"([a-z0-9][a-z0-9-]*)==([\w.+]+)( ; [\w' =!<>.()]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text().splitlines()
    found = [PIN.fullmatch(line) for line in lines if not line.startswith(" ")]
    return {match[1]: match[2] for match in found if match}


def known() -> dict[str, list[str]]:
    """The requirements of the package, its extras and its dependency groups."""
    page = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = page["project"]
    own = {"package": project["dependencies"]}
    return own | project["optional-dependencies"] | page["dependency-groups"]


def wanted(*groups: str) -> set[str]:
    lines = [line for group in groups for line in known()[group]]
    return {re.split(r"[^a-z0-9-]", line.lower(), maxsplit=1)[0] for line in lines}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_pins_and_hashes_and_no_address(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert [line for line in lines if not (PIN.fullmatch(line) or HASH.fullmatch(line))] == []
    unhashed = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.fullmatch(line) and not HASH.fullmatch(following)
    ]
    assert unhashed == []


def test_the_locks_have_what_the_project_asks_for() -> None:
    served = wanted("package", "postgresql", "valkey", "build")
    assert served - pins("requirements.lock").keys() == set()
    assert wanted("test") | served <= pins("requirements-test.lock").keys()
    for group in ("deploy", "generated"):
        assert wanted(group) - pins(f"requirements-{group}.lock").keys() == set()


def test_tests_use_the_locked_versions_of_the_release() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-test.lock").items()


def make(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=root, capture_output=True, text=True, check=False
    )


def is_up_to_date(root: Path, target: str) -> bool:
    return make(root, "--question", target).returncode == 0


def test_make_alone_lists_the_targets() -> None:
    said = make(ROOT).stdout
    targets = re.findall(r"^  make ([\w-]+) +\w", said, re.MULTILINE)
    assert {"setup", "run", "run-postgresql", "run-cluster", "test", "lint"} <= set(targets)
    assert {"bench", "torture", "clean"} <= set(targets)


def test_setup_without_python_reports_it_in_one_sentence(tmp_path: Path) -> None:
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    ran = make(tmp_path, "setup", "PYTHON=python2.7")
    assert ran.returncode != 0
    assert ran.stderr.startswith("reticket needs Python 3.11 or newer with its venv module")
    assert not (tmp_path / ".venv").exists()


def test_setup_does_nothing_again_until_a_lock_changes(tmp_path: Path) -> None:
    copied = [shutil.copy(ROOT / name, tmp_path) for name in FILES]
    (tmp_path / ".venv").mkdir()
    for at, stamp in enumerate([*copied, ".venv/made", ".venv/setup", ".venv/setup-test"]):
        (tmp_path / stamp).touch()
        os.utime(tmp_path / stamp, (at, at))
    assert is_up_to_date(tmp_path, "setup")
    assert is_up_to_date(tmp_path, ".venv/setup-test")
    (tmp_path / "requirements-test.lock").touch()
    assert is_up_to_date(tmp_path, "setup")
    assert not is_up_to_date(tmp_path, ".venv/setup-test")
    (tmp_path / "requirements.lock").touch()
    assert not is_up_to_date(tmp_path, "setup")


FAKE = """#!/bin/sh
case "$*" in *--editable*) exit 0;; esac
echo 'Collecting alembic==1.20.1 (from -r requirements.lock (line 1))'
echo '  Downloading alembic-1.20.1-py3-none-any.whl (270 kB)'
exit STATUS
"""


@pytest.mark.parametrize("status", [0, 3])
def test_setup_shows_each_package_and_fails_with_the_status_of_pip(
    tmp_path: Path, status: int
) -> None:
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (tmp_path / ".venv" / "made").touch()
    python = binaries / "python"
    python.write_text(FAKE.replace("STATUS", str(status)))
    python.chmod(0o755)
    ran = make(tmp_path, "setup")
    assert "  alembic==1.20.1\n" in ran.stdout
    assert "Downloading" not in ran.stdout
    assert (ran.returncode == 0) is (status == 0)
    assert (tmp_path / ".venv" / "setup").exists() is (status == 0)
