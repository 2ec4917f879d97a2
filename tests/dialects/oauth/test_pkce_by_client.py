"""PKCE by client (RFC 7636, RFC 9700 §2.1.1): which clients may omit it, and no downgrade."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.dialects.oauth.token_people import REDIRECT
from tests.dialects.oauth.token_world import CHALLENGE, ISSUER, PRESETS, World
from tests.dialects.oauth.token_world import asserting as assertion_of

from reticket.core.people import Client
from reticket.oauth.pkce import WINDOW, without_pkce_key
from reticket.oauth.provider import Provider
from reticket.oauth.registration import registration_of

SITE = Provider(ISSUER, PRESETS)
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
WITHOUT = {"challenge": None}


@pytest.fixture
def lenient(world):
    """The client `backend`, which need not use PKCE."""
    found = world.people.clients["backend"]
    said = {**found.registration, "redirect_uris": [REDIRECT], "pkce": "optional"}
    world.people.clients["backend"] = Client("backend", False, False, said, 0)
    return "backend"


def pkce_required(public=False, **said):
    return registration_of(Client("client", public, False, said, 0), SITE).pkce_required


def test_a_registration_that_does_not_say_must_use_pkce():
    assert pkce_required()
    assert not pkce_required(pkce="optional")


@pytest.mark.parametrize(
    "said",
    [{"public": True}, {"policy": {"preset": "FAPI_2_SESSION"}}, {"registered_by": "document"}],
    ids=["public", "FAPI", "document"],
)
def test_public_and_fapi_clients_and_those_of_documents_must_use_pkce_whatever_they_say(said):
    assert pkce_required(pkce="optional", **said)


def authorize(world, **said):
    form = {"client_id": "backend", "redirect_uri": REDIRECT, "response_type": "code"}
    return world.post("/authorize", urlencode({**form, "scope": "openid", **said}))


def test_a_request_without_a_challenge_or_a_nonce_is_asked_of_the_person(world, lenient):
    assert authorize(world).status == 200
    assert authorize(world, **PKCE).status == 200


@pytest.mark.parametrize("name", PKCE)
def test_half_of_pkce_is_refused(world, lenient, name):
    sent = authorize(world, **{name: PKCE[name]})
    query = parse_qs(urlsplit(sent.headers["location"]).query)
    assert query["error"] == ["invalid_request"]


def exchange(world, code, **said):
    return world.exchange(code, "backend", **said)


def test_a_code_without_a_challenge_is_exchanged_without_a_verifier(world, lenient):
    code = world.code(lenient, **WITHOUT)
    assert exchange(world, code, code_verifier="").status == 200


def test_rfc9700_4_8_2_a_verifier_without_an_earlier_challenge_is_refused(world, lenient):
    code = world.code(lenient, **WITHOUT)
    assert exchange(world, code).error == "invalid_grant"
    assert exchange(world, code, code_verifier="").status == 200


def test_rfc9700_2_1_1_a_missing_verifier_is_refused(world, lenient):
    code = world.code(lenient)
    assert exchange(world, code, code_verifier="").error == "invalid_grant"
    assert exchange(world, code).status == 200


def test_a_second_use_of_a_code_without_pkce_ends_its_session(world, lenient):
    code = world.code(lenient, **WITHOUT)
    exchange(world, code, code_verifier="")
    assert exchange(world, code, code_verifier="").error == "invalid_grant"
    assert [family.revoked_cause for family in world.families()] == ["code_reuse"]


def test_codes_without_pkce_are_counted(world, lenient):
    exchange(world, world.code(lenient, **WITHOUT), code_verifier="")
    exchange(world, world.code(lenient))
    counted = world.ephemeral.count(without_pkce_key(lenient), WINDOW, 0)
    assert counted.total == 1


@pytest.mark.parametrize("audience", [[ISSUER], f"{ISSUER}/oauth/token", [f"{ISSUER}/oauth/par"]])
def test_fapi_2_5_3_2_1_an_assertion_names_the_issuer_as_a_string(world, audience):
    found = world.people.clients["keyed"]
    strict = {**found.registration, "policy": {"preset": "FAPI_2_SESSION"}, "dpop_required": False}
    world.people.clients["keyed"] = Client("keyed", True, False, strict, 0)
    ask = {"grant_type": "client_credentials"}
    sent = world.token(None, **ask, **assertion_of(world, aud=audience))
    assert (sent.status, sent.error) == (401, "invalid_client")
    assert world.token(None, **ask, **assertion_of(world, aud=ISSUER)).status == 200


def test_by_setting_the_assertions_of_all_clients_name_the_issuer_as_a_string():
    """draft-ietf-oauth-rfc7523bis: `aud` is the issuer alone."""
    world, ask = World(issuer_audience=True), {"grant_type": "client_credentials"}
    for audience in ([ISSUER], f"{ISSUER}/oauth/token"):
        sent = world.token(None, **ask, **assertion_of(world, aud=audience))
        assert (sent.status, sent.error) == (401, "invalid_client")
    assert world.token(None, **ask, **assertion_of(world, aud=ISSUER)).status == 200
    world.close()
