"""The parameter `claims` (OpenID Connect Core §5.5), from the request to userinfo."""

import json
import time

import pytest
from tests.dialects.oauth.token_world import claims_of
from tests.pages.instance import TOTP_SECRET
from tests.pages.people import ADA, CALLBACK, JOAN, VERIFIER, asking, one_time_password

IDA = {"email": "ida@example.com", "password": "rhodes-1907"}
STRONG = {"id_token": {"acr": {"essential": True, "values": ["urn:reticket:acr:2"]}}}
WANTED = {"userinfo": {"email": {"essential": True}}, "id_token": {"name": None, "x": None}}


def asked(claims):
    return json.dumps(claims)


def redeemed(person, client="web", **more):
    form = {"grant_type": "authorization_code", "client_id": client, "redirect_uri": CALLBACK,
            "code": person.answer["code"], "code_verifier": VERIFIER, **more}  # fmt: skip
    return person.http.post("/oauth/token", data=form).raise_for_status().json()


def told(person, tokens):
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    return person.http.get("/oauth/userinfo", headers=bearer).raise_for_status().json()


def test_requested_claims_need_consent_and_are_then_released(person):
    person.asks(claims=asked(WANTED)).sends(**ADA)
    assert "see your e-mail address" in person.sees
    tokens = redeemed(person.sends(answer="allow"))
    assert tokens["scope"] == "openid orders.read"
    assert told(person, tokens).keys() == {"sub", "email"}
    assert claims_of(tokens["id_token"])["name"] == "ada@example.com"


def test_a_pushed_request_has_claims_as_well(person):
    secret = {"client_id": "strict", "client_secret": "strict-secret"}
    form = asking(client_id="strict", claims=asked(WANTED)) | secret
    uri = person.http.post("/oauth/par", data=form).raise_for_status().json()["request_uri"]
    person.opens(client_id="strict", request_uri=uri).sends(**ADA).sends(answer="allow")
    tokens = redeemed(person, **secret)
    assert told(person, tokens)["email"] == "ada@example.com"


@pytest.mark.parametrize("claims", ["{", "[]", asked({"userinfo": {"x" * 4096: None}})])
def test_another_form_is_refused(person, claims):
    assert person.asks(claims=claims).answer["error"] == "invalid_request"


def test_an_essential_class_that_is_not_met_is_refused(person):
    person.asks(claims=asked(STRONG)).sends(**JOAN)
    assert person.sends(answer="allow").answer["error"] == "unmet_authentication_requirements"


def test_an_essential_class_that_is_met_is_granted(person, server):
    person.asks(claims=asked(STRONG)).sends(**IDA)
    code = one_time_password(TOTP_SECRET, time.time())
    tokens = redeemed(person.sends(code=code).sends(answer="allow"))
    assert claims_of(tokens["id_token"])["acr"] == "urn:reticket:acr:2"


def test_another_person_than_sub_names_is_refused(person):
    tokens = redeemed(person.asks().sends(**JOAN).sends(answer="allow"))
    joan = claims_of(tokens["id_token"])["sub"]
    person.signs_out().asks(claims=asked({"id_token": {"sub": {"value": joan}}}))
    person.sends(**ADA)
    assert person.headline == "Sign in"
    assert person.alert
