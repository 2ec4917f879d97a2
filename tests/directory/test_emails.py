"""One e-mail address is one person, however it is typed (RFC 5890, UAX #15)."""

import logging
import unicodedata

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from reticket.core.realms import usual
from reticket.directory import engines
from reticket.directory.drafts import UserDraft
from reticket.directory.engines import schema
from reticket.directory.errors import AlreadyExists
from reticket.directory.forms import LONGEST_EMAIL, folded

ZOE = "zoë@münchen.example"
SPELLINGS = [
    ZOE,
    ZOE.upper(),
    unicodedata.normalize("NFD", ZOE.upper()),
    "Zoë@xn--mnchen-3ya.EXAMPLE",
    "zoë@\uff4dünchen\u3002example",
]
BEFORE = """
INSERT INTO users (id, short_id, email, email_folded, secret_hash, disabled, active,
                   credential_version, created_at)
VALUES (:id, :id, :email, :folded, 'hash', :no, :yes, 1, :at)
"""


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_person_is_found_by_every_spelling_of_the_address(directory, spelling):
    user_id = directory.users.add(UserDraft(ZOE), "hash")
    assert directory.user_credentials(usual(spelling)).subject == user_id
    assert directory.user(user_id).email == ZOE


@pytest.mark.parametrize("spelling", SPELLINGS[1:])
def test_another_spelling_is_no_other_person(directory, spelling):
    directory.users.add(UserDraft(ZOE), "hash")
    with pytest.raises(AlreadyExists):
        directory.users.add(UserDraft(spelling), "hash")


@pytest.mark.parametrize("domain", ["ü_ü.example", "ü" * 80, "-ü.example"])
def test_a_domain_without_an_a_label_is_folded_like_the_rest(domain):
    assert folded(f"A@{domain.upper()}") == f"a@{domain}"


@given(st.text(max_size=LONGEST_EMAIL))
def test_what_is_folded_stays_as_it_is(said):
    assert folded(folded(said)) == folded(said)


def test_no_address_is_so_long_that_it_must_be_composed():
    marks = "e\u0301\u0316" * LONGEST_EMAIL
    assert folded(marks) == marks


def written_before(url, *people):
    """The directory of an older program, which folded the case of an address alone."""
    database = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with database.begin() as connection:
        command.upgrade(schema._config(connection), "0007")
        for at, (name, email) in enumerate(people):
            row = {"id": name, "email": email, "folded": email.casefold(), "at": at}
            connection.execute(text(BEFORE), row | {"no": False, "yes": True})
    database.dispose()


def test_a_user_name_is_no_domain():
    assert folded("M\u00fcller") == folded("mu\u0308ller") == "m\u00fcller"


def test_people_of_an_older_program_are_found_by_every_spelling(blank_url, opened):
    written_before(blank_url, ("a", unicodedata.normalize("NFD", ZOE)), ("b", "ADA@example.com"))
    engines.migrate(blank_url)
    directory = opened(blank_url)
    assert [directory.user_credentials(usual(each)).subject for each in SPELLINGS] == ["a"] * 5
    assert directory.user_credentials(usual("ada@example.com")).subject == "b"
    assert directory.emails.unreachable() == []


def test_two_people_with_one_address_are_reported_and_not_merged(blank_url, opened, caplog):
    written_before(blank_url, ("a", ZOE), ("b", unicodedata.normalize("NFD", ZOE)))
    with caplog.at_level(logging.WARNING, "reticket.directory"):
        engines.migrate(blank_url)
    directory = opened(blank_url)
    assert directory.user_credentials(usual(unicodedata.normalize("NFD", ZOE))).subject == "a"
    assert directory.emails.unreachable() == ["b"]
    (record,) = [each for each in caplog.records if each.name == "reticket.directory"]
    assert "users b and a have one e-mail address" in record.getMessage()
    assert "zo" not in record.getMessage()
    directory.users.set_email("b", "bea@example.com")
    assert directory.emails.unreachable() == []
