"""Patterns that no file may contain, and the maximum length of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (".ci", "benchmarks", "demo", "deploy", "docs", "src", "tests")
LONGEST = 350

FORBIDDEN = {
    "the host of a package registry": r"pyp[i]\.org|pythonhoste[d]\.|npmj[s]\.(org|com)",
    "a document that is not here": r"\bdesig[n] §",
    "a path of one machine": r"(^|[^\w.~-])/(w[o]rk|r[o]ot|t[m]p)/",
}
FORBIDDEN_IN_CODE = {
    "a test that is not run": r"pytest\.mark\.(ski[p]|xfai[l])|pytest\.(ski[p]|xfai[l])\(",
    "an ignore that does not say what": r"# *type: *ignore *$",
    "a swallowed error": r"except( (Base)?Exception)?: *(\n\s*)?pass\b",
    "a first that is looked for behind all that were deleted": r"\bdel (\S+)\[next\(iter\(\1\b",
}

SAMPLES = {
    "the host of a package registry": "see https://" + "pypi" + ".org/simple",
    "a document that is not here": "as said in desi" + "gn §1",
    "a path of one machine": "open('/" + "work/x')",
    "a test that is not run": "@pytest.mark." + "skip",
    "an ignore that does not say what": "x = 1  # type: " + "ignore",
    "a swallowed error": "except Exception:\n    " + "pass",
    "a first that is looked for behind all that were deleted": "del seen[next" + "(iter(seen))]",
}


def texts(suffix: str = "") -> Iterator[tuple[Path, str]]:
    """The text of every file of the project, except installed packages and caches."""
    return ((path, text) for path, text in _every_text() if path.name.endswith(suffix))


@cache
def _every_text() -> list[tuple[Path, str]]:
    below = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*")]
    return [
        (file.relative_to(ROOT), file.read_text("utf-8", "replace"))
        for file in [*ROOT.iterdir(), *below]
        if not _is_another_ones(file.relative_to(ROOT)) and file.is_file()
    ]


def _is_another_ones(path: Path) -> bool:
    return any(part.strip("_").endswith(("cache", "node_modules")) for part in path.parts)


PACKAGED = {".css", ".html", ".js", ".py", ".typed", ".yaml"}
"""Kinds of files that the package has."""


def test_the_package_has_no_file_of_another_kind() -> None:
    files = [file for file, _ in texts() if file.parts[0] == "src"]
    own = [file for file in files if not file.parts[1].endswith(".egg-info")]
    assert [str(file) for file in own if file.suffix not in PACKAGED] == []


GUESSABLE = r"\b(import random\b|from random\b|random\.Random|numpy|getrandbits|uuid[134]\b)"
"""Numbers that whoever has seen some of them foretells (ASVS 11.5)."""


def has(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.MULTILINE) is not None


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_contains_a_forbidden_pattern(what: str) -> None:
    assert [str(file) for file, text in texts() if has(FORBIDDEN[what], text)] == []


@pytest.mark.parametrize("what", FORBIDDEN_IN_CODE)
def test_no_code_contains_a_forbidden_pattern(what: str) -> None:
    found = [str(file) for file, text in texts(".py") if has(FORBIDDEN_IN_CODE[what], text)]
    assert found == []


@pytest.mark.parametrize("what", SAMPLES)
def test_each_forbidden_pattern_finds_its_sample(what: str) -> None:
    assert has((FORBIDDEN | FORBIDDEN_IN_CODE)[what], SAMPLES[what])


def test_every_random_number_is_from_a_secure_source() -> None:
    sources = {str(file): text for file, text in texts(".py") if file.parts[0] == "src"}
    assert [file for file, text in sources.items() if has(GUESSABLE, text)] == []
    assert has(GUESSABLE, "import " + "random")
    drawn = [file for file, text in sources.items() if has(r"\bos\.urandom\b|\bsecrets\.", text)]
    assert len(drawn) > 5


def test_no_module_is_too_long() -> None:
    lengths = {str(file): text.count("\n") for file, text in texts(".py") if file.parts[0] == "src"}
    assert len(lengths) > 30
    assert [file for file, length in lengths.items() if length > LONGEST] == []
