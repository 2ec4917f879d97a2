"""RFC 7662 §4: a client inspects the kinds of tokens that it is registered for."""

import json
from dataclasses import replace

import pytest
from tests.dialects.oauth.looks import Looks, broken
from tests.dialects.oauth.token_world import ADA, ISSUER

from reticket.core.commands import BeginSession, Refresh
from reticket.core.errors import Cause
from reticket.core.model import Place, Selection
from reticket.core.policy import DAY, Policy, Reuse
from reticket.core.tokens.faces import from_text, hs256_text
from reticket.core.tokens.kinds import TokenKind
from reticket.oauth.provider import USER

SHOP_2026 = Policy("SHOP_2026", 3600, 14 * DAY, 365 * DAY, 60, Reuse.REVOKE)
SHOP = TokenKind(
    "shop.user",
    SHOP_2026,
    symmetric=True,
    place=Place.TENANT,
    access_claims=lambda facts: {"sub": "short", "token_type": "access", "roles": ["old"]},
    told=lambda facts: {"roles": ["teller"], "till": facts.context},
)
DRIVE = TokenKind(
    "drive.user",
    SHOP_2026,
    part="drive",
    registers_clients=False,
    access_claims=lambda facts: {"scopes": ["files.read"]},
    refresh_claims=lambda facts: {"token_type": "refresh"},
    serves=lambda family: family.client != "gone",
)
HIDDEN = TokenKind("shop.hidden", SHOP_2026, is_inspected=False)
WITH_DRIVE = replace(ADA, parts=(("drive", object()),))
NAMES = ("access_token", "refresh_token")


class Inspecting(Looks):
    def __init__(self):
        super().__init__(kinds=(SHOP, DRIVE, HIDDEN))
        self.people.users[ADA.id] = WITH_DRIVE
        self.people.register("backend", inspects=["shop.user", "drive.user", "gone.user"])

    def sign_in(self, kind, context=None, **said):
        return self.perform(BeginSession(kind.name, self.people.users[ADA.id], context, **said))

    def claims_of_a_session(self):
        """Of an access token of a kind whose key is shared."""
        return json.loads(from_text(self.sign_in(SHOP, "1000").access_token.split(".")[1]))

    def forged(self, claims):
        """A token by the holder of that key."""
        key = self.ring.snapshot.macs["shop.user/jwt/access"].at(self.clock())
        return hs256_text(json.dumps(claims).encode(), key)


@pytest.fixture
def world():
    made = Inspecting()
    yield made
    made.close()


def test_an_access_token_of_another_dialect_is_described_under_the_names_of_that_dialect(world):
    issued, now = world.sign_in(SHOP, "1000"), world.clock() // 1000
    said = world.look(issued.access_token).said
    assert len(said.pop("jti")) == 22
    assert said == {
        "active": True, "token_type": "Bearer", "iss": ISSUER, "kind": "shop.user",
        "aud": "shop.user", "sub": "short", "uid": ADA.id, "iat": now, "exp": now + 3600,
        "sid": issued.family.id.hex(), "tid": "1000", "username": ADA.email,
        "roles": ["teller"], "till": "1000",
    }  # fmt: skip


def test_a_refresh_token_of_another_dialect_has_no_token_type_and_its_own_times(world):
    issued = world.sign_in(SHOP, "1000")
    world.clock.forward(100)
    said = world.look(issued.refresh_token).said
    assert said == {
        "active": True, "iss": ISSUER, "kind": "shop.user", "sub": "short", "uid": ADA.id,
        "iat": issued.issued_at // 1000, "exp": issued.refresh_expires_at // 1000,
        "sid": issued.family.id.hex(), "tid": "1000", "username": ADA.email,
        "roles": ["teller"], "till": "1000",
    }  # fmt: skip


def test_scope_and_client_are_those_of_the_session(world):
    issued = world.sign_in(DRIVE, client="app", scope="files.read files.write")
    for name in NAMES:
        said = world.look(getattr(issued, name)).said
        assert (said["client_id"], said["scope"]) == ("app", "files.read files.write")
        assert said["scopes"] == ["files.read"]


@pytest.mark.parametrize("kind", [SHOP, DRIVE], ids=lambda kind: kind.name)
@pytest.mark.parametrize("name", NAMES)
class TestInactive:
    def test_for_a_client_that_is_not_registered_for_the_kind(self, world, kind, name):
        token = getattr(world.sign_in(kind), name)
        assert world.look(token).said["active"]
        others = {"shop.user", "drive.user"} - {kind.name}
        world.people.register("other", inspects=sorted(others))
        assert world.is_inactive(token, "other")
        world.people.register("other", inspects=[])
        assert world.is_inactive(token, "other")

    def test_a_forged_one(self, world, kind, name):
        token = getattr(world.sign_in(kind), name)
        changed = token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB")
        assert all(world.is_inactive(text) for text in (changed, token[:-1], token + "A"))
        assert world.causes()[-1] == Cause.FORGED

    def test_an_expired_one(self, world, kind, name):
        issued = world.sign_in(kind)
        world.clock.forward(3600 if name == "access_token" else 14 * DAY)
        assert world.is_inactive(getattr(issued, name))
        assert world.causes()[-1] == Cause.EXPIRED

    def test_one_of_an_ended_session(self, world, kind, name):
        issued = world.sign_in(kind)
        world.store.revoke(Selection(family=issued.family.id), "operator")
        assert world.is_inactive(getattr(issued, name))

    def test_one_of_a_disabled_person(self, world, kind, name):
        token = getattr(world.sign_in(kind), name)
        world.block_ada()
        assert world.is_inactive(token)

    def test_a_failing_store_is_503_and_not_inactive(self, world, kind, name, monkeypatch):
        token = getattr(world.sign_in(kind), name)
        monkeypatch.setattr(world.store, "transact", broken)
        reply = world.look(token)
        assert (reply.status, reply.error) == (503, "temporarily_unavailable")
        assert "retry-after" in reply.headers

    def test_a_pending_change_of_the_person_is_503(self, world, kind, name):
        token = getattr(world.sign_in(kind), name)
        world.people.waiting.add(ADA.id)
        assert world.look(token).status == 503


@pytest.mark.parametrize("name", NAMES)
def test_a_token_is_inactive_once_the_person_has_left_its_tenant(world, name):
    token = getattr(world.sign_in(SHOP, "1001"), name)
    assert world.look(token).said["till"] == "1001"
    world.people.users[ADA.id] = replace(WITH_DRIVE, tenants=WITH_DRIVE.tenants[:1])
    assert world.is_inactive(token)
    assert world.causes()[-1] == Cause.NO_ACCESS


@pytest.mark.parametrize("name", NAMES)
def test_a_token_is_inactive_once_its_dialect_does_not_know_the_person(world, name):
    token = getattr(world.sign_in(DRIVE), name)
    assert world.look(token).said["active"]
    world.people.users[ADA.id] = ADA
    assert world.is_inactive(token)


@pytest.mark.parametrize("name", NAMES)
def test_a_token_is_inactive_when_its_dialect_serves_the_session_no_more(world, name):
    assert world.is_inactive(getattr(world.sign_in(DRIVE, client="gone"), name))
    assert world.causes()[-1] == Cause.WRONG_CLIENT


def test_an_access_token_is_inactive_after_a_change_of_the_password(world):
    issued = world.sign_in(SHOP)
    world.people.users[ADA.id] = replace(WITH_DRIVE, credential_version=2)
    assert world.is_inactive(issued.access_token)
    assert world.causes()[-1] == Cause.CREDENTIAL_CHANGED


def test_inspection_ends_and_uses_up_nothing(world):
    first = world.sign_in(SHOP)
    second = world.perform(Refresh(SHOP.name, first.refresh_token))
    third = world.perform(Refresh(SHOP.name, second.refresh_token))
    world.clock.forward(120)
    before = world.families()
    assert world.is_inactive(first.refresh_token)
    assert world.causes()[-1] == Cause.REUSED
    assert world.look(third.refresh_token).said["active"]
    assert world.families() == before


NO_TEXT = (None, True, 1, 1.5, [], ["a"], {}, {"a": "b"})
NO_NUMBER = (None, True, 1.5, "12", "", [], [1], {})
WRONG = [
    *((name, value) for name in ("iss", "sub", "jti", "uid", "sid", "tid") for value in NO_TEXT),
    *((name, value) for name in ("iat", "nbf", "exp", "cv") for value in NO_NUMBER),
    *(("aud", value) for value in NO_TEXT),
]


def test_a_token_of_a_shared_key_with_a_claim_of_a_wrong_type_is_inactive(world):
    claims = world.claims_of_a_session()
    assert world.look(world.forged(claims)).said["active"]
    for name, value in WRONG:
        assert world.is_inactive(world.forged(claims | {name: value})), (name, value)
        assert world.causes()[-1] == Cause.FORGED, (name, value)


CLAIMED = {
    "active": False, "iss": "https://evil.example", "scope": "orders.write", "client_id": "web",
    "username": "root@example.com", "kind": "oauth.user", "token_type": "DPoP", "amr": ["mfa"],
    "cnf": {"jkt": "x"}, "act": {"sub": "web"}, "roles": ["owner"], "till": "9", "more": 10**25,
}  # fmt: skip


def test_what_a_token_of_a_shared_key_claims_becomes_no_member_of_the_answer(world):
    claims = world.claims_of_a_session()
    good = world.look(world.forged(claims)).said
    assert world.look(world.forged(claims | CLAIMED)).said == good
    assert (good["active"], good["iss"], good["roles"]) == (True, ISSUER, ["teller"])


def test_a_token_of_a_shared_key_without_a_session_has_registered_claims_alone(world):
    claims = world.claims_of_a_session()
    del claims["sid"]
    said = world.look(world.forged(claims | CLAIMED)).said
    told = {"active": True, "token_type": "Bearer", "iss": ISSUER, "kind": "shop.user"}
    assert said == told | {"username": ADA.email} | {
        name: claims[name] for name in ("aud", "sub", "uid", "iat", "exp", "jti", "tid")
    }


@pytest.mark.parametrize("name", ["sub", "iat", "exp"])
def test_a_token_of_a_shared_key_without_a_claim_that_each_token_has_is_inactive(world, name):
    claims = world.claims_of_a_session()
    del claims[name]
    assert world.is_inactive(world.forged(claims))
    assert world.causes()[-1] == Cause.FORGED


def test_kinds_that_nobody_may_inspect_stay_inactive(world):
    world.people.register("backend", inspects=["shop.hidden", "shop.user"])
    issued = world.sign_in(HIDDEN)
    assert all(world.is_inactive(getattr(issued, name)) for name in NAMES)


def test_the_tokens_of_all_clients_are_a_kind_too(world):
    issued = world.begin("spa", scope="openid orders.read")
    for name in NAMES:
        assert world.is_inactive(getattr(issued, name))
    world.people.register("backend", inspects=[USER])
    for name in NAMES:
        said = world.look(getattr(issued, name)).said
        assert (said["client_id"], said["scope"]) == ("spa", "openid orders.read")
        assert "kind" not in said
    world.people.block("spa")
    for name in NAMES:
        assert world.is_inactive(getattr(issued, name))


def test_the_lifetime_of_a_refresh_token_of_another_client_is_that_of_its_client(world):
    world.people.register("spa", policy={"preset": "BROWSER", "refresh": 7200})
    world.people.register("backend", inspects=[USER])
    token = world.begin("spa").refresh_token
    assert world.look(token).said["exp"] == world.clock() // 1000 + 7200
    world.store.expire(world.clock() + 10**12, 10)
    assert world.is_inactive(token)


def test_nobody_who_registered_itself_inspects(world):
    world.people.register("other", inspects=["shop.user"], registered_by="self")
    assert world.registration("other").inspects == ()


def test_a_forged_signature_is_verified_once_however_many_kinds_are_inspected(world, monkeypatch):
    world.people.register("backend", inspects=["drive.user", "shop.user", USER])
    seen, kind = [], type(world.ring.snapshot.verifiers()[0])
    verify = kind.verify
    monkeypatch.setattr(kind, "verify", lambda key, *said: seen.append(key) or verify(key, *said))
    token = world.sign_in(DRIVE).access_token
    assert world.is_inactive(token[:-2] + ("AA" if token[-2:] != "AA" else "BA"))
    assert len(seen) == 2  # as OAuth's own, and as another dialect's
