"""Retired names and words are not used again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tests.architecture.test_tree import texts

RETIRED = {
    "Forerunners": "SingleFlight",
    "forerunners": "SingleFlight",
    "Conveyor": "BatchQueue",
    "conveyor": "BatchQueue",
    "Lane": "WorkerPool",
    "FairLane": "FairWorkerPool",
    "House": "OpenedService",
    "Stock": "OpenedService",
    "Office": "AdminContext",
    "office": "AdminContext",
    "Lookout": "ChangePoller",
    "lookout": "ChangePoller",
    "beats": "background",
    "spot": "YamlValue",
    "Visit": "Interaction",
    "Rehearse": "DryRunRefresh",
    "Rehearsal": "DryRunStep",
    "Borrow": "ExchangeStep",
    "Turned": "StepOutcome",
    "Stepped": "StepResult",
    "Held": "RowLocked",
    "Frail": "NotReplicated",
    "chronicle": "audit_events",
    "Keep": "PutIfAbsent",
    "Look": "Peek",
    "Take": "Pop",
    "Tally": "Increment",
    "Draw": "RandomBytes",
    "Tell": "Audit",
    "Manage": "RunInDirectory",
    "Halted": "PageError",
    "CodeGrant": "AuthorizationGrant",
    "CodeRequest": "AuthorizationRequest",
    "Granting": "GrantOperation",
    "TokenAnswer": "TokenResponse",
    "Verdicts": "DeviceConsentHandler",
    "news_of": "audit_cause",
}
"""Names of classes, modules and variables, each with the name of today."""

DESK = re.compile(r"^_?[A-Z][A-Za-z]*Desk$|^Desk$")
"""Classes that checked credentials were called so."""

FORMER = {
    "reticket family": r"reticket family\b",
    "the path /families": r"/admin/v1/families|(?:GET|POST|DELETE)`? \|? ?`?/families",
    "the setting families": r"RETICKET_FAMILIES|^families\s*=\s*\"",
}
"""What people wrote in commands, requests and settings, by a word for it."""

REFUSED = {"test_commands.py", "test_sessions.py", "test_load.py", "make.py", "renamed.py"}
"""Files that have a former word because the service refuses it, or an older version needs it."""

EXPLAINED = {"ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "glossary.md"}
"""Pages that say what a family is."""

FAMILY = re.compile(r"\bfamil(?:y|ies)\b", re.IGNORECASE)
QUOTED = re.compile(r"`[^`]*`|```.*?```", re.DOTALL)
STORED = re.compile(r"\S*families\.(?:sqlite|id)\S*")


def identifiers(tree: ast.AST) -> Iterator[str]:
    """Every name that code defines or uses, without the underscores before it."""
    for node in ast.walk(tree):
        found: Iterable[str | None] = ()
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found = (name,)
            case ast.keyword(arg=name):
                found = (name,)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found = (name,)
            case ast.AsyncFunctionDef(name=name):
                found = (name,)
            case ast.alias(name=name, asname=other):
                found = (*name.split("."), other)
        yield from (name.lstrip("_") for name in found if name)


def retired_in(text: str) -> set[str]:
    return RETIRED.keys() & set(identifiers(ast.parse(text)))


def has_family(page: str) -> bool:
    """Whether prose has the word; quoted code and names of stored data may have it."""
    return FAMILY.search(STORED.sub("", QUOTED.sub("", page))) is not None


def sources() -> Iterator[tuple[Path, str]]:
    return ((file, text) for file, text in texts(".py") if ".venv" not in file.parts)


def pages() -> Iterator[tuple[Path, str]]:
    return ((file, text) for file, text in texts(".md") if "adr" not in file.parts)


def test_no_code_has_a_retired_name() -> None:
    found = {str(file): names for file, text in sources() if (names := retired_in(text))}
    assert found == {}


def test_no_module_has_a_retired_name() -> None:
    stems = {file: file.stem.removeprefix("test_") for file, _ in sources()}
    assert [str(file) for file, stem in stems.items() if stem in RETIRED] == []


def test_no_class_of_the_package_is_a_desk() -> None:
    trees = [ast.parse(text) for file, text in sources() if file.parts[0] == "src"]
    classes = {
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }
    assert len(classes) > 300
    assert [name for name in classes if DESK.match(name)] == []


@pytest.mark.parametrize("what", FORMER)
def test_a_retired_word_is_only_in_the_files_that_refuse_it(what: str) -> None:
    every = [*sources(), *pages()]
    allowed = REFUSED | EXPLAINED | {Path(__file__).name}
    found = [file for file, text in every if re.search(FORMER[what], text, re.MULTILINE)]
    assert [str(file) for file in found if file.name not in allowed] == []
    assert found != []


def test_pages_say_session() -> None:
    found = [file for file, text in pages() if has_family(text)]
    assert [str(file) for file in found if file.name not in EXPLAINED] == []
    assert found != []


@pytest.mark.parametrize(
    "text",
    [
        "class House: ...", "from reticket.core import chronicle", "import reticket.core.beats",
        "from x import y as Visit", "def spot(): ...", "def f(spot): ...", "self._lookout = 1",
        "async def office(): ...", "f(beats=1)", "yield Tell()",
    ],
)  # fmt: skip
def test_a_retired_name_is_found(text: str) -> None:
    assert len(retired_in(text)) == 1


@pytest.mark.parametrize("text", ["SpotCheck()", "'spot'", "# spot", "housed = 1"])
def test_a_name_that_contains_a_retired_one_is_allowed(text: str) -> None:
    assert retired_in(text) == set()


@pytest.mark.parametrize(
    ("page", "has"),
    [
        ("The family ends.", True),
        ("Families end.", True),
        ("The table `families`.", False),
        ("See data/families.sqlite for it.", False),
        ("A familiar word.", False),
    ],
)
def test_the_retired_word_is_searched_in_prose_only(page: str, has: bool) -> None:
    assert has_family(page) is has
