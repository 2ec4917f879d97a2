"""RFC 7662: which client may introspect which token, and the response."""

import pytest
from tests.dialects.oauth.looks import JKT, ORDERS, broken
from tests.dialects.oauth.token_world import ADA, ISSUER, asserting

from reticket.core.commands import InspectAccess
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Selection
from reticket.core.policy import DAY
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.revoked_access_tokens import revocation_key
from reticket.oauth.terms import Claims


def test_rfc7662_2_2_an_active_access_token_is_described(world):
    issued = world.begin("backend", scope="openid orders.read")
    reply = world.look(issued.access_token)
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
    now = world.clock() // 1000
    said = reply.said
    assert len(said.pop("jti")) == 22
    assert said == {
        "active": True, "token_type": "Bearer", "iss": ISSUER, "sub": ADA.id, "aud": ISSUER,
        "client_id": "backend", "scope": "openid orders.read", "iat": now, "exp": now + 900,
        "sid": issued.family.id.hex(), "auth_time": now, "acr": "urn:reticket:acr:1",
        "amr": ["pwd"], "username": ADA.email,
    }  # fmt: skip


def test_rfc7662_2_2_an_active_refresh_token_is_described(world):
    issued = world.begin("backend", scope="openid orders.read")
    now = world.clock() // 1000
    assert world.look(issued.refresh_token).said == {
        "active": True, "iss": ISSUER, "sub": ADA.id, "client_id": "backend",
        "scope": "openid orders.read", "iat": now, "exp": now + 14 * DAY,
        "sid": issued.family.id.hex(), "auth_time": now, "acr": "urn:reticket:acr:1",
        "amr": ["pwd"], "username": ADA.email,
    }  # fmt: skip


def test_rfc7662_2_2_a_token_without_a_scope_has_no_scope_member(world):
    issued = world.begin("backend", scope=None)
    for token in (issued.access_token, issued.refresh_token):
        assert world.look(token).said["scope"] == ""


def test_rfc7662_2_2_a_refresh_token_ends_by_the_policy_of_its_client(world):
    world.people.register("backend", policy={"preset": "BROWSER", "refresh": 3600})
    token = world.begin("backend").refresh_token
    assert world.look(token).said["exp"] == world.clock() // 1000 + 3600
    world.clock.forward(3600)
    assert world.is_inactive(token)


def test_rfc7662_2_2_a_refresh_token_has_the_expiry_that_was_stated(world):
    first = world.begin("backend")
    world.clock.forward(100.5)
    second = world.next(first)
    for each in (first, second):
        assert world.look(each.refresh_token).said["exp"] * 1000 == each.refresh_expires_at
    world.clock.at = first.refresh_expires_at - 1
    assert world.look(first.refresh_token).said["active"]
    world.clock.at += 1
    assert world.is_inactive(first.refresh_token)
    assert world.look(second.refresh_token).said["active"]


def test_rfc7662_2_2_a_changed_setting_does_not_change_a_stated_expiry(world):
    token = world.begin("backend").refresh_token
    ends = world.look(token).said["exp"]
    for refresh in (3600, 20 * DAY):
        world.people.register("backend", policy={"preset": "BROWSER", "refresh": refresh})
        assert world.look(token).said["exp"] == ends


def test_rfc7662_2_2_a_client_credentials_token_is_described(world):
    said = world.look(world.alone()).said
    assert said["sub"] == said["client_id"] == "backend"
    assert said.keys().isdisjoint({"sid", "auth_time", "amr"})


def test_rfc9449_6_2_a_bound_token_has_the_thumbprint_of_its_key(world):
    issued = world.begin("backend", jkt=JKT)
    said = [world.look(token).said for token in (issued.access_token, issued.refresh_token)]
    assert [each["cnf"] for each in said] == [{"jkt": JKT}] * 2
    assert said[0]["token_type"] == "DPoP"


def test_rfc7662_2_1_introspection_requires_client_authentication(world):
    token = world.begin("backend").access_token
    answers = [
        world.ask("/introspect", None, token=token),
        world.ask("/introspect", None, token=token, client_id="backend"),
        world.ask("/introspect", None, token=token, client_id="backend", client_secret="wrong"),
        world.ask("/introspect", None, {"authorization": "Bearer x"}, token=token),
        world.ask("/introspect", "nobody", token=token),
    ]
    assert {(each.status, each.body) for each in answers} == {(401, answers[0].body)}
    assert answers[0].error == "invalid_client"
    assert {each.headers["www-authenticate"] for each in answers} == {'Basic realm="reticket"'}


def test_rfc7662_2_1_a_public_client_may_not_introspect(world):
    issued = world.begin("spa")
    reply = world.look(issued.access_token, "spa")
    assert (reply.status, reply.error) == (401, "invalid_client")
    assert world.causes()[-1] == Cause.WRONG_CLIENT


def test_rfc7662_2_1_a_client_may_authenticate_with_a_key(world):
    issued = world.begin("keyed")
    reply = world.ask("/introspect", None, token=issued.access_token, **asserting(world))
    assert reply.said["active"]


def test_rfc7662_2_1_the_token_parameter_is_required(world):
    reply = world.ask("/introspect", "backend")
    assert (reply.status, reply.error) == (400, "invalid_request")


@pytest.mark.parametrize(
    "text", ["x", "rtk_", "rtk_x", "a.b.c", "é", "A" * 8000, "..", "eyJ9.e30.A"]
)
def test_rfc7662_2_2_an_unknown_token_is_inactive(world, text):
    assert world.is_inactive(text)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_rfc7662_2_2_a_forged_token_is_inactive(world, kind):
    token = getattr(world.begin("backend"), kind)
    assert world.look(token).said["active"]
    changed = token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB")
    assert all(world.is_inactive(text) for text in (changed, token[:-1], token + "A", token + "="))


def test_rfc7662_2_2_an_expired_token_is_inactive(world):
    issued = world.begin("backend")
    world.clock.forward(900)
    assert world.is_inactive(issued.access_token)
    assert world.look(issued.refresh_token).said["active"]
    world.clock.forward(14 * DAY)
    assert world.is_inactive(issued.refresh_token)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_rfc7662_2_2_a_token_of_a_revoked_family_is_inactive(world, kind):
    issued = world.begin("backend")
    assert world.look(getattr(issued, kind)).said["active"]
    world.store.revoke(Selection(family=issued.family.id), "operator")
    assert world.is_inactive(getattr(issued, kind))


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_rfc7662_2_2_a_token_of_a_deleted_family_is_inactive(world, kind):
    issued = world.begin("backend")
    world.store.expire(world.clock() + 10**12, 10)
    assert world.is_inactive(getattr(issued, kind))


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_rfc7662_2_2_a_token_of_another_client_is_inactive(world, kind):
    token = getattr(world.begin("spa"), kind)
    assert world.is_inactive(token)
    assert world.causes()[-1] == Cause.WRONG_CLIENT
    assert world.is_inactive(world.alone("other"))


def test_rfc7662_4_a_resource_server_may_introspect_tokens_for_its_audience(world):
    by_resource = world.begin("spa", audiences=[ORDERS]).access_token
    by_name = world.begin("spa", audiences=["https://elsewhere.example", "other"]).access_token
    assert world.look(by_resource, "backend").said["aud"] == [ORDERS, ISSUER]
    assert world.is_inactive(by_resource, "other")
    assert world.look(by_name, "other").said["active"]
    assert world.is_inactive(by_name, "backend")


def test_rfc7662_4_a_resource_server_may_not_introspect_refresh_tokens_of_others(world):
    assert world.is_inactive(world.begin("spa", audiences=[ORDERS]).refresh_token)


def test_rfc7662_2_2_an_older_refresh_token_is_active_if_the_rotation_rules_accept_it(world):
    first = world.begin("backend")
    second = world.next(first)
    assert world.look(first.refresh_token).said["active"]
    third = world.next(second)
    world.clock.forward(60)
    assert world.is_inactive(first.refresh_token)
    assert world.look(third.refresh_token).said["active"]


def test_introspection_does_not_use_a_token(world):
    first = world.begin("backend")
    last = world.next(world.next(first))
    world.clock.forward(60)
    before = world.families()
    for token in (first.refresh_token, last.refresh_token, last.access_token):
        world.look(token)
    assert world.families() == before


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_rfc7662_2_2_a_token_of_a_disabled_person_is_inactive(world, kind):
    issued = world.begin("backend")
    world.block_ada()
    assert world.is_inactive(getattr(issued, kind))
    assert world.causes()[-1] == Cause.SUBJECT_GONE


def test_a_refresh_token_of_a_client_without_the_refresh_grant_is_inactive(world):
    issued = world.begin("backend")
    world.people.register("backend", grants=["authorization_code"])
    assert world.is_inactive(issued.refresh_token)
    assert world.causes()[-1] == Cause.WRONG_GRANT
    assert world.look(issued.access_token).said["active"]


def test_a_token_is_inactive_after_its_own_client_is_disabled(world):
    token = world.begin("spa", audiences=[ORDERS]).access_token
    assert world.look(token, "backend").said["active"]
    assert world.who(token).status == 200
    world.people.block("spa")
    assert world.is_inactive(token)
    assert world.causes()[-1] == Cause.DISABLED
    assert world.who(token).error == "invalid_token"
    del world.people.clients["spa"]
    assert world.is_inactive(token)
    assert world.causes()[-1] == Cause.UNKNOWN_SUBJECT


def test_a_token_of_a_disabled_client_is_inactive(world):
    token = world.alone("backend")
    world.people.clients["other"] = world.people.clients["backend"]
    world.people.block("backend")
    assert world.look(token, "backend").status == 401


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_pending_change_of_the_person_delays_introspection(world, kind):
    issued = world.begin("backend")
    world.people.waiting.add(ADA.id)
    assert world.look(getattr(issued, kind)).status == 503


@pytest.mark.parametrize("verb", ["transact", "present"])
def test_rfc7662_2_2_a_failing_store_is_503_and_not_inactive(world, verb, monkeypatch):
    issued = world.begin("backend")
    owner = world.store if verb == "transact" else world.ephemeral
    monkeypatch.setattr(owner, verb, broken)
    reply = world.look(issued.access_token)
    assert (reply.status, reply.error) == (503, "temporarily_unavailable")


def test_a_token_of_a_person_is_no_client_credentials_token(world):
    person, client = world.begin("backend").access_token, world.alone()
    assert world.perform(InspectAccess((CLIENT,), client, revocation_key))[0].subject == "backend"
    assert world.perform(InspectAccess((USER,), person, revocation_key))[0].subject == ADA.id
    for kind, token in ((CLIENT, person), (USER, client)):
        with pytest.raises(Refusal) as refused:
            world.perform(InspectAccess((kind,), token, revocation_key))
        assert refused.value.code is Code.INVALID_ACCESS_TOKEN


def test_rfc9068_4_a_token_of_another_issuer_is_inactive():
    claims = Claims(Provider(ISSUER, {}))
    for issuer, ours in ((ISSUER, True), ("https://elsewhere.example.com", False)):
        said = {"iss": issuer, "client_id": "spa", "scope": ""}
        assert claims.accepts_client_claims(said) is ours
        assert claims.accepts_user_claims({**said, "sid": "0" * 32}) is ours
    said = {"iss": ISSUER, "client_id": "spa", "scope": ""}
    assert not claims.accepts_client_claims({**said, "sid": "0" * 32})
    assert not claims.accepts_user_claims(said)


@pytest.mark.parametrize("missing", ["client_id", "scope"])
def test_claims_of_another_dialect_of_the_same_issuer_are_refused(missing):
    claims = Claims(Provider(ISSUER, {}))
    said = {"iss": ISSUER, "client_id": "spa", "scope": ""}
    del said[missing]
    assert not claims.accepts_client_claims(said)
    assert not claims.accepts_user_claims({**said, "sid": "0" * 32})


def test_rfc8725_3_12_an_id_token_is_no_access_token(world):
    issued = world.begin("backend", scope="openid")
    assert world.is_inactive(issued.id_token)


def test_a_signature_is_verified_once(world, monkeypatch):
    issued, seen = world.begin("backend"), []
    kind = type(world.ring.snapshot.verifiers()[0])
    verify = kind.verify
    monkeypatch.setattr(kind, "verify", lambda key, *said: seen.append(key) or verify(key, *said))
    assert all(world.look(issued.access_token).said["active"] for _ in range(3))
    assert len(seen) == 1
    token = issued.access_token
    counts, forged = [], token[:-2] + ("AA" if token[-2:] != "AA" else "BA")
    for _ in range(2):
        assert world.is_inactive(forged)
        counts.append(len(seen))
    assert counts[1] - counts[0] == counts[0] - 1 > 0


def test_a_compromised_key_is_not_remembered(world):
    issued = world.begin("backend")
    assert world.look(issued.access_token).said["active"]
    signing = [key for key in world.ring.listing() if key.use == "sign" and key.state == "active"]
    world.ring.compromise(signing[0].id)
    assert world.is_inactive(issued.access_token)
