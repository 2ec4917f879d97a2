"""The pages agree with the code."""

import re
from pathlib import Path

import pytest
from tests.docs import tables

from docs import dialect_pages, generate
from reticket import cli
from reticket.cli.doctor import known_checks
from reticket.core.errors import Code
from reticket.core.model import Outcome
from reticket.runtime.opening import Builder
from reticket.settings.loading import issuer_of, load

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if path.name != "CHANGELOG.md"
)

ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()

CELL = re.compile(r"(?<!\\)\|")
"""What parts cells, also in a code span (GFM, section 4.10)."""


@pytest.mark.parametrize("name", generate.PAGES)
def test_generated_pages_are_current(name):
    assert (ROOT / "docs" / name).read_text() == generate.PAGES[name](), "run make docs"


@pytest.mark.parametrize("dialect", dialect_pages.DIALECTS, ids=lambda dialect: dialect.name)
def test_a_page_of_a_dialect_is_written_like_one_by_hand(dialect):
    page = dialect_pages.dialect_page(dialect)
    assert "\n\n\n" not in page
    assert re.findall("`(?:True|False|None)`", page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_have_a_target(page):
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text()):
        there = page.parent / target if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


def links(name):
    return set(re.findall(r"\]\(([^)#:]+)", (ROOT / name).read_text()))


def test_architecture_links_every_decision_record():
    records = {f"docs/adr/{record.name}" for record in ROOT.glob("docs/adr/*.md")}
    assert records - links("ARCHITECTURE.md") == set()
    assert len(records) >= 11


def test_readme_links_the_glossary():
    assert "docs/glossary.md" in links("README.md")


def anchors(page):
    """What GitHub makes of the headings."""
    for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_rows_of_a_table_have_as_many_cells_as_its_head(page):
    head = None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        cells = len(CELL.findall(line)) if line.startswith("|") else None
        head = cells and (head or cells)
        assert cells == head, f"{page.name}:{number}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_line_of_prose_is_longer_than_120_characters(page):
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    prose = [line for line in text.splitlines() if not line.startswith("|")]
    if page not in [(ROOT / "docs" / name).resolve() for name in generate.PAGES]:
        assert [line for line in prose if len(line) > 120] == []


def commands(group, path="reticket"):
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, f"{path} {name}")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_exist(page):
    known = set(commands(cli.command(Builder)))
    nouns = {one.split()[1] for one in known if " " in one}
    for said in re.findall(r"`reticket ([a-z][a-z -]*)", page.read_text()):
        words = said.split()
        assert words[0] in nouns, said
        if f"reticket {words[0]}" in known and len(words) > 1 and not words[1].startswith("-"):
            group = [one for one in known if one.startswith(f"reticket {words[0]} ")]
            assert not group or f"reticket {words[0]} {words[1]}" in known, said


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)", page.read_text()):
            assert target in targets, (page.name, target)


def test_every_check_of_doctor_has_a_row():
    rows = tables.tables(tables.page("running.md"))["reticket doctor"]
    assert sorted(tables.words(rows)) == sorted(check.TOPIC for check in known_checks())


def test_every_dialect_is_in_the_readme():
    text = (ROOT / "README.md").read_text().lower()
    builder = Builder()
    for dialect in builder.dialects(builder.load(None, {})):
        assert dialect.name in text
        assert dialect.base_path in text


def test_every_refusal_code_and_outcome_is_explained():
    text = (ROOT / "docs" / "refusals.md").read_text()
    for word in (*Code, *Outcome):
        assert f"`{word.value}`" in text, word


def test_the_settings_of_a_library_in_a_quick_start_are_the_tested_ones():
    page = (ROOT / "docs" / "quickstart" / "oauth.md").read_text()
    (said,) = re.findall(r"execute: [^,\n]*", page)
    assert said in (ROOT / "tests" / "node" / "quick_start.test.mjs").read_text()


def test_the_pages_are_right_about_the_issuer(monkeypatch, tmp_path):
    text = (ROOT / "docs" / "running.md").read_text()
    monkeypatch.chdir(tmp_path)
    for host in ("127.0.0.1", "0.0.0.0"):
        assert f"`{issuer_of(load(None, {'host': host}))}`" in text
    (line,) = re.findall(r"^RETICKET_HOST=.*(?= reticket serve$)", text, re.MULTILINE)
    for name, _, value in (each.partition("=") for each in line.split()):
        monkeypatch.setenv(name, value)
    assert issuer_of(load(None, {})) == "https://id.example.com"


def test_the_architecture_names_modules_that_exist():
    rows = re.findall(r"^\| `([a-z_/]+)/`(?: itself)? \| ([^|]*)", ARCHITECTURE, re.MULTILINE)
    named = [(room, name) for room, owns in rows for name in re.findall(r"`([a-z_]+)/?`", owns)]
    assert [each for each in named if not is_in_room(*each)] == []
    assert len(named) > 10


def is_in_room(room, name):
    folder = ROOT / "src" / "reticket" / room
    return any(found.stem == name for found in folder.rglob("*") if found.suffix != ".pyc")


def test_every_package_is_in_the_architecture():
    text = ARCHITECTURE
    for room in (ROOT / "src" / "reticket").iterdir():
        if room.is_dir() and room.name != "__pycache__":
            assert f"{room.name}/" in text, room.name
