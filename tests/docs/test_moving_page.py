"""The plan for a move: its commands exist with these options, and so do its files."""

import re
import shlex

import pytest
from tests.docs.tables import ROOT, page, shell
from tests.docs.test_deploy_page import parsed

from reticket import dialects

TEXT = page("moving.md")


def said_of_reticket():
    blocks = "\n".join(shell(TEXT)).replace("\\\n", " ").splitlines()
    inline = re.findall(r"`(reticket [a-z][^`]*)`", TEXT)
    return sorted({line for line in [*blocks, *inline] if line.startswith("reticket ")})


@pytest.mark.parametrize("said", said_of_reticket())
def test_a_command_exists_with_these_options(said):
    command, rest = parsed(shlex.split(said)[1:])
    known = {name for each in command.params for name in each.opts + each.secondary_opts}
    assert {word for word in rest if word.startswith("--")} - known == set()


def test_every_file_of_rules_is_named_and_exists():
    named = set(re.findall(r"`(deploy/moving/[\w./-]+)`", TEXT)) - {"deploy/moving/"}
    files = {str(each.relative_to(ROOT)) for each in (ROOT / "deploy" / "moving").glob("*/*")}
    assert named == files


def test_every_title_of_an_example_is_named():
    titles = {one.title for each in dialects.with_defaults() for one in each.examples}
    assert [title for title in titles if f"`{title}`" not in TEXT] == []
