"""Proofs at a refresh (RFC 9449 §5, §8 and §11.2): whose key a token is bound to."""

import pytest
from tests.dialects.oauth.test_token_exchange import GRANT as EXCHANGE
from tests.dialects.oauth.test_token_exchange import REFRESH
from tests.dialects.oauth.token_people import OTHER_KEY
from tests.dialects.oauth.token_world import claims_of

from reticket.core.policy import DAY


def refused_alike(reply):
    assert (reply.status, reply.error) == (400, "invalid_grant")
    return True


def test_a_client_whose_policy_does_not_rotate_keeps_its_token(world):
    """FAPI 2.0 Security Profile §5.3.2.1."""
    token = world.pair("strict", headers=world.proof())["refresh_token"]
    for _ in range(3):
        world.clock.forward(40)
        said = world.refresh(token, "strict", headers=world.proof()).said
        assert world.read(said["refresh_token"]).generation == 1
        assert said["token_type"] == "DPoP"
    assert world.refresh(token, "strict", headers=world.proof()).status == 200


def test_rfc9700_2_2_2_a_public_client_has_rotation_or_bound_tokens(world):
    world.people.register("spa", policy={"preset": "BROWSER", "rotates": False})
    assert world.exchange(world.code("spa")).error == "invalid_dpop_proof"


def test_rfc9449_5_2_a_client_that_must_bind_tokens_needs_a_proof(world):
    world.people.register("spa", dpop_required=True)
    code = world.code("spa")
    before = world.spendable()
    reply = world.exchange(code)
    assert (reply.status, reply.error) == (400, "invalid_dpop_proof")
    assert world.spendable() == before
    assert world.exchange(code, headers=world.proof()).status == 200


def test_rfc9449_5_a_public_clients_refresh_token_is_bound_to_its_key(world):
    pair = world.pair("native", headers=world.proof())
    assert pair["token_type"] == "DPoP"
    before = world.spendable()
    assert refused_alike(world.refresh(pair["refresh_token"], "native",
                                       headers=world.proof(OTHER_KEY)))  # fmt: skip
    assert world.spendable() == before
    again = world.refresh(pair["refresh_token"], "native", headers=world.proof()).said
    assert again["token_type"] == "DPoP"
    keys = [claims_of(each["access_token"])["cnf"] for each in (pair, again)]
    assert keys[0] == keys[1]


def test_rfc9449_5_a_bound_token_without_a_proof_is_refused(world):
    token = world.pair("spa", headers=world.proof())["refresh_token"]
    before = world.spendable()
    assert refused_alike(world.refresh(token, "spa"))
    assert world.spendable() == before
    assert ("refused", "wrong_proof") in world.audited()


def test_rfc9449_5_a_confidential_clients_refresh_token_is_not_bound(world):
    pair = world.pair("backend", headers=world.proof())
    assert pair["token_type"] == "DPoP"
    other = world.refresh(pair["refresh_token"], "backend", headers=world.proof(OTHER_KEY))
    bare = world.refresh(other.said["refresh_token"], "backend")
    keys = [claims_of(each["access_token"]).get("cnf") for each in (pair, other.said)]
    assert keys[0] != keys[1]
    assert "cnf" not in claims_of(bare.said["access_token"])
    assert bare.said["token_type"] == "Bearer"


def test_rfc9449_5_a_wrong_proof_uses_no_credential(world):
    token = world.pair("native", headers=world.proof())["refresh_token"]
    before = world.spendable()
    for claims in ({"htu": "https://evil.example.com"}, {"htm": "GET"}, {"iat": 1}):
        reply = world.refresh(token, "native", headers=world.proof(**claims))
        assert (reply.status, reply.error) == (400, "invalid_dpop_proof")
    assert world.spendable() == before
    assert world.refresh(token, "native", headers=world.proof()).status == 200


def test_rfc9449_11_2_a_proof_after_the_first_minute_needs_a_nonce(world):
    token = world.pair("native", headers=world.proof())["refresh_token"]
    world.clock.forward(59)
    token = world.refresh(token, "native", headers=world.proof()).said["refresh_token"]
    world.clock.forward(60)
    before = world.spendable()
    reply = world.refresh(token, "native", headers=world.proof())
    assert (reply.status, reply.error) == (400, "use_dpop_nonce")
    assert reply.headers["cache-control"] == "no-store"
    assert world.spendable() == before
    nonce = reply.headers["dpop-nonce"]
    answer = world.refresh(token, "native", headers=world.proof(nonce=nonce))
    assert answer.status == 200
    assert answer.headers["dpop-nonce"]


def test_rfc9449_11_2_a_late_proof_in_a_longer_window_needs_a_nonce(world):
    """Design §1: bound families may have one."""
    world.people.register("native", policy={"preset": "BROWSER", "window": 600})
    token = world.pair("native", headers=world.proof())["refresh_token"]
    first = world.refresh(token, "native", headers=world.proof()).said
    world.clock.forward(300)
    late = world.refresh(token, "native", headers=world.proof())
    assert late.error == "use_dpop_nonce"
    headers = world.proof(nonce=late.headers["dpop-nonce"])
    replay = world.refresh(token, "native", headers=headers).said
    assert replay["refresh_token"] == first["refresh_token"]


def test_rfc9449_11_2_a_proof_after_a_clock_ran_ahead_needs_a_nonce(world):
    world.clock.forward(DAY)
    token = world.pair("native", headers=world.proof())["refresh_token"]
    world.clock.forward(-DAY)
    assert world.refresh(token, "native", headers=world.proof()).error == "use_dpop_nonce"


def test_rfc9449_8_without_a_proof_no_nonce_is_sent(world):
    token = world.pair("spa")["refresh_token"]
    assert "dpop-nonce" not in world.refresh(token).headers


@pytest.mark.parametrize(
    "change", [{"dpop_required": True}, {"policy": {"preset": "FAPI_2_SESSION"}}], ids=str
)
def test_an_unbound_family_is_refused_after_its_client_must_bind_tokens(world, change):
    """A thief could bind the refresh token to a key of their own (RFC 9700 §2.2.2)."""
    token = world.pair("spa")["refresh_token"]
    world.people.register("spa", **change)
    before = world.spendable()
    reply = world.refresh(token, headers=world.proof())
    assert (reply.status, reply.error) == (400, "invalid_grant")
    assert world.spendable() == before
    bound = world.pair("spa", headers=world.proof())["refresh_token"]
    assert world.refresh(bound, headers=world.proof()).status == 200


GARBAGE = {
    "refresh_token": {"refresh_token": "rtk_garbage"},
    "authorization_code": {"code": "garbage", "code_verifier": "v" * 43},
    "urn:ietf:params:oauth:grant-type:device_code": {"device_code": "garbage"},
    "urn:ietf:params:oauth:grant-type:token-exchange": {
        "subject_token": "garbage",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    },
}


@pytest.mark.parametrize("grant", GARBAGE)
def test_a_proof_beside_an_invalid_grant_is_not_stored(world, grant):
    client = "tv" if "device" in grant else "native"
    before = world.kept()
    for _ in range(3):
        form = {"grant_type": grant, **GARBAGE[grant]}
        assert world.token(client, form, headers=world.proof()).status == 400
    assert world.kept() == before


def proofs(world):
    return {key for key in world.kept() if key.startswith("oauth:proof:")}


@pytest.mark.parametrize("grant", ["refresh_token", EXCHANGE])
@pytest.mark.parametrize("client", ["native", "spa", "backend"])
def test_a_stolen_token_without_its_key_uses_no_share_of_the_session(world, grant, client):
    """Else 27 proofs a second by any key, beside a dead copy, would shut its owner out."""
    pair = world.pair("native", headers=world.proof())
    world.clock.forward(40)
    copy = pair["refresh_token"]
    newest = world.refresh(copy, "native", headers=world.proof()).said["refresh_token"]
    named = {"refresh_token": copy, "subject_token": copy, "subject_token_type": REFRESH}
    before = proofs(world)
    for _ in range(3):
        reply = world.token(client, grant_type=grant, **named, headers=world.proof(OTHER_KEY))
        assert reply.status == 400
    assert proofs(world) == before
    assert world.refresh(newest, "native", headers=world.proof()).status == 200


@pytest.mark.parametrize(
    ("later", "audited"), [(60, ("reused", "reused")), (14 * DAY - 60, ("refused", "expired"))]
)
def test_a_proof_beside_a_refused_token_is_not_stored(world, later, audited):
    """An old copy of a token could use up the share of the person."""
    copy = newest = world.pair("spa")["refresh_token"]
    for _ in range(3):
        world.clock.forward(40)
        newest = world.refresh(newest).said["refresh_token"]
    world.clock.forward(later)
    nonce = world.mint.nonce(world.dialect.kinds[0], world.clock())
    assert refused_alike(world.refresh(copy, headers=world.proof(nonce=nonce)))
    assert audited in world.audited()
    assert proofs(world) == set()


def test_a_proof_beside_an_ended_session_is_not_stored(world):
    token = world.pair("native", headers=world.proof())["refresh_token"]
    world.post("/revoke", f"client_id=native&token={token}")
    before = world.kept()
    assert refused_alike(world.refresh(token, "native", headers=world.proof()))
    assert world.kept() == before


def test_rfc9449_11_1_at_every_grant_a_proof_is_accepted_once(world):
    code, proof = world.code("native"), world.proof()
    assert world.exchange(code, "native", headers=proof).status == 200
    again = world.exchange(world.code("native"), "native", headers=proof)
    assert again.error == "invalid_dpop_proof"
    pair, proof = world.pair("native", headers=world.proof()), world.proof()
    assert world.refresh(pair["refresh_token"], "native", headers=proof).status == 200
    reply = world.refresh(pair["refresh_token"], "native", headers=proof)
    assert reply.error == "invalid_dpop_proof"
    form, proof = {"grant_type": "client_credentials"}, world.proof()
    assert world.token("backend", form, headers=proof).status == 200
    assert world.token("backend", form, headers=proof).error == "invalid_dpop_proof"


def test_rfc9449_11_1_a_repeated_proof_does_not_use_the_code(world):
    proof, code = world.proof(), world.code("native")
    assert world.pair("native", headers=proof)
    assert world.exchange(code, "native", headers=proof).error == "invalid_dpop_proof"
    assert world.exchange(code, "native", headers=world.proof()).status == 200
