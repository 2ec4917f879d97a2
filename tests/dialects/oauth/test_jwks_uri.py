"""Clients whose public keys are at an address (`jwks_uri`, RFC 7591 §2)."""

import json

import pytest
from tests.dialects.oauth.token_people import JWKS_URI, KEY, OTHER_KEY
from tests.dialects.oauth.token_world import asserting

from reticket.core.fetching.model import Fetched, FetchFault, Unfetched
from reticket.dialects.oauth.endpoints.client_keys import MOST_KEYS, MOST_TRIED

DOWN = Unfetched(FetchFault.BAD_STATUS, 500)
NEW = {"alg": "ES256", "kid": "k2"}


def key_set(**keys):
    jwks = [{**key.as_dict(private=False), "kid": kid} for kid, key in keys.items()]
    return document(json.dumps({"keys": jwks}).encode())


def document(body):
    return Fetched(200, "application/json", body, 3600)


@pytest.fixture
def far(world):
    world.elsewhere[JWKS_URI] = key_set(k1=KEY)
    return world


def ask(world, key=KEY, header=None, client="far"):
    said = asserting(world, key, header, iss=client, sub=client)
    return world.token(None, grant_type="client_credentials", **said)


def test_a_client_authenticates_by_a_key_at_its_address(far):
    assert [ask(far).status for _ in range(3)] == [200] * 3
    assert [request.url for request in far.fetched] == [JWKS_URI]
    assert far.fetched[0].accept == ("application/jwk-set+json", "application/json")


def test_another_key_is_refused_without_another_fetch(far):
    ask(far)
    assert ask(far, OTHER_KEY).error == "invalid_client"
    assert len(far.fetched) == 1


def test_a_secret_is_refused(far):
    assert ask(far).status == 200
    reply = far.token(None, grant_type="client_credentials", client_id="far", client_secret="x")
    assert reply.error == "invalid_client"


def test_a_new_key_is_fetched_when_it_signs_but_not_often(far):
    assert ask(far).status == 200
    far.elsewhere[JWKS_URI] = key_set(k1=KEY, k2=OTHER_KEY)
    assert ask(far, OTHER_KEY, NEW).error == "invalid_client"
    assert len(far.fetched) == 1
    far.clock.forward(60)
    assert ask(far, OTHER_KEY, NEW).status == 200
    assert [ask(far, OTHER_KEY, {**NEW, "kid": "k3"}).error for _ in range(3)] == [
        "invalid_client"
    ] * 3
    assert len(far.fetched) == 2


def test_a_withdrawn_key_is_refused_after_the_lifetime_of_the_copy(far):
    assert ask(far).status == 200
    far.elsewhere[JWKS_URI] = key_set(k2=OTHER_KEY)
    far.clock.forward(3600)
    assert ask(far).error == "invalid_client"


def test_the_last_keys_are_used_for_a_day_while_their_server_fails(far):
    assert ask(far).status == 200
    far.elsewhere[JWKS_URI] = DOWN
    far.clock.forward(3600 + 86_399)
    assert ask(far).status == 200
    far.clock.forward(1)
    assert ask(far).error == "invalid_client"


def test_without_keys_the_client_is_invalid_and_the_log_says_why(world):
    world.elsewhere[JWKS_URI] = DOWN
    reply = ask(world)
    assert (reply.status, reply.error) == (401, "invalid_client")
    assert world.audited() == [("fetch_failed", None), ("refused", "no_keys")]
    failed = world.audit.events[0]
    assert failed.detail == {"client": "far", "fault": "bad_status", "status": 500}


def test_a_failure_is_not_remembered(world):
    assert ask(world).error == "invalid_client"
    world.elsewhere[JWKS_URI] = key_set(k1=KEY)
    assert ask(world).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"keys": {}}',
        b'{"keys": [1]}',
        b"\xff",
        b'{"keys": ' + b"[" * 60_000,
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": 1, "y": []}]}',
        b'{"keys": [{"kty": [], "crv": {}}]}',
        b'{"keys": [{"kty": "RSA", "n": "AQ", "e": "AQAB"}]}',
        b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}',
    ],
)
def test_what_is_no_key_set_has_no_key(world, body):
    world.elsewhere[JWKS_URI] = document(body)
    assert ask(world).error == "invalid_client"


def test_keys_beyond_the_first_ones_are_not_read(world):
    others = {f"o{number}": OTHER_KEY for number in range(MOST_KEYS)}
    world.elsewhere[JWKS_URI] = key_set(**others, k1=KEY)
    assert ask(world).error == "invalid_client"


@pytest.mark.parametrize(("before", "status"), [(MOST_TRIED - 1, 200), (MOST_TRIED, 401)])
def test_a_signature_is_tried_by_a_few_keys_alone(world, before, status):
    """A stranger who makes a registration chooses how many, and may send any signature."""
    keys = [OTHER_KEY] * before + [KEY]
    jwks = [key.as_dict(private=False) | {"kid": "k1"} for key in keys]
    world.elsewhere[JWKS_URI] = document(json.dumps({"keys": jwks}).encode())
    assert ask(world).status == status


def test_a_client_with_keys_of_its_own_is_asked_for_nothing(far):
    assert ask(far, client="keyed").status == 200
    assert far.fetched == []
