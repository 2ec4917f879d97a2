"""Batches of people who come from another system."""

from __future__ import annotations

import json
from functools import partial

import pytest
from tests.directory.arriving import find_person, hash_of, refused

from reticket.core.errors import HashRefused
from reticket.core.people import NO_PASSWORD
from reticket.directory.arrivals.judging import Terms
from reticket.directory.arrivals.reading import ArrivalReader
from reticket.directory.drafts import TenantDraft, UserDraft
from reticket.directory.errors import Invalid
from reticket.directory.people.enrolments import FactorState

SHOP = "kibo.shopper:1000"
ADA = {"email": "Ada@Example.com", "password_hash": "old$1", "first_name": "Ada"}
ADMIN = {"nickname": "Ada", "group": {"name": "Admin"}}
SECRET_WORDS = ("old$1", "a word of her own", "GEZDGNBVGY3TQOJQ")


def stored_form(password_hash, hash_format):
    if str(password_hash).startswith("old$") or hash_format == "odd":
        return f"{hash_format}{password_hash}"
    raise HashRefused("it has no known form")


@pytest.fixture
def importing(directory):
    """Imports rows, and gives what has become of them."""
    directory.tenants.add(TenantDraft(1000))
    directory.tenants.add(TenantDraft(1001))

    def run(*rows, rights=False, system="keycloak", hashes=None, preview=False):
        reader = ArrivalReader(directory.profiles, stored_form, system)
        batch = [
            reader.of_json(f"line {number}", json.dumps(row).encode())
            for number, row in enumerate(rows, 1)
        ]
        terms = Terms(system, rights)
        if preview:
            return directory.arrivals.preview(batch, terms)
        return directory.arrivals.settle(batch, terms, hashes or {})

    return run


@pytest.fixture
def person(directory):
    return partial(find_person, directory)


def test_a_person_comes_with_everything(directory, other, importing, person):
    settled = importing(
        {
            **ADA,
            "last_name": "Lovelace",
            "active": False,
            "disabled": True,
            "tenants": {"1000": [1, 2], "1001": []},
            "groups": ["staff", "admins"],
            "roles": ["editor"],
            "cloudreve": ADMIN,
            "organization": {"name": "Acme"},
            "totp_secret": "GEZDGNBVGY3TQOJQ",
            "foreign_id": "7f2c",
            "foreign_state": "digest",
        },
        rights=True,
    )
    ada = person()
    assert [each.place for each in settled.added] == ["line 1"]
    assert (ada.email, ada.first_name, ada.last_name) == ("Ada@Example.com", "Ada", "Lovelace")
    assert (ada.disabled, ada.active, ada.second_factor) == (True, False, True)
    assert [tenant.id for tenant in ada.tenants] == [1000, 1001]
    assert (ada.groups, ada.roles) == (("admins", "staff"), ("editor",))
    assert dict(ada.parts)["kibo"].tenants == {1000: (1, 2), 1001: ()}
    assert dict(ada.parts)["cloudreve"].group.name == "Admin"
    assert hash_of(directory) == "Noneold$1"
    assert directory.factors.factor(ada.id).secret == b"1234567890"
    assert directory.user_id_of("keycloak", "7f2c") == (ada.id, "digest")
    other.catch_up_now()
    assert other.user_by_email("ada@example.com") == ada


def test_an_imported_person_is_like_one_who_was_added(directory, importing, person):
    importing({"email": "ada@example.com", "password_hash": "old$1"})
    directory.users.add(UserDraft("grace@example.com"), "Noneold$1")
    ada, grace = person(), person("grace@example.com")
    for member in ("active", "disabled", "created_at", "updated_at", "groups", "roles", "realm"):
        assert getattr(ada, member) == getattr(grace, member)
    assert ada.credential_version == grace.credential_version == 1
    assert len(ada.id) == len(grace.id)
    assert len(ada.short_id) == len(grace.short_id)


def test_a_person_without_a_password_has_none(directory, importing):
    importing({"email": "ada@example.com"})
    assert hash_of(directory) == NO_PASSWORD


def test_a_password_in_clear_text_is_stored_as_the_hash_that_was_made(directory, importing):
    importing({"email": "ada@example.com", "password": "a word"}, hashes={"line 1": "made"})
    assert hash_of(directory) == "made"


def test_a_factor_that_cannot_come_is_marked(directory, importing, person):
    factor = {"email": "grace@example.com", "totp_secret": "GEZDGNBVGY3TQOJQ"}
    importing({**ADA, "factor_missing": True}, factor, {"email": "alan@example.com"})
    people = [person(f"{name}@example.com") for name in ("ada", "grace", "alan")]
    assert [each.factor_missing for each in people] == [True, False, False]
    assert [each.second_factor for each in people] == [False, True, False]
    assert directory.enrolments.standing("ada@example.com") == FactorState(missing=True)


@pytest.mark.parametrize("settle", ["set", "confirm", "remove", "recover"])
def test_a_missing_factor_is_settled(directory, importing, person, settle):
    importing({**ADA, "factor_missing": True})
    ada = person()
    if settle == "confirm":
        directory.enrolments.begin(ada.id)
        assert person().factor_missing
        directory.enrolments.confirm(ada.id, lambda key: 1)
    elif settle == "set":
        directory.enrolments.set(ada.id, b"1234567890")
    elif settle == "remove":
        directory.enrolments.remove(ada.id)
    else:
        directory.recover_factor(ada.id)
    assert not person().factor_missing
    assert person().second_factor == (settle in ("set", "confirm"))


def test_a_second_run_changes_nothing(directory, importing, person):
    rows = [{**ADA, "foreign_id": "7f2c"}, {"email": "grace@example.com"}]
    importing(*rows)
    before = person()
    settled = importing({**rows[0], "first_name": "Augusta"}, rows[1])
    assert (settled.added, settled.known, settled.refused) == ([], 2, [])
    assert person() == before


def test_a_person_is_known_by_the_foreign_id_after_a_new_email(directory, importing, person):
    importing({**ADA, "foreign_id": "7f2c"})
    directory.users.set_email("ada@example.com", "countess@example.com")
    assert importing({**ADA, "foreign_id": "7f2c"}).known == 1
    assert person() is None


def test_a_preview_changes_nothing(directory, importing, person):
    settled = importing(
        {**ADA, "realm": SHOP, "user_name": "ada"}, {"email": "a@example.com"}, preview=True
    )
    assert len(settled.added) == 2
    assert person() is None
    assert directory.users.realms() == set()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"roles": ["editor"]}, "roles gives rights, which were not allowed"),
        ({"groups": ["staff"]}, "groups gives rights, which were not allowed"),
        ({"tenants": {"1000": [1]}}, "tenants gives rights, which were not allowed"),
        ({"cloudreve": ADMIN}, "cloudreve gives rights, which were not allowed"),
        (
            {"organization": {"name": "Acme", "user_type": "admin"}},
            "organization gives rights, which were not allowed",
        ),
        (
            {"organization": {"name": "Acme", "roles": ["admin"]}},
            "organization gives rights, which were not allowed",
        ),
        ({"tenants": {"9": []}}, "there is no tenant 9"),
        ({"developer_accounts": {"9": []}}, "there is no developer account 9"),
        ({"realm": "kibo.shopper:9"}, "There is no tenant 9"),
    ],
)
def test_a_row_that_may_not_come_leaves_nothing(directory, importing, person, row, reason):
    settled = importing({**ADA, "foreign_id": "7f2c", **row}, {"email": "grace@example.com"})
    assert refused(settled) == [reason]
    assert len(settled.added) == 1
    assert person() is None
    assert person("grace@example.com") is not None
    assert directory.user_id_of("keycloak", "7f2c") is None


@pytest.mark.parametrize(
    "row",
    [
        {"tenants": {"1000": []}},
        {"cloudreve": {"nickname": "Ada", "group": {"name": "User"}}},
        {"organization": {"name": "Acme"}},
        {"groups": [], "roles": []},
    ],
)
def test_what_gives_no_rights_comes_without_a_flag(importing, row):
    assert refused(importing({**ADA, **row})) == []


def test_a_group_that_is_an_administrators_here_gives_rights(directory, importing, person):
    boss = {"nickname": "Boss", "group": {"name": "Bosses", "permission": "/RoB"}}
    directory.users.add(UserDraft("boss@example.com", parts={"cloudreve": boss}), "hash")
    member = {"nickname": "Ada", "group": {"name": "Bosses"}}
    assert refused(importing({**ADA, "cloudreve": member})) == [
        "cloudreve gives rights, which were not allowed"
    ]
    refused_group = {"nickname": "Ada", "group": {"name": "Chiefs", "permission": "/RoB"}}
    importing({**ADA, "cloudreve": refused_group})
    importing({**ADA, "cloudreve": {"nickname": "Ada", "group": {"name": "Chiefs"}}})
    assert dict(person().parts)["cloudreve"].group.permission == ""


def test_people_of_one_group_share_it(importing, person):
    group = {"nickname": "x", "group": {"name": "Team"}}
    importing({**ADA, "cloudreve": group}, {"email": "b@example.com", "cloudreve": group})
    importing({"email": "c@example.com", "cloudreve": group})
    found = {
        dict(person(f"{name}@example.com").parts)["cloudreve"].group.id
        for name in ("ada", "b", "c")
    }
    assert len(found) == 1
    assert found != {""}


def test_a_person_comes_once(importing):
    again = {"email": "ADA@example.com"}
    same_id = {"email": "x@example.com", "foreign_id": "7f2c"}
    settled = importing({**ADA, "foreign_id": "7f2c"}, again, same_id)
    assert refused(settled) == ["an earlier row is of the same person"] * 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            {"email": "grace@example.com", "foreign_id": "7f2c"},
            "email is a name of another person",
        ),
        (
            {"email": "ada@example.com", "foreign_id": "other"},
            "the person with that email has another foreign_id",
        ),
    ],
)
def test_a_row_of_two_people_is_refused(directory, importing, row, reason):
    importing({**ADA, "foreign_id": "7f2c"}, {"email": "grace@example.com"})
    assert refused(importing(row)) == [reason]


def test_people_of_a_realm_get_numbers_and_have_names_of_their_own(importing, person):
    def shopper(name, **more):
        return {"email": f"{name}@example.com", "realm": SHOP, **more}

    settled = importing(
        shopper("ada", user_name="ada"),
        shopper("bob", number=7),
        shopper("cem"),
        shopper("dan", number=7),
        shopper("eve", user_name="ADA"),
        shopper("fay", user_name="bob@example.com"),
        {"email": "ada@example.com"},
    )
    assert refused(settled) == [
        "number is that of another person",
        "user_name is a name of another person",
        "user_name is a name of another person",
    ]
    numbers = [person(f"{name}@example.com", SHOP).number for name in ("ada", "bob", "cem")]
    assert numbers == [1, 7, 8]
    again = importing(shopper("gus"), shopper("hal", user_name="cem@example.com"))
    assert person("gus@example.com", SHOP).number == 9
    assert refused(again) == ["user_name is a name of another person"]


def test_short_ids_are_never_given_twice(directory, importing, monkeypatch):
    """Of two batches with the same randomness, the second one draws again."""
    draws = iter([b"\0" * 10, b"\1" * 8, b"\2" * 10, b"\1" * 8, b"\3" * 8])
    monkeypatch.setattr(directory.arrivals, "_entropy", lambda size: next(draws))
    importing({"email": "a@example.com"})
    importing({"email": "b@example.com"})
    lines = directory.users.page()
    assert len({directory.user(line.id).short_id for line in lines}) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, "the row needs the key email"),
        ({"email": None}, "the row needs the key email"),
        ({"email": ""}, "email must not be empty"),
        ({"email": "ada"}, "email does not look like an e-mail address"),
        ({"email": "a@b", "colour": 1}, "colour is not a known key"),
        ({"email": "a@b", "password_hash": "$9$x"}, "password_hash: it has no known form"),
        ({"email": "a@b", "hash_format": "odd"}, "hash_format needs a password_hash"),
        (
            {"email": "a@b", "password": "x", "password_hash": "old$1"},
            "the row has both a password and a password_hash",
        ),
        ({"email": "a@b", "first_name": "\x07"}, "the row has a control character in first_name"),
        ({"email": "a@b\x00"}, "the row has a control character in email"),
        ({"email": "a@b", "disabled": "yes"}, "disabled must be true or false"),
        ({"email": "a@b", "tenants": {"x": []}}, "tenants has a key of another form"),
        ({"email": "a@b", "tenants": {"1000": ["x"]}}, "tenants must be a whole number"),
        ({"email": "a@b", "number": 1}, "number needs the realm of a dialect"),
        ({"email": "a@b", "user_name": "ada"}, "user_name needs the realm of a dialect"),
        ({"email": "a@b", "number": 0, "realm": SHOP}, "number must be from 1 to 2147483647"),
        ({"email": "a@b", "totp_secret": "1"}, "totp_secret must be base32"),
        (
            {"email": "a@b", "totp_secret": "GEZDGNBVGY3TQOJQ", "factor_missing": True},
            "the row has a totp_secret, and factor_missing",
        ),
        ({"email": "a@b", "foreign_state": "x"}, "foreign_state needs a foreign_id"),
        ({"email": "a@b", "foreign_id": "x" * 256}, "foreign_id must have at most 255 characters"),
        ({"email": "a@b", "cloudreve": {"nickname": "A"}}, "cloudreve needs the key group"),
        ([], "the file must have one JSON object on each line, not an array"),
        ("ada", "the row must be a mapping"),
    ],
)
def test_a_row_with_a_fault_is_refused_with_the_reason(importing, row, reason):
    with pytest.raises(Invalid) as caught:
        importing(row)
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xff\xfe{", "the row is not UTF-8"),
        (b'{"email": "a@b', "the row is not JSON"),
        (b'{"email": "\\ud800@b"}', "the row is not JSON"),
        (b'{"email": "a@b.example", "email": "c@d.example"}', "email is given twice"),
        (b'{"email": "a@b.example", "\\u0065mail": "c@d.example"}', "email is given twice"),
        (
            b'{"email": "a@b.example", "claims": {"locale": "en", "locale": "de"}}',
            "locale is given twice",
        ),
        (
            b'{"email": "a@b.example", "cloudreve": {"group": {"name": "x", "name": "y"}}}',
            "name is given twice",
        ),
        (
            b'{"email": "a@b.example", "password_hash": {"a": {"b c": 1, "b c": 1}}}',
            "a key is given twice",
        ),
        (b'[{"email": 1, "email": 1}]', "the file must have one JSON object on each line"),
        (b"[" * 100_000, "the file must have one JSON object on each line, not an array"),
    ],
)
def test_a_line_that_is_no_json_is_refused(untouched, line, reason):
    reader = ArrivalReader(untouched.profiles, stored_form, None)
    for read in (reader.of_json, reader.of_json_with_parts):
        with pytest.raises(Invalid, match=reason):
            read("line 1", line)


def test_a_name_that_is_a_member_of_several_objects_is_not_given_twice(untouched):
    reader = ArrivalReader(untouched.profiles, stored_form, None)
    row = b'{"email": "a@b.example", "claims": {"nickname": "a"}, "cloudreve": %s}'
    line = row % b'{"nickname": "a", "group": {"name": "\\u0061\\"\\":"}}'
    assert reader.of_json("line 1", line).row.cloudreve.nickname == "a"


def test_a_foreign_id_needs_a_system(untouched):
    reader = ArrivalReader(untouched.profiles, stored_form, None)
    with pytest.raises(Invalid, match="foreign_id needs the name of a system"):
        reader.of_mapping("line 1", {"email": "a@b", "foreign_id": "1"})


def test_a_null_is_the_same_as_an_absent_member(untouched):
    reader = ArrivalReader(untouched.profiles, stored_form, None)
    row = {"email": "a@b", "cloudreve": {"nickname": "A", "group": {"name": "x", "id": None}}}
    (nulls,) = (reader.of_json("line 1", json.dumps({**row, "roles": None}).encode()),)
    assert nulls.row.cloudreve.group.id == ""


def test_secrets_are_in_no_text_of_a_row(untouched):
    reader = ArrivalReader(untouched.profiles, stored_form, None)
    row = {"email": "a@b", "password_hash": "old$1", "totp_secret": "GEZDGNBVGY3TQOJQ"}
    shown = repr(reader.of_mapping("line 1", row))
    shown += repr(reader.of_mapping("line 1", {"email": "a@b", "password": "a word of her own"}))
    assert not any(secret in shown for secret in SECRET_WORDS)


def test_one_value_that_the_database_refuses_takes_no_other_row_along(directory, importing, person):
    """The first name is one that the reader should have refused: the database does."""
    reader = ArrivalReader(directory.profiles, stored_form, None)
    batch = [
        reader.of_mapping(f"line {number}", {"email": f"p{number}@example.com"})
        for number in range(5)
    ]
    batch[3].row.first_name = "\ud800"
    settled = directory.arrivals.settle(batch, Terms(), {})
    assert [each.place for each in settled.added] == ["line 0", "line 1", "line 2", "line 4"]
    assert refused(settled) == ["A value is not valid Unicode text"]
