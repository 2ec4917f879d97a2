"""The ids that people had in other systems."""

from __future__ import annotations

import pytest

from reticket.core.errors import Unavailable
from reticket.directory.drafts import UserDraft
from reticket.directory.people.foreign_ids import ForeignId, LinkedPerson, insert_foreign_ids

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
