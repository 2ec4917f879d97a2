"""OpenID Connect Registration §2: the algorithms that a client's registration chooses."""

from __future__ import annotations

import json

import pytest
from tests.dialects.oauth.looks import Looks
from tests.dialects.oauth.token_world import ADA, ISSUER, PRESETS, claims_of

from reticket.core.errors import Refusal
from reticket.core.people import Client
from reticket.core.tokens.faces import from_text
from reticket.oauth.provider import Provider
from reticket.oauth.registration import read_registration
from reticket.oauth.signing import ID_TOKEN_ALG, USERINFO_ALG

FAPI = {"policy": {"preset": "FAPI_2_SESSION"}}


@pytest.fixture
def world():
    made = Looks()
    yield made
    made.close()


def header_of(text):
    return json.loads(from_text(text.split(".")[0]))


def is_signed(world, text):
    """Whether a published key with that id and algorithm made the signature."""
    header, (signed, _, signature) = header_of(text), text.rpartition(".")
    published = {each.kid: each for each in world.ring.snapshot.verifiers()}
    key = published[header["kid"]]
    return key.algorithm == header["alg"] and key.verify(from_text(signature), signed.encode())


@pytest.fixture(params=["EdDSA", "RS256"])
def choosing(world, request):
    """The algorithm that the client `spa` has registered."""
    world.people.register("spa", **{ID_TOKEN_ALG: request.param})
    return request.param


def test_every_id_token_of_the_session_has_the_registered_algorithm(world, choosing):
    pair = world.pair("spa")
    for answer in (pair, world.refresh(pair["refresh_token"]).said):
        header = header_of(answer["id_token"])
        assert (header["alg"], header["typ"]) == (choosing, "JWT")
        assert is_signed(world, answer["id_token"])
        assert header_of(answer["access_token"])["alg"] == "ES256"


def test_rfc8725_3_12_an_id_token_of_any_algorithm_is_no_access_token(world, choosing):
    text = world.pair("spa")["id_token"]
    assert world.is_inactive(text)
    assert world.who(text).error == "invalid_token"
    assert world.mint.read_identity(text) == claims_of(text)


def test_a_client_that_names_none_has_the_algorithm_of_the_service(world):
    before = set(world.ring_keys.store.rows)
    pair = world.pair("spa")
    now = world.clock()
    assert header_of(pair["id_token"])["kid"] == world.ring.snapshot.signer_at(now).kid
    assert set(world.ring_keys.store.rows) == before


def algorithm_of(service, **said):
    client = Client("client", False, False, said, 0)
    return read_registration(client, Provider(ISSUER, PRESETS, signing_algorithm=service))


@pytest.mark.parametrize(
    ("service", "said", "algorithm"),
    [
        ("RS256", FAPI, "ES256"),
        ("EdDSA", FAPI, None),
        ("ES256", FAPI, None),
        ("RS256", FAPI | {ID_TOKEN_ALG: "EdDSA"}, "EdDSA"),
        ("RS256", {}, None),
        ("ES256", {ID_TOKEN_ALG: "RS256"}, "RS256"),
    ],
)
def test_fapi_2_0_5_4_1_no_id_token_has_rs256_by_the_setting(service, said, algorithm):
    registration = algorithm_of(service, **said)
    assert registration.id_token_alg == algorithm
    access = "ES256" if (service, said.get("policy")) == ("RS256", FAPI["policy"]) else None
    assert registration.access_alg == access
    assert set(registration.algorithms) == {algorithm, access} - {None}


@pytest.fixture
def rs256():
    """A service whose setting is RS256."""
    made = Looks(signing_algorithm="RS256")
    yield made
    made.close()


def test_fapi_2_0_5_4_1_no_access_token_has_rs256_by_the_setting(rs256):
    def asked(**form):
        return rs256.token("strict", headers=rs256.proof(), **form).said

    own = asked(grant_type="client_credentials")["access_token"]
    pair = rs256.pair("strict", headers=rs256.proof())
    later = asked(grant_type="refresh_token", refresh_token=pair["refresh_token"])
    texts = own, *(each[name] for each in (pair, later) for name in ("access_token", "id_token"))
    assert [header_of(each)["alg"] for each in texts] == ["ES256"] * 5
    assert all(is_signed(rs256, each) for each in texts)
    assert rs256.look(later["access_token"], "strict").said["active"] is True


def test_every_other_access_token_has_the_algorithm_of_the_setting(rs256):
    own = rs256.token("backend", grant_type="client_credentials").said["access_token"]
    assert header_of(own)["alg"] == header_of(rs256.pair("spa")["access_token"])["alg"] == "RS256"


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_oidc_core_5_3_2_userinfo_is_signed_for_a_client_that_registers_it(world, algorithm):
    world.people.register("spa", **{USERINFO_ALG: algorithm, "claims": {"groups": "user.groups"}})
    reply = world.who(world.begin("spa", "openid email").access_token)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/jwt")
    assert reply.headers["cache-control"] == "no-store"
    text = reply.body.decode()
    assert is_signed(world, text)
    assert claims_of(text) == {
        "iss": ISSUER, "aud": "spa", "sub": ADA.id, "email": ADA.email, "email_verified": True,
        "groups": [],
    }  # fmt: skip


def test_signed_userinfo_is_neither_an_id_token_nor_an_access_token(world):
    world.people.register("spa", **{USERINFO_ALG: "ES256"})
    text = world.who(world.begin("spa", "openid").access_token).body.decode()
    assert "typ" not in header_of(text)
    assert world.is_inactive(text)
    with pytest.raises(Refusal):
        world.mint.read_identity(text)


def test_userinfo_is_plain_json_for_every_other_client(world):
    world.people.register("spa", **{ID_TOKEN_ALG: "EdDSA"})
    reply = world.who(world.begin("spa", "openid").access_token)
    assert (reply.headers["content-type"], reply.said) == ("application/json", {"sub": ADA.id})


def test_a_refused_request_has_plain_json_whatever_is_registered(world):
    world.people.register("spa", **{USERINFO_ALG: "ES256"})
    token = world.begin("spa", "orders.read", audiences=(ISSUER,)).access_token
    assert world.who(token).error == "insufficient_scope"
