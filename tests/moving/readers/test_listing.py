from __future__ import annotations

import re

import pytest
from tests.docs.tables import ROOT

from reticket.moving.readers import names, reader

PAGE = (ROOT / "docs" / "moving" / "readers.md").read_text()


def test_the_page_has_a_section_for_each_reader():
    assert sorted(re.findall("^## (.+)$", PAGE, re.MULTILINE)) == names()


@pytest.mark.parametrize("name", names())
def test_the_page_has_the_command_of_each_reader(name):
    assert f"reticket import users --from {name} " in PAGE


@pytest.mark.parametrize("name", names())
def test_each_reader_reads(name):
    assert callable(reader(name))
