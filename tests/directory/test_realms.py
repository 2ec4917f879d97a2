"""People of realms: a name is one person's in its realm, and nobody's in any other."""

from __future__ import annotations

import os
import threading
from contextlib import closing

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from tests.directory.conftest import NOW, FakeSealer

from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Place, Selection
from reticket.core.people import DeveloperAccount, NewPerson
from reticket.core.profiles import Profiles
from reticket.core.realms import Realms, SignInName, usual
from reticket.directory import engines
from reticket.directory.directory import open_directory
from reticket.directory.drafts import TenantDraft, UserDraft
from reticket.directory.engines import schema
from reticket.directory.errors import AlreadyExists, Invalid, NotFound

SHOPPERS = Realms("acme.shopper", "shoppers of a tenant", Place.TENANT)
GUESTS = Realms("acme.guest", "guests")
FIRST, SECOND = SHOPPERS.of(1000), SHOPPERS.of(1001)
BOB, HOME = "bob@example.com", "192.0.2.1"


def open_with_realms(url):
    return open_directory(
        url,
        FakeSealer(),
        lambda: NOW,
        os.urandom,
        profiles=Profiles(realms=[SHOPPERS, GUESTS]),
    )


@pytest.fixture
def shop(blank_url):
    with closing(open_with_realms(blank_url)) as directory:
        for number in (1000, 1001):
            directory.tenants.add(TenantDraft(number))
        yield directory


def add(directory, realm, email=BOB, **more):
    user_id = directory.users.add(UserDraft(email, realm=realm, **more), "hash")
    directory.catch_up_now()
    return directory.user(user_id)


def test_one_e_mail_is_another_person_in_each_realm(shop):
    people = [add(shop, realm) for realm in ("", FIRST, SECOND, "acme.guest")]
    assert len({each.id for each in people}) == 4
    for person in people:
        name = SignInName(person.realm, BOB.upper())
        assert shop.user_by_name(name) == person
        assert shop.user_credentials(name).subject == person.id
    assert shop.user_by_email(BOB) == people[0]


def test_a_person_of_a_realm_is_unknown_in_every_other(shop):
    add(shop, FIRST, user_name="bobby")
    for realm in ("", SECOND, "acme.guest", "acme.shopper"):
        for said in (BOB, "bobby", f"{FIRST} {BOB}", f"{FIRST}:{BOB}"):
            name = SignInName(realm, said)
            assert shop.user_by_name(name) is None
            assert shop.user_credentials(name) is None
            assert not shop.recognise([(name, HOME)])[0].exists
    assert shop.user_by_email(BOB) is None
    with pytest.raises(NotFound):
        shop.users.disable(BOB)


def test_a_person_is_found_by_e_mail_user_name_and_number(shop):
    bob = add(shop, FIRST, user_name="Bobby")
    for said in (BOB, "bobby", "BOBBY"):
        assert shop.user_by_name(SignInName(FIRST, said)) is bob
        assert shop.recognise([(SignInName(FIRST, said), HOME)])[0].exists
    assert shop.user_by_number(FIRST, bob.number) is bob
    assert shop.user_by_number(SECOND, bob.number) is None
    assert shop.user_by_number(FIRST, 2**40) is None


@pytest.mark.parametrize(
    ("email", "user_name", "member"),
    [
        (BOB, None, "email"),
        ("bobby@example.com", None, "email"),
        ("new@example.com", "BOBBY@example.com", "user_name"),
        ("new@example.com", BOB, "user_name"),
    ],
)
def test_no_name_in_a_realm_is_two_peoples(shop, email, user_name, member):
    add(shop, FIRST, user_name="bobby@example.com")
    with pytest.raises(AlreadyExists) as raised:
        shop.users.add(UserDraft(email, realm=FIRST, user_name=user_name), "hash")
    assert raised.value.member == member
    with pytest.raises(Refusal) as refused:
        shop.sign_up(FIRST, NewPerson(email, user_name), "hash")
    refusal = refused.value
    assert (refusal.code, refusal.cause) == (Code.INVALID_PARAMETER, Cause.NAME_TAKEN)
    assert refusal.parameter == member


def test_the_own_e_mail_may_be_the_user_name(shop):
    bob = add(shop, FIRST, user_name=BOB)
    assert shop.user_by_name(SignInName(FIRST, BOB)) is bob
    shop.users.set_email(bob.id, "robert@example.com")
    assert shop.user_by_name(SignInName(FIRST, BOB)).id == bob.id


def test_a_new_e_mail_is_nobody_elses_in_the_realm(shop):
    bob, eve = add(shop, FIRST, user_name="bobby@example.com"), add(shop, FIRST, "eve@example.com")
    for taken in (BOB, "bobby@example.com"):
        with pytest.raises(AlreadyExists):
            shop.users.set_email(eve.id, taken)
    add(shop, SECOND, "other@example.com")
    shop.users.set_email(bob.id, "other@example.com")
    assert shop.user_by_name(SignInName(FIRST, "other@example.com")).id == bob.id


def test_numbers_ascend_in_each_realm_and_none_comes_again(shop):
    numbers = [add(shop, FIRST, f"{name}@example.com").number for name in "abc"]
    assert numbers == [1, 2, 3]
    shop.users.delete(shop.user_by_number(FIRST, 3).id)
    assert add(shop, FIRST, "d@example.com").number == 4
    assert add(shop, SECOND).number == 1
    assert add(shop, "").number is None


def test_a_number_may_be_chosen_and_later_ones_follow_it(shop):
    assert add(shop, FIRST, number=1042).number == 1042
    assert add(shop, FIRST, "a@example.com", number=7).number == 7
    assert add(shop, FIRST, "b@example.com").number == 1043
    with pytest.raises(AlreadyExists):
        add(shop, FIRST, "c@example.com", number=7)
    for wrong in (0, -1, 2**31):
        with pytest.raises(Invalid):
            add(shop, FIRST, "c@example.com", number=wrong)


REFUSED = {
    "acme.shopper": (Invalid, "'acme.shopper' is no realm"),
    "acme.shopper:": (Invalid, "is no realm"),
    "acme.shopper:01000": (Invalid, "is no realm"),
    "acme.guest:1": (Invalid, "is no realm"),
    "other": (Invalid, r"known are acme.shopper:TENANT \(shoppers of a tenant\), acme.guest"),
    "acme.shopper:7": (NotFound, "There is no tenant 7"),
    "acme.shopper:9999999999": (NotFound, "There is no tenant"),
}


@pytest.mark.parametrize(("realm", "error"), REFUSED.items())
def test_a_realm_that_no_dialect_declares_or_without_its_tenant_is_refused(shop, realm, error):
    kind, words = error
    for create in (
        lambda: shop.users.add(UserDraft(BOB, realm=realm), "hash"),
        lambda: shop.sign_up(realm, NewPerson(BOB), "hash"),
    ):
        with pytest.raises(kind, match=words):
            create()


def test_people_of_the_usual_realm_have_neither_user_name_nor_number(shop):
    for more in ({"user_name": "bobby"}, {"number": 5}):
        with pytest.raises(Invalid, match="needs the realm of a dialect"):
            shop.users.add(UserDraft(BOB, **more), "hash")


@pytest.mark.parametrize("name", ["", " bob", "b\u200bob", "x" * 255, "a\0b", "\ud800"])
def test_a_user_name_that_cannot_be_read_is_refused(shop, name):
    with pytest.raises(Invalid):
        shop.users.add(UserDraft(BOB, realm=FIRST, user_name=name), "hash")
    with pytest.raises(Refusal) as refused:
        shop.sign_up(FIRST, NewPerson(BOB, name), "hash")
    assert refused.value.parameter == "user_name"


@pytest.mark.parametrize("member", ["first_name", "last_name"])
def test_a_long_name_of_somebody_who_signs_up_is_refused(shop, member):
    shop.sign_up(FIRST, NewPerson("ada@example.net", **{member: "x" * 255}), "hash")
    with pytest.raises(Refusal) as refused:
        shop.sign_up(FIRST, NewPerson(BOB, **{member: "x" * 256}), "hash")
    assert refused.value.parameter == member


def test_somebody_who_signs_up_changes_no_cached_record(shop):
    ada = add(shop, "")
    version = shop.version
    user_id = shop.sign_up(FIRST, NewPerson(BOB, "bobby", "Bob", "Smith"), "hash")
    shop.catch_up_now()
    assert shop.version == version
    assert shop.user(ada.id) is ada
    bob = shop.user(user_id)
    assert (bob.realm, bob.user_name, bob.first_name, bob.number) == (FIRST, "bobby", "Bob", 1)


def test_people_who_sign_up_at_once_get_names_and_numbers_of_their_own(shop, blank_url):
    add(shop, FIRST, "first@example.com")
    made, taken = [], []

    def sign_up(place):
        for number in range(5):
            try:
                with closing(open_with_realms(blank_url)) as other:
                    person = NewPerson(f"{number}@example.com", f"{place}.{number}@example.com")
                    made.append(other.sign_up(FIRST, person, "hash"))
            except Refusal as refusal:
                taken.append(refusal.cause)

    threads = [threading.Thread(target=sign_up, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [line.number for line in shop.users.page(realm=FIRST)]
    assert (len(made), taken) == (5, [Cause.NAME_TAKEN] * 5)
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def test_names_that_nobody_has_share_no_counter_with_another_realm(shop):
    """Otherwise attempts in one realm would show who has an account in another."""
    realms = ("", FIRST, SECOND)
    accounts = {shop.recognise([(SignInName(realm, BOB), HOME)])[0].account for realm in realms}
    assert len(accounts) == 3


def test_many_realms_are_recognised_at_once(shop):
    bob, other = add(shop, FIRST), add(shop, SECOND)
    shop.remember_network(bob.id, HOME, 5)
    names = [SignInName(FIRST, BOB), SignInName(SECOND, BOB), usual(BOB)]
    found = shop.recognise([(name, HOME) for name in names])
    assert [each.exists for each in found] == [True, True, False]
    assert [each.known for each in found] == [True, False, False]
    assert bob.id != other.id


def test_a_password_is_replaced_once_for_one_version(shop):
    bob = add(shop, FIRST)
    assert shop.replace_password(bob.id, "new", bob.credential_version)
    assert not shop.replace_password(bob.id, "newer", bob.credential_version)
    assert not shop.replace_password("nobody", "new", 1)
    credentials = shop.user_credentials(SignInName(FIRST, BOB))
    assert (credentials.secret_hash, credentials.version) == ("new", 2)
    assert [(each.selection, each.cause) for each in shop.intents()] == [
        (Selection(subject=bob.id), "password_changed")
    ]


def test_a_list_shows_one_realm_or_all(shop):
    add(shop, ""), add(shop, FIRST), add(shop, SECOND)
    assert {each.realm for each in shop.users.page()} == {"", FIRST, SECOND}
    assert [each.realm for each in shop.users.page(realm=FIRST)] == [FIRST]
    assert [each.realm for each in shop.users.page(realm="")] == [""]


def test_a_realm_of_a_developer_account_needs_that_account(blank_url):
    realms = Realms("acme.tester", "testers", Place.ACCOUNT)
    with closing(
        open_directory(
            blank_url, FakeSealer(), lambda: NOW, bytes, profiles=Profiles(realms=[realms])
        )
    ) as directory:
        with pytest.raises(NotFound):
            directory.users.add(UserDraft(BOB, realm="acme.tester:-5"), "hash")
        directory.accounts.add(DeveloperAccount(-5, None))
        directory.users.add(UserDraft(BOB, realm="acme.tester:-5"), "hash")


OF_BEFORE = """
INSERT INTO users (id, short_id, email, email_folded, secret_hash, disabled, active,
                   credential_version, created_at, group_names)
VALUES ('b', 'b', :email, :email, 'hash', :no, :yes, 3, 9, '["staff"]')
--
INSERT INTO tenants (id) VALUES (1000)
--
INSERT INTO tenant_memberships (user_id, place_id, part) VALUES ('b', 1000, '[1]')
--
INSERT INTO known_networks (user_id, digest, seen_at) VALUES ('b', :digest, 1)
"""


def test_everybody_of_an_older_directory_is_in_the_usual_realm(blank_url):
    said = {"email": BOB, "no": False, "yes": True, "digest": b"d"}
    database = create_engine(blank_url.replace("postgresql://", "postgresql+psycopg://"))
    with database.begin() as connection:
        command.upgrade(schema._config(connection), "0017")
        for statement in OF_BEFORE.split("--"):
            connection.execute(text(statement), said)
    database.dispose()
    engines.migrate(blank_url)
    with closing(open_with_realms(blank_url)) as directory:
        bob = directory.user_by_email(BOB)
        assert (bob.id, bob.realm, bob.user_name, bob.number) == ("b", "", None, None)
        assert (bob.credential_version, bob.groups, bob.created_at) == (3, ("staff",), 9)
        assert [tenant.id for tenant in bob.tenants] == [1000]
        with directory.database.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM known_networks")).scalar() == 1
        directory.users.delete("b")
        with directory.database.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM known_networks")).scalar() == 0
