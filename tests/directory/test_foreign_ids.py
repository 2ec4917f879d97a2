"""The ids that people had in other systems."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from reticket.core.adoption.model import PersonThere
from reticket.core.errors import Unavailable
from reticket.directory.drafts import UserDraft
from reticket.directory.people.foreign_ids import ForeignId, LinkedPerson, insert_foreign_ids
from reticket.directory.tables import foreign_ids

EMAIL = "ada@example.com"


@pytest.fixture
def ada(directory):
    return directory.users.add(UserDraft(EMAIL), "hash")


def keep(directory, *rows):
    with directory.database.write() as connection:
        insert_foreign_ids(connection, rows)


def test_a_person_is_found_by_an_id_of_another_system(directory, ada):
    keep(
        directory,
        ForeignId("keycloak", "7f2c", ada, None),
        ForeignId("cloudreve", "12", ada, "digest"),
    )
    assert directory.user_id_of("keycloak", "7f2c") == LinkedPerson(ada, None)
    assert directory.user_id_of("cloudreve", "12") == LinkedPerson(ada, "digest")
    assert directory.user_id_of("cloudreve", "7f2c") is None
    assert directory.user_id_of("cloudreve", "\ud800") is None
    assert [(each.system, each.foreign_id) for each in directory.foreign_ids.of_user(ada)] == [
        ("cloudreve", "12"),
        ("keycloak", "7f2c"),
    ]


def test_an_id_names_one_person(directory, ada):
    keep(directory, ForeignId("keycloak", "7f2c", ada, None))
    grace = directory.users.add(UserDraft("grace@example.com"), "hash")
    with pytest.raises(Unavailable):
        keep(directory, ForeignId("keycloak", "7f2c", grace, None))
    assert directory.user_id_of("keycloak", "7f2c") == LinkedPerson(ada, None)


def test_the_ids_of_a_deleted_person_are_gone(directory, ada):
    keep(directory, ForeignId("keycloak", "7f2c", ada, None))
    directory.users.delete(EMAIL)
    assert directory.user_id_of("keycloak", "7f2c") is None


def test_a_person_is_found_in_the_system_from_which_they_came(directory, ada):
    keep(
        directory,
        ForeignId("cloudreve", "12", ada, "digest"),
        ForeignId("cloudreve", "2", ada, "another"),
        ForeignId("keycloak", "7f2c", ada, None),
    )
    assert directory.person_there("cloudreve", ada) == PersonThere("12", "digest")
    assert directory.person_there("keycloak", ada) == PersonThere("7f2c", None)
    assert directory.person_there("hydra", ada) is None
    assert directory.person_there("cloudreve", "\ud800") is None


def test_no_change_here_changes_what_a_person_is_there(directory, ada):
    """Otherwise a retry got other bytes, and the other system would refuse them."""
    keep(directory, ForeignId("cloudreve", "12", ada, "digest"))
    directory.users.set_password(EMAIL, "another hash")
    directory.users.set_email(EMAIL, "ada@example.org")
    directory.catch_up_now()
    assert directory.person_there("cloudreve", ada) == PersonThere("12", "digest")


def test_a_person_who_is_looked_up_often_is_read_once_until_a_change(directory, ada):
    keep(directory, ForeignId("cloudreve", "12", ada, "digest"))
    found = directory.person_there("cloudreve", ada)
    assert directory.person_there("cloudreve", ada) is found
    with directory.database.change() as connection:
        connection.execute(update(foreign_ids).values(state="newer"))
    directory.catch_up_now()
    assert directory.person_there("cloudreve", ada) == PersonThere("12", "newer")
