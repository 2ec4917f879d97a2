"""The page on the audit stream has every word that the code can write there, and no other one."""

from __future__ import annotations

import pytest
from tests.docs import words as written
from tests.docs.tables import page, tables, words

from reticket.audit.lines import NAMES
from reticket.core.errors import Cause
from reticket.core.ports import Event

TABLES = tables(page("audit.md"))


def members():
    return {NAMES.get(name, name) for name in Event._fields}


def causes():
    return {cause.value for cause in Cause}


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("Members of a line", members),
        ("Events", written.events),
        ("Why something was refused", causes),
        ("Why a session ended", written.ends),
    ],
)
def test_a_table_has_each_word_once_and_no_other(heading, known):
    assert sorted(words(TABLES[heading])) == sorted(known())
    assert all(all(row) for row in TABLES[heading])


def test_words_of_every_way_to_write_one_are_found():
    assert {
        "policy",  # an event, made
        "issued",  # by an outcome, from a table
        "reused",  # one of two, by the state
        "key_compromised",  # one of two, through a method
        "client_disabled",  # through a method of another name
        "access_revoked",  # told by a dialect
        "user_added",  # told by the admin API
    } <= written.events()
    assert {"reuse", "operator", "restored", "secret_rotated", "unanswered"} <= written.ends()
