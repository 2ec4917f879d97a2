"""OpenID Connect Core §5.5, §3.1.3.6: the parameter `claims`, claims in ID tokens, `at_hash`."""

import hashlib
import json

import pytest
from tests.crypto.conftest import Keys
from tests.dialects.oauth.browser import JOAN
from tests.dialects.oauth.token_people import ADA
from tests.dialects.oauth.token_world import claims_of

from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.grants.subject_token import ACCESS_TOKEN
from reticket.oauth.registration import TOKEN_EXCHANGE
from reticket.oauth.requested_claims import NOTHING, RequestedClaims, read_requested_claims

SCOPES = ("openid", "profile", "email")
FIRST, SECOND = "urn:reticket:acr:1", "urn:reticket:acr:2"


def read(**said):
    return read_requested_claims(json.dumps(said), SCOPES)


def test_5_5_claims_are_read_for_both_places():
    said = read(userinfo={"email": None, "name": {"essential": True}}, id_token={"locale": {}})
    assert said == RequestedClaims(("name", "email"), ("locale",))
    assert said.scopes() == ("profile", "email")


def test_5_5_unknown_claims_members_and_places_are_ignored():
    odd = {"http://example.info/claims/groups": None, "email": {"essential": 5, "more": []}}
    assert read(userinfo=odd, else_where={"name": None}) == RequestedClaims(("email",))
    assert read() == read(userinfo=None) == read_requested_claims(None, SCOPES) == NOTHING


def test_5_5_a_claim_of_a_scope_that_the_client_may_not_have_is_left_out():
    assert read(userinfo={"phone_number": None, "email": None}).userinfo == ("email",)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "1", "{", "[" * 3000, '{"userinfo": []}', '{"id_token": {"sub": 5}}',
     '{"id_token": {"sub": {"value": 5}}}', '{"id_token": {"sub": {"value": []}}}',
     '{"id_token": {"sub": {"value": {}}}}', '{"id_token": {"acr": "x"}}', "\ud800",
     '{"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "b"}}}',
     '{"id_token": {"acr": {"essential": true, "values": "x"}}}'],
)  # fmt: skip
def test_5_5_another_form_is_refused(text):
    with pytest.raises(ValueError, match=r"^(is|has|asks) "):
        read_requested_claims(text, SCOPES)


def test_5_5_1_a_value_of_sub_names_the_only_person():
    assert read(id_token={"sub": {"value": ADA.id}}).subject == ADA.id


@pytest.mark.parametrize(
    ("acr", "level"),
    [
        (None, 0),
        ({"values": [SECOND]}, 0),
        ({"essential": True}, 0),
        ({"essential": True, "value": SECOND}, 1),
        ({"essential": True, "values": [SECOND, FIRST]}, 0),
        ({"essential": True, "values": ["urn:mace:incommon:iap:silver"]}, 2),
    ],
    ids=str,
)
def test_5_5_1_1_an_essential_class_is_a_condition(acr, level):
    assert read(id_token={"acr": acr}).level == level


def identity(world, client="spa", **said):
    return claims_of(world.pair(client, **said)["id_token"])


def test_5_4_an_id_token_has_no_claims_of_the_person_by_default(world):
    assert not {"email", "name"} & identity(world, scope="openid email profile").keys()


def test_5_5_requested_claims_are_in_every_id_token_of_the_session(world):
    pair = world.pair("spa", id_token=("email",))
    assert claims_of(pair["id_token"])["email"] == ADA.email
    refreshed = world.refresh(pair["refresh_token"]).said
    assert claims_of(refreshed["id_token"])["email"] == ADA.email


def test_5_5_requested_claims_are_at_userinfo(world):
    bearer = world.pair("spa", userinfo=("email",))["access_token"]
    reply = world.post("/userinfo", "", {"authorization": f"Bearer {bearer}"})
    assert reply.said == {"sub": ADA.id, "email": ADA.email}


def test_registered_claims_are_in_id_tokens_where_a_scope_gives_them(world):
    world.people.register("spa", id_token_claims=["name", "email"])
    pair = world.pair("spa", scope="openid profile")
    assert identity(world, scope="openid").keys() & {"name", "email"} == set()
    for token in (pair, world.refresh(pair["refresh_token"]).said):
        said = claims_of(token["id_token"])
        assert (said["name"], said.get("email")) == ("Ada Lovelace", None)


@pytest.mark.parametrize(
    ("algorithm", "hashed"), [("ES256", hashlib.sha256), ("EdDSA", hashlib.sha512)]
)
def test_3_1_3_6_an_id_token_has_the_hash_of_the_access_token(world, algorithm, hashed):
    world.mint._keys = Keys(world.clock).ring(algorithm=algorithm)
    pair = world.pair("spa")
    digest = hashed(pair["access_token"].encode()).digest()
    assert claims_of(pair["id_token"])["at_hash"] == to_text(digest[: len(digest) // 2])


NAME = {"userinfo": {"name": None}, "id_token": {"nickname": None}}


def test_5_5_a_claim_needs_the_consent_of_the_scope_that_gives_it(browser, world):
    browser.signs_in(scope="openid").sends(answer="allow")
    assert browser.asks(scope="openid").answer["code"]
    wanted = {"scope": "openid", "claims": json.dumps(NAME)}
    assert browser.asks(**wanted, prompt="none").answer["error"] == "consent_required"
    assert "see your name" in browser.asks(**wanted).text
    browser.sends(answer="allow")
    said = world.exchange(browser.asks(**wanted, prompt="none").answer["code"]).said
    assert world.who(said["access_token"]).said == {"sub": ADA.id, "name": "Ada Lovelace"}


def test_5_5_claims_in_a_post_and_with_form_post_are_read_as_well(browser):
    wanted = {"scope": "openid", "claims": json.dumps(NAME), "response_mode": "form_post"}
    assert "see your name" in browser.signs_in(**wanted).text


def test_5_5_1_prompt_none_is_refused_for_another_person_than_sub_names(browser):
    browser.signs_in(scope="openid").sends(answer="allow")
    other = json.dumps({"id_token": {"sub": {"value": JOAN.id}}})
    answer = browser.asks(scope="openid", claims=other, prompt="none").answer
    assert answer["error"] == "login_required"


def test_5_5_1_a_hint_and_a_value_of_sub_name_the_same_person(browser, world):
    code = browser.signs_in(scope="openid").sends(answer="allow").answer["code"]
    hint = world.exchange(code).said["id_token"]
    for person, outcome in ((ADA, "code"), (JOAN, "error")):
        said = json.dumps({"id_token": {"sub": {"value": person.id}}})
        assert outcome in browser.asks(scope="openid", claims=said, id_token_hint=hint).answer
    assert browser.answer["error"] == "invalid_request"


def test_5_5_requested_claims_are_at_userinfo_for_an_exchanged_token(world):
    pair = world.pair("backend", userinfo=("email",))
    said = {"subject_token": pair["access_token"], "subject_token_type": ACCESS_TOKEN}
    exchanged = world.token("backend", grant_type=TOKEN_EXCHANGE, **said).said
    assert world.who(exchanged["access_token"]).said["email"] == ADA.email
