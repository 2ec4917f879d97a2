"""The pages of a move: their commands exist with these options, and so do their files."""

import re
import shlex

import pytest
from tests.docs.tables import ROOT, page, shell
from tests.docs.test_deploy_page import parsed

from reticket import dialects

TEXT = page("moving.md")
INLINE = re.compile(r"`(reticket [a-z][^`]*)`")
PAGES = ("moving.md", "moving/readers.md", "moving/cloudreve.md")


def test_these_are_all_pages_of_a_move():
    below = {f"moving/{each.name}" for each in (ROOT / "docs" / "moving").glob("*.md")}
    assert below == set(PAGES[1:])


def said_of_reticket(name):
    blocks = "\n".join(shell(page(name))).replace("\\\n", " ").splitlines()
    inline = [" ".join(each.split()) for each in INLINE.findall(page(name))]
    piped = [line.rpartition("| ")[2].strip() for line in [*blocks, *inline]]
    return sorted({line for line in piped if line.startswith("reticket ")})


@pytest.mark.parametrize(
    ("name", "said"), [(name, said) for name in PAGES for said in said_of_reticket(name)]
)
def test_a_command_exists_with_these_options(name, said):
    command, rest = parsed(shlex.split(said, comments=True)[1:])
    known = {name for each in command.params for name in each.opts + each.secondary_opts}
    assert {word for word in rest if word.startswith("--")} - known == set()


def test_every_file_of_rules_is_named_and_exists():
    named = set(re.findall(r"`(deploy/moving/[\w./-]+)`", TEXT)) - {"deploy/moving/"}
    files = {str(each.relative_to(ROOT)) for each in (ROOT / "deploy" / "moving").glob("*/*")}
    assert named == files


def test_every_title_of_an_example_is_named():
    titles = {one.title for each in dialects.with_defaults() for one in each.examples}
    assert [title for title in titles if f"`{title}`" not in TEXT] == []
