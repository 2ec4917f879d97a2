"""Claims that a client's registration declares, in all tokens and answers; `username`."""

from dataclasses import replace

import pytest
from msgspec import Struct
from tests.dialects.oauth.token_people import ADA
from tests.dialects.oauth.token_world import ISSUER, PRESETS, claims_of

from reticket.core.people import Tenant
from reticket.directory.errors import Invalid
from reticket.directory.seed import checked_registration
from reticket.oauth.direct_session import SessionOptions, start_session
from reticket.oauth.mapped_claims import PATHS, as_asked, mapped_claims
from reticket.oauth.provider import Provider
from reticket.oauth.standard_claims import Person

DECLARED = {
    "groups": "user.groups",
    "roles": "user.roles",
    "tenant_name": "tenant.name",
    "mail": "user.email",
}
APP = "https://app.example.com/ended"
TOLD = {"groups": ["admins", "staff"], "roles": ["editor"], "mail": ADA.email}


@pytest.fixture
def world(world):
    world.people.register("backend", claims=DECLARED)
    world.people.change(groups=("admins", "staff"), roles=("editor",))
    return world


def declared_of(said):
    return {name: said[name] for name in DECLARED if name in said}


def test_declared_claims_are_in_every_token_and_answer(world):
    pair = world.pair("backend")
    refreshed = world.refresh(pair["refresh_token"], "backend").said
    for each in (pair, refreshed):
        assert declared_of(claims_of(each["access_token"])) == TOLD
        assert declared_of(claims_of(each["id_token"])) == TOLD
    bearer = {"authorization": f"Bearer {refreshed['access_token']}"}
    assert declared_of(world.post("/userinfo", "", bearer).said) == TOLD
    for name in ("access_token", "refresh_token"):
        assert declared_of(world.look(refreshed[name]).said) == TOLD


def test_a_session_that_an_operator_starts_has_all_that_the_registration_wants(world):
    wanted = {"id_token_claims": ["email"], "backchannel_logout_uri": APP}
    world.people.register("backend", scopes=["openid", "email"], **wanted)
    now = world.clock() // 1000
    begun = world.carry_out(
        start_session(
            Provider(ISSUER, PRESETS),
            world.people.client("backend"),
            world.people.users[ADA.id],
            SessionOptions(now, scope="openid email"),
            now,
        )
    )
    identity = claims_of(begun.answer.id_token)
    assert declared_of(identity) == declared_of(claims_of(begun.answer.access_token)) == TOLD
    assert (identity["email"], identity["sid"]) == (ADA.email, begun.session)


def test_a_change_of_groups_and_roles_is_in_the_next_token(world):
    pair = world.pair("backend")
    world.people.change(groups=(), roles=("reader",))
    refreshed = claims_of(world.refresh(pair["refresh_token"], "backend").said["access_token"])
    assert (refreshed["groups"], refreshed["roles"]) == ([], ["reader"])


def test_a_client_without_declared_claims_gets_none(world):
    assert declared_of(claims_of(world.pair("other")["access_token"])) == {}


def test_the_tenant_of_the_token_is_the_one_that_counts():
    tenants = (Tenant(7, "Acme"), Tenant(8, "Other"), Tenant(9, None))
    user = ADA.__class__(**{name: getattr(ADA, name) for name in ADA.__slots__} | {
        "tenants": tenants, "groups": ("staff",), "parts": (("oauth", Person(nickname="A")),),
    })  # fmt: skip
    names = [mapped_claims({"n": "tenant.name"}, user, at) for at in ("7", "8", "9", "10", None)]
    assert names == [{"n": "Acme"}, {"n": "Other"}, {}, {}, {}]
    every = mapped_claims({path: path for path in PATHS}, user, "7")
    assert every["user.nickname"] == "A"
    assert every["user.tenants"] == ["7", "8", "9"]


def test_the_only_tenant_of_a_person_counts_for_a_token_without_one(world):
    tenant = Tenant(7, "Acme", (("hotel", Badge("blue")),))
    declared = {"id": "tenant.id", "name": "tenant.name", "tone": "tenant.hotel.colour"}
    user = replace(ADA, tenants=(tenant,))
    assert mapped_claims(declared, user, None) == {"id": "7", "name": "Acme", "tone": "blue"}
    assert mapped_claims(declared, user, "8") == {}
    for tenants in ((), (tenant, Tenant(8, "Other"))):
        assert mapped_claims(declared, replace(ADA, tenants=tenants), None) == {}
    world.people.change(tenants=(Tenant(1000, "Acme US"),))
    pair = world.pair("backend")
    for token in (pair["id_token"], pair["access_token"]):
        assert claims_of(token)["tenant_name"] == "Acme US"


class Badge(Struct, frozen=True):
    colour: str


class Guest(Struct, frozen=True):
    roles: tuple[str, ...]
    badge: Badge
    rooms: dict[int, tuple[int, ...]] = {}


def test_a_path_may_name_members_of_a_dialects_part():
    guest = Guest(("cook", "host"), Badge("red"), {7: (1, 2)})
    tenant = Tenant(7, "Acme", (("hotel", Badge("blue")),))
    user = replace(ADA, parts=(("hotel", guest),), tenants=(tenant,))
    paths = ["user.hotel.roles", "user.hotel.badge.colour", "user.hotel.badge", "user.hotel.rooms",
             "tenant.hotel.colour", "user.hotel.roles.x", "user.motel.roles"]  # fmt: skip
    assert mapped_claims({path: path for path in paths}, user, "7") == {
        "user.hotel.roles": ("cook", "host"),
        "user.hotel.badge.colour": "red",
        "user.hotel.badge": {"colour": "red"},
        "user.hotel.rooms": {"7": (1, 2)},
        "tenant.hotel.colour": "blue",
    }
    assert mapped_claims({"tone": "tenant.hotel.colour"}, user, "8") == {}


def test_a_token_that_a_client_gets_for_itself_has_no_claims_of_people(world):
    assert declared_of(claims_of(world.alone())) == {}


@pytest.mark.parametrize(
    "declared",
    [
        {"sub": "user.id"}, {"email": "user.first_name"}, {"aud": "user.groups"},
        {"groups": "user.password"}, {"groups": "user.secret_hash"}, {"groups": "user"},
        {"groups": "user.hotel"}, {"groups": "user.hotel.Roles"}, {"groups": "client.hotel.x"},
        {"my groups": "user.groups"}, {"": "user.groups"}, {"a": "user.id", "b": "user.id"},
        {f"c{number}": path for number, path in enumerate(PATHS[:17])},
    ],
    ids=str,
)  # fmt: skip
def test_other_names_and_paths_are_refused(declared):
    with pytest.raises(Invalid, match="claims"):
        checked_registration({"claims": declared}, public=False)


def test_nothing_is_written_for_a_client_without_declared_claims(monkeypatch):
    monkeypatch.setattr("msgspec.json.encode", None)
    assert as_asked({}) == ()


def test_rfc7662_2_2_introspection_has_the_name_of_the_person(world):
    token = world.pair("backend")["access_token"]
    assert world.look(token).said["username"] == ADA.email
    world.people.change(parts=(("oauth", Person(preferred_username="ada")),))
    assert world.look(token).said["username"] == "ada"
    assert "username" not in world.look(world.alone()).said
