"""Rows of people whom the directory has: what they change, and what they leave as it is."""

from __future__ import annotations

import json
from functools import partial

import pytest
from tests.directory.arriving import find_person, hash_of, refused

from reticket.core.people import NO_PASSWORD
from reticket.directory.arrivals.judging import Terms
from reticket.directory.arrivals.reading import ArrivalReader
from reticket.directory.drafts import TenantDraft, UserDraft

SHOP = "kibo.shopper:1000"
KEY, OTHER_KEY = "GEZDGNBVGY3TQOJQ", "GEZDGNBVGY3TQOJR"
ADA = {"email": "ada@example.com", "password_hash": "old$1", "first_name": "Ada"}
LINKED = {**ADA, "foreign_id": "7f2c", "foreign_state": "one"}
USER = {"nickname": "Ada", "group": {"name": "User"}}
ADMIN = {"nickname": "Ada", "group": {"name": "Admin"}}


def may_replace(stored, new):
    return stored != new and not stored.startswith("ours")


@pytest.fixture
def importing(directory):
    """Imports rows, and gives what has become of them."""
    for tenant in (1000, 1001):
        directory.tenants.add(TenantDraft(tenant))

    def run(*rows, update=True, rights=False, system="keycloak", preview=False, at=directory):
        reader = ArrivalReader(directory.profiles, lambda said, form: said, system)
        batch = [
            reader.of_json_with_parts(f"line {number}", json.dumps(row).encode())
            for number, row in enumerate(rows, 1)
        ]
        terms = Terms(system, rights, may_replace if update else None)
        if preview:
            return directory.arrivals.preview(batch, terms)
        return at.arrivals.settle(batch, terms, {})

    return run


@pytest.fixture
def person(directory):
    return partial(find_person, directory)


@pytest.fixture
def ended(directory):
    """The reasons for which sessions end, and where."""

    def read():
        return [(each.cause, each.selection.resource) for each in directory.intents()]

    return read


def part(person, dialect):
    return dict(person.parts)[dialect]


def test_names_change_and_no_session_ends(importing, person, ended):
    importing(ADA)
    settled = importing({**ADA, "first_name": "Augusta", "last_name": "King", "active": False})
    ada = person()
    assert (settled.changed, settled.known, settled.refused) == ([ada.id], 0, [])
    assert (ada.first_name, ada.last_name, ada.active) == ("Augusta", "King", False)
    assert (ada.credential_version, ended()) == (1, [])
    importing({**ADA, "active": True})
    assert person().active


def test_a_block_comes_and_ends_sessions(importing, person, ended):
    importing(ADA)
    importing({**ADA, "disabled": True})
    assert person().disabled
    assert ended() == [("user_disabled", None)]
    importing({**ADA, "disabled": False})
    assert not person().disabled


BLOCKED, UNBLOCKED = {**LINKED, "disabled": True}, {**LINKED, "disabled": False}


def test_the_end_of_a_block_comes_to_a_person_who_came_blocked(later, importing, person):
    importing(BLOCKED)
    importing(UNBLOCKED, at=later)
    assert not person().disabled
    importing(BLOCKED, at=later)
    importing(UNBLOCKED, at=later)
    assert not person().disabled


def test_a_block_of_an_operator_is_not_lifted(later, importing, person):
    importing(LINKED)
    later.users.disable(person().id)
    settled = importing(UNBLOCKED)
    assert (settled.changed, settled.known, settled.refused) == ([], 1, [])
    assert person().disabled


def test_a_block_that_an_operator_repeats_is_not_lifted(later, importing, person):
    importing(BLOCKED)
    later.users.disable(person().id)
    importing(UNBLOCKED)
    assert person().disabled


def test_a_block_stays_where_the_record_was_changed_since(later, importing, person):
    importing(BLOCKED)
    later.users.change(person().id, {"first_name": "Augusta"})
    importing({**UNBLOCKED, "first_name": "Augusta"})
    assert person().disabled


def test_a_block_of_a_person_who_did_not_come_by_an_import_is_not_lifted(
    directory, importing, person
):
    directory.users.add(UserDraft("ada@example.com", disabled=True), "old$1")
    importing(LINKED, update=False)
    importing(UNBLOCKED)
    assert person().disabled


def test_a_block_there_counts_where_an_operator_has_lifted_it(later, importing, person):
    importing(BLOCKED)
    later.users.enable(person().id)
    importing(BLOCKED)
    assert person().disabled


def test_an_address_that_was_verified_since_counts_as_verified(importing, person):
    importing({**ADA, "claims": {"email_verified": False}})
    importing({**ADA, "claims": {"email_verified": True}})
    assert part(person(), "oauth").email_verified


def test_a_person_of_whom_a_part_says_nothing_has_none(importing, person):
    importing({**ADA, "claims": {"email_verified": True}})
    assert "oauth" not in dict(person().parts)
    settled = importing({**ADA, "claims": {"email_verified": True}})
    assert (settled.changed, settled.known) == ([], 1)


def test_a_new_hash_comes_and_ends_sessions(directory, importing, person, ended):
    importing(ADA)
    importing({**ADA, "password_hash": "old$2"})
    assert hash_of(directory) == "old$2"
    assert person().credential_version == 2
    assert ended() == [("password_changed", None)]


def test_a_hash_comes_to_a_person_without_a_password(directory, importing):
    importing({"email": "ada@example.com"})
    assert hash_of(directory) == NO_PASSWORD
    importing(ADA)
    assert hash_of(directory) == "old$1"


def test_a_password_that_was_set_here_stays(directory, importing, person, ended):
    importing(ADA)
    directory.renew_hash(person().id, "old$1", "ours$1")
    settled = importing({**ADA, "password_hash": "old$2"})
    assert (settled.changed, settled.known) == ([], 1)
    assert (hash_of(directory), ended()) == ("ours$1", [])


def test_a_person_who_signs_in_meanwhile_keeps_the_password(directory, importing, person, ended):
    """Between reading and writing, the sign-in has put another hash in."""
    importing(ADA)
    user_id = person().id
    with directory.database.change() as connection:
        directory.users.replace_hash(connection, user_id, "a hash of before", "old$2")
    assert (hash_of(directory), person().credential_version, ended()) == ("old$1", 1, [])


def test_an_address_comes_with_the_foreign_id_and_ends_sessions(importing, person, ended):
    importing(LINKED)
    importing({**LINKED, "email": "countess@example.com"})
    assert person() is None
    assert person("countess@example.com").credential_version == 2
    assert ended() == [("email_changed", None)]


def test_an_address_in_other_capitals_changes_nothing(importing, person):
    importing(LINKED)
    settled = importing({**LINKED, "email": "Ada@Example.com"})
    assert (settled.changed, person().email) == ([], "ada@example.com")


def test_a_former_address_is_free_for_a_later_row(importing, person):
    importing(LINKED)
    settled = importing(
        {**LINKED, "email": "countess@example.com"},
        {"email": "ada@example.com", "foreign_id": "8"},
    )
    assert (len(settled.changed), len(settled.added), settled.refused) == (1, 1, [])
    assert person().id != person("countess@example.com").id


def test_an_address_of_another_person_is_refused(importing, person):
    importing(LINKED, {"email": "grace@example.com"})
    settled = importing({**LINKED, "email": "grace@example.com", "first_name": "Augusta"})
    assert refused(settled) == ["email is a name of another person"]
    assert person().first_name == "Ada"


def test_a_state_changes_with_the_row(directory, importing, person):
    importing(LINKED)
    importing({**LINKED, "foreign_state": "two"})
    assert directory.user_id_of("keycloak", "7f2c") == (person().id, "two")


def test_a_part_keeps_the_members_that_a_row_does_not_say(importing, person):
    importing({**ADA, "claims": {"nickname": "Countess", "email_verified": False}})
    importing({**ADA, "claims": {"email_verified": True, "locale": None}})
    claims = part(person(), "oauth")
    assert (claims.nickname, claims.email_verified) == ("Countess", True)


def test_a_part_comes_to_a_person_without_one(importing, person):
    importing(ADA)
    importing({**ADA, "cloudreve": USER})
    assert part(person(), "cloudreve").group.name == "User"


def test_memberships_are_those_of_the_row_and_sessions_end_where_one_is_taken(
    importing, person, ended
):
    importing({**ADA, "tenants": {"1000": [1], "1001": []}}, rights=True)
    importing({**ADA, "tenants": {"1000": [1, 2]}}, rights=True)
    assert part(person(), "kibo").tenants == {1000: (1, 2)}
    assert {cause for cause, _ in ended()} == {"membership_taken"}
    assert all(resource for _, resource in ended())


def test_groups_and_roles_change(importing, person):
    importing({**ADA, "groups": ["a"], "roles": ["b"]}, rights=True)
    importing({**ADA, "groups": ["c"], "roles": []}, rights=True)
    assert (person().groups, person().roles) == (("c",), ())


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({}, {"roles": ["x"]}, "roles gives rights, which were not allowed"),
        ({"roles": ["x"]}, {"roles": []}, "roles takes rights away, which was not allowed"),
        ({"groups": ["x"]}, {"groups": []}, "groups takes rights away, which was not allowed"),
        (
            {"tenants": {"1000": [1]}},
            {"tenants": {}},
            "tenants takes rights away, which was not allowed",
        ),
        (
            {"cloudreve": USER},
            {"cloudreve": ADMIN},
            "cloudreve gives rights, which were not allowed",
        ),
        (
            {"cloudreve": ADMIN},
            {"cloudreve": USER},
            "cloudreve takes rights away, which was not allowed",
        ),
    ],
)
def test_rights_change_only_where_that_is_allowed(importing, person, before, after, reason):
    importing({**LINKED, **before}, rights=True)
    ada = person()
    settled = importing({**LINKED, "first_name": "Augusta", "disabled": True, **after})
    assert refused(settled) == [reason]
    assert person() == ada
    assert importing({**LINKED, **after}, rights=True).changed == [ada.id]


def test_rights_that_stay_need_no_permission(importing, person):
    rights = {"roles": ["x"], "tenants": {"1000": [1]}, "cloudreve": ADMIN}
    importing({**ADA, **rights}, rights=True)
    settled = importing({**ADA, **rights, "first_name": "Augusta"})
    assert settled.refused == []
    assert person().first_name == "Augusta"


EVERYTHING = {
    **LINKED,
    "last_name": "Lovelace",
    "active": True,
    "disabled": False,
    "tenants": {"1000": [1, 2], "1001": []},
    "groups": ["staff", "admins"],
    "roles": ["editor"],
    "cloudreve": {"nickname": "Ada", "group": {"name": "Admin", "permission": "/RoB"}},
    "organization": {"name": "Acme"},
    "claims": {"nickname": "Countess"},
    "totp_secret": KEY,
}


def test_a_row_without_a_change_writes_nothing(importing, person):
    importing(EVERYTHING, rights=True)
    ada = person()
    settled = importing(EVERYTHING)
    assert (settled.changed, settled.known, settled.refused) == ([], 1, [])
    assert person() == ada


def test_a_row_with_a_fault_changes_nothing(importing, person):
    importing(LINKED)
    settled = importing({**LINKED, "first_name": "Augusta", "tenants": {"9": []}})
    assert refused(settled) == ["there is no tenant 9"]
    assert person().first_name == "Ada"


def test_a_preview_counts_and_changes_nothing(importing, person):
    importing(ADA)
    before = person()
    settled = importing({**LINKED, "first_name": "Augusta"}, preview=True)
    assert settled.changed == [before.id]
    assert person() == before


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"user_name": "countess"}, "user_name of a person who is here already cannot change"),
        ({"number": 9}, "number of a person who is here already cannot change"),
        (
            {"realm": None, "user_name": None},
            "the person with that foreign_id is in another realm",
        ),
    ],
)
def test_what_never_changes_is_refused(importing, row, reason):
    shopper = {**LINKED, "realm": SHOP, "user_name": "ada"}
    importing(shopper)
    assert refused(importing({**shopper, "first_name": "Augusta", **row})) == [reason]


def factor_of(directory, user_id):
    factor = directory.factors.factor(user_id)
    return None if factor is None else factor.secret


def test_a_factor_changes_until_one_is_set_here(directory, importing, person):
    importing({**ADA, "totp_secret": KEY})
    importing({**ADA, "totp_secret": OTHER_KEY})
    user_id = person().id
    theirs = factor_of(directory, user_id)
    assert theirs != b"1234567890"
    directory.enrolments.set(user_id, b"a key of here")
    assert importing({**ADA, "totp_secret": KEY}).changed == []
    assert factor_of(directory, user_id) == b"a key of here"


def test_a_factor_comes_to_people_without_one_and_in_the_place_of_a_missing_one(
    directory, importing, person
):
    importing(ADA, {"email": "grace@example.com", "factor_missing": True})
    importing(
        {**ADA, "totp_secret": KEY},
        {"email": "grace@example.com", "totp_secret": KEY},
    )
    for email in ("ada@example.com", "grace@example.com"):
        assert factor_of(directory, person(email).id) == b"1234567890"
        assert not person(email).factor_missing


def test_a_factor_that_cannot_come_is_marked_once(directory, importing, person):
    importing(ADA)
    assert len(importing({**ADA, "factor_missing": True}).changed) == 1
    assert person().factor_missing
    assert importing({**ADA, "factor_missing": True}).changed == []


@pytest.mark.parametrize("settle", ["remove", "recover"])
@pytest.mark.parametrize("factor", [{"factor_missing": True}, {"totp_secret": KEY}])
def test_a_factor_that_was_settled_here_stays_so(directory, importing, person, settle, factor):
    importing({**ADA, "factor_missing": True})
    if settle == "remove":
        directory.enrolments.remove("ada@example.com")
    else:
        directory.recover_factor(person().id)
    assert importing({**ADA, **factor}).changed == []
    assert not person().factor_missing
    assert not person().second_factor


@pytest.mark.parametrize("update", [False, True])
def test_a_person_who_was_here_before_gets_the_foreign_id(directory, importing, person, update):
    directory.users.add(UserDraft("ada@example.com", "Ada"), "ours$1")
    before = person()
    settled = importing(LINKED, update=update)
    assert (settled.changed, settled.known, settled.linked) == ([], 1, 1)
    assert person() == before
    assert directory.user_id_of("keycloak", "7f2c") == (before.id, "one")
    assert importing(LINKED, update=update).linked == 0


def test_a_change_and_a_foreign_id_come_together(directory, importing, person):
    importing(ADA)
    settled = importing({**LINKED, "first_name": "Augusta"})
    assert (len(settled.changed), settled.linked) == (1, 0)
    assert directory.user_id_of("keycloak", "7f2c") == (person().id, "one")


def test_a_refused_row_links_nobody(directory, importing):
    importing(ADA)
    assert importing({**LINKED, "roles": ["x"]}).refused
    assert directory.user_id_of("keycloak", "7f2c") is None


@pytest.mark.parametrize("update", [False, True])
def test_one_foreign_id_is_one_persons(directory, importing, person, update):
    importing(ADA, {"email": "grace@example.com"})
    settled = importing(LINKED, {"email": "grace@example.com", "foreign_id": "7f2c"}, update=update)
    assert len(settled.refused) == 1
    again = importing({**LINKED, "foreign_id": "8"}, update=update)
    assert refused(again) == ["the person with that email has another foreign_id"]
    assert directory.user_id_of("keycloak", "7f2c").user_id == person().id
