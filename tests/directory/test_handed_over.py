"""People whom an old back end has confirmed: who is kept, and who does not come back."""

import os
import threading
from contextlib import closing

import pytest
from tests.directory.conftest import NOW, PROFILES, FakeSealer

from reticket.core.errors import Unavailable
from reticket.core.people import NO_PASSWORD, NewPerson
from reticket.core.realms import SignInName, usual
from reticket.directory.directory import open_directory
from reticket.directory.drafts import UserDraft
from reticket.directory.marks import HANDOVER

BOB = "Bob@Example.com"
ACME = {"organization": {"name": "Acme"}}


def opened(url):
    return open_directory(url, FakeSealer(), lambda: NOW, os.urandom, profiles=PROFILES)


@pytest.fixture
def directory(blank_url):
    with closing(opened(blank_url)) as directory:
        directory.marks.put(HANDOVER)
        yield directory


def keep(directory, email=BOB, secret_hash="hash", **more):
    return directory.handed_over.keep_person(NewPerson(email, **more), secret_hash)


def test_an_unused_address_is_kept_once_with_its_names_and_its_part(directory):
    assert directory.handed_over.is_unused(usual("bob@example.com"))
    assert keep(directory, first_name="Bob", parts=ACME)
    assert not directory.handed_over.is_unused(usual("bob@example.com"))
    assert not keep(directory, "bob@example.com", "another")
    user = directory.user_by_email("bob@example.com")
    assert (user.email, user.first_name, user.realm) == (BOB, "Bob", "")
    assert (user.roles, user.groups, user.tenants) == ((), (), ())
    assert dict(user.parts)["akinon"].name == "Acme"
    assert directory.user_credentials(usual(BOB)).secret_hash == "hash"


@pytest.mark.parametrize("name", ["bob", "", "a b@example.com", "bob@\ud800", "b\u200bob@a.b"])
def test_what_is_no_address_is_never_unused(directory, name):
    assert not directory.handed_over.is_unused(usual(name))


def test_names_of_a_realm_are_never_unused(directory):
    assert not directory.handed_over.is_unused(SignInName("kibo.shopper:1000", BOB))


def test_a_person_without_a_password_gets_one_once(directory):
    user_id = directory.users.add(UserDraft(BOB), NO_PASSWORD)
    version = directory.user(user_id).credential_version
    assert directory.handed_over.keep_password(user_id, "first")
    assert not directory.handed_over.keep_password(user_id, "second")
    found = directory.user_credentials(usual(BOB))
    assert (found.secret_hash, found.version) == ("first", version)


def test_a_deleted_person_does_not_come_back(directory):
    directory.users.delete(directory.users.add(UserDraft(BOB), "hash"))
    assert not directory.handed_over.is_unused(usual("BOB@example.com"))
    assert not keep(directory)


def test_the_former_address_of_a_person_makes_no_second_one(directory):
    directory.users.set_email(directory.users.add(UserDraft(BOB), "hash"), "robert@example.com")
    assert not directory.handed_over.is_unused(usual(BOB))


def test_a_former_name_is_remembered_once_and_an_operator_may_use_it_again(directory):
    for _ in range(2):
        directory.users.delete(directory.users.add(UserDraft(BOB), "hash"))
    directory.users.add(UserDraft(BOB), "hash")
    assert directory.user_by_email(BOB) is not None


def test_a_former_name_counts_only_in_its_realm(directory):
    with directory.database.change() as connection:
        directory.handed_over._former.note(connection, [SignInName("acme.guest", BOB)])
    assert directory.handed_over.is_unused(usual(BOB))


def test_names_are_remembered_only_once_sign_ins_were_handed_over(blank_url):
    with closing(opened(blank_url)) as directory:
        directory.users.delete(directory.users.add(UserDraft(BOB), "hash"))
        assert directory.handed_over.is_unused(usual(BOB))


def test_a_program_with_other_settings_remembers_names_too(directory, blank_url):
    with closing(opened(blank_url)) as other:
        other.users.delete(other.users.add(UserDraft(BOB), "hash"))
    assert not directory.handed_over.is_unused(usual(BOB))


def test_the_database_has_no_former_address_in_the_clear(directory):
    directory.users.delete(directory.users.add(UserDraft(BOB), "hash"))
    with directory.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT digest, noted_at FROM former_names").all()
    assert len(rows) == 1
    assert b"bob" not in bytes(rows[0][0]).lower()


def test_a_part_that_cannot_be_kept_is_no_refusal(directory):
    keep(directory, "ada@example.com", parts={"organization": {"name": "Acme", "id": "0" * 24}})
    other = {"organization": {"name": "Other", "id": "0" * 24}}
    with pytest.raises(Unavailable, match="another organization's"):
        keep(directory, parts=other)
    assert directory.user_by_email(BOB) is None


def test_of_parallel_keepers_and_operators_one_makes_the_person(directory):
    ready, results = threading.Barrier(5), []

    def add():
        directory.users.add(UserDraft(BOB), "operator")
        return True

    def race(work):
        ready.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    works = [lambda: keep(directory)] * 4 + [add]
    threads = [threading.Thread(target=race, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(True) == 1
    assert len(directory.users.page()) == 1
