"""The parts of profiles that belong to dialects: stored, checked, shared and migrated."""

from typing import Annotated, Literal

import pytest
from alembic import command
from msgspec import Meta, Struct
from sqlalchemy import create_engine, insert, text
from tests.directory.conftest import FakeSealer

from reticket.core.errors import StartupError, Unavailable
from reticket.core.profiles import Part, Profiles
from reticket.dialects import akinon, cloudreve
from reticket.directory import engines
from reticket.directory.directory import open_directory
from reticket.directory.drafts import ClientDraft, TenantDraft, UserDraft
from reticket.directory.engines import schema
from reticket.directory.errors import Invalid
from reticket.directory.seed import load_seed
from reticket.directory.tables import profile_parts

WHO = "grace@example.com"


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    rank: Annotated[int, Meta(ge=0)] = 0


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    roles: tuple[Role, ...]
    limits: dict[str, int] = {}
    moods: dict[str, Literal["good"]] = {}
    colour: Literal["red", "blue"] | None = None


class Shop(Struct, frozen=True, forbid_unknown_fields=True):
    currency: str


PERSON = Part("sixth", Person, "sixth")
SHOP = Part("sixth", Shop, "sixth")


@pytest.fixture
def sixth(url):
    """A directory with the parts of one sample dialect."""
    profiles = Profiles(people=[PERSON], tenants=[SHOP])
    count = iter(range(10**6))
    opened = open_directory(
        url,
        FakeSealer(),
        lambda: 0,
        lambda size: next(count).to_bytes(size),
        profiles=profiles,
    )
    yield opened
    opened.close()


def test_a_profile_part_is_read_back_as_its_type(sixth):
    said = {"roles": [{"name": "admin", "rank": None}], "limits": {"orders": 5}}
    user_id = sixth.users.add(UserDraft(WHO, parts={"sixth": said}), "hash")
    assert PERSON.of(sixth.user(user_id)) == Person((Role("admin"),), {"orders": 5})


def test_a_part_of_a_tenant_is_read_back_as_its_type(sixth, hasher, seed_file):
    load_seed(seed_file("tenants: [{id: 1, sixth: {currency: USD}}, {id: 2}]"), sixth, hasher)
    sixth.catch_up_now()
    assert [SHOP.of(sixth.tenant(number)) for number in (1, 2)] == [Shop("USD"), None]


FAULTS = {
    "{}": "sixth needs the key roles",
    "{roles: {}}": "sixth.roles must be a list",
    "{roles: [{name: 1}]}": "sixth.roles[0].name must be text, in quotes if",
    "{roles: [{name: a, size: 1}]}": "sixth.roles[0].size is not a known key (known are name, rank",
    "{roles: [{name: a, rank: -1}]}": "sixth.roles[0].rank must be at least 0",
    "{roles: [], limits: {a: b}}": "sixth.limits must be a whole number",
    "{roles: [], colour: green}": "sixth.colour must be blue or red",
    "{roles: [], colour: 1}": "sixth.colour must be blue or red",
    "{roles: [], moods: {a: bad}}": "sixth.moods has a value that is not accepted",
    "{roles: [], else: 1}": "sixth.else is not a known key (known are roles, limits",
}


@pytest.mark.parametrize(("said", "words"), FAULTS.items())
def test_a_fault_in_a_part_is_reported_with_its_line(sixth, hasher, seed_file, said, words):
    file = seed_file(f"users:\n- email: a@b\n  sixth:\n   {said}")
    with pytest.raises(Exception, match="line") as raised:
        load_seed(file, sixth, hasher)
    assert f"users[0].{words}" in str(raised.value)
    assert "line 3" in str(raised.value) or "line 4" in str(raised.value)


@pytest.mark.parametrize("said", [{}, {"roles": 5}, {"roles": [], "else": 1}, 5])
def test_a_directory_operation_refuses_a_part_of_another_type(sixth, said):
    with pytest.raises(Invalid, match=r"^sixth"):
        sixth.users.add(UserDraft(WHO, parts={"sixth": said}), "hash")
    assert sixth.user_by_email(WHO) is None


def test_a_part_of_no_dialect_is_refused(sixth):
    with pytest.raises(Invalid, match="seventh is no part of a profile"):
        sixth.users.add(UserDraft(WHO, parts={"seventh": {}}), "hash")


def test_a_stored_part_that_no_longer_matches_its_type_is_reported(sixth):
    user_id = sixth.users.add(UserDraft(WHO), "hash")
    with sixth.database.change() as connection:
        row = {"user_id": user_id, "dialect": "sixth", "value": {"roles": 1}}
        connection.execute(insert(profile_parts), row)
    with pytest.raises(Unavailable, match="the part of sixth cannot be read"):
        sixth.user(user_id)


def test_the_parts_of_a_removed_dialect_stay_and_are_not_read(sixth):
    user_id = sixth.users.add(UserDraft(WHO), "hash")
    with sixth.database.change() as connection:
        row = {"user_id": user_id, "dialect": "fifth", "value": {}}
        connection.execute(insert(profile_parts), row)
    assert sixth.user(user_id).parts == ()


def test_a_part_of_a_tenant_is_stored_from_its_draft(sixth):
    sixth.tenants.add(TenantDraft(7, parts={"sixth": {"currency": "EUR"}}))
    assert SHOP.of(sixth.tenant(7)) == Shop("EUR")


OF_BEFORE = """
INSERT INTO users (id, short_id, email, email_folded, secret_hash, disabled, active,
                   credential_version, created_at)
VALUES ('g', 'g', :who, :who, 'hash', :no, :yes, 1, 0)
--
INSERT INTO organizations (id, name) VALUES ('00112233445566778899aabb', 'Navy')
--
INSERT INTO organization_memberships (user_id, organization_id, roles, user_type)
VALUES ('g', '00112233445566778899aabb', :roles, 'officer')
--
INSERT INTO cloud_groups (id, name, permission) VALUES ('u', 'User', '/Q==')
--
INSERT INTO cloud_profiles (user_id, nickname, group_id) VALUES ('g', 'grace', 'u')
"""


def write_as_before(url, revision):
    """What a program of before has written, on the schema of that revision."""
    said = {"who": WHO, "no": False, "yes": True, "roles": '["admiral", ""]'}
    database = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with database.begin() as connection:
        command.upgrade(schema._config(connection), revision)
        for statement in OF_BEFORE.split("--"):
            connection.execute(text(statement), said)
    database.dispose()


def assert_carried(directory):
    directory.catch_up_now()
    grace = directory.user("g")
    organization, cloud = akinon.PERSON.of(grace), cloudreve.PERSON.of(grace)
    expected = ("Navy", "00112233445566778899aabb", ("admiral",), "officer")
    said = (organization.name, organization.id, organization.roles, organization.user_type)
    assert said == expected
    assert cloud == cloudreve.profile.Person("grace", cloudreve.profile.Group("User", "u", "/Q=="))
    other = directory.users.add(UserDraft("a@b", parts={"organization": {"name": "Navy"}}), "h")
    assert akinon.PERSON.of(directory.user(other)).id == organization.id


def test_an_older_directory_keeps_its_organizations_and_profiles(blank_url, opened):
    write_as_before(blank_url, "0006")
    engines.migrate(blank_url)
    assert_carried(opened(blank_url))


@pytest.mark.parametrize(
    "path", ["user.sixth.roles", "user.sixth.colour", "user.sixth.limits", "tenant.sixth.currency"]
)
def test_a_claim_may_have_what_a_dialect_keeps(sixth, path):
    sixth.clients.add(ClientDraft("app", False, {"claims": {"said": path}}), None)
    sixth.clients.register("app", {"claims": {"said": path, "more": "user.groups"}})


@pytest.mark.parametrize(
    "path",
    ["user.sixth.rank", "user.sixth.roles.name", "user.sixth.limits.a", "user.sixth.colour.red",
     "user.fifth.roles", "tenant.sixth.roles", "tenant.fifth.currency", "user.sixth.__class__"],
)  # fmt: skip
def test_a_claim_that_no_dialect_keeps_is_refused(sixth, path):
    said = {"claims": {"said": path}}
    with pytest.raises(Invalid, match=r"claims.said .*which no dialect keeps"):
        sixth.clients.add(ClientDraft("app", False, said), None)
    sixth.clients.add(ClientDraft("app", False, {}), None)
    with pytest.raises(Invalid, match="no dialect keeps"):
        sixth.clients.register("app", said)


def test_a_seed_file_with_such_a_claim_stops_with_its_line(sixth, seed_file, hasher):
    file = seed_file("oauth_clients:\n- client_id: app\n  claims: {said: user.sixth.rank}")
    with pytest.raises(StartupError, match=r"line 2.*claims.said"):
        load_seed(file, sixth, hasher)
