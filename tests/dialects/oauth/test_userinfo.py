"""OpenID Connect Core §5.3, RFC 6750 §3, RFC 9449 §7."""

import dataclasses
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace
from tests.dialects.oauth.looks import JKT, ORDERS
from tests.dialects.oauth.proofs import KEYS
from tests.dialects.oauth.test_token_exchange import swap
from tests.dialects.oauth.token_world import ADA

from reticket.core.commands import EndSessions, FindClient, InspectAccess
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Selection
from reticket.directory.errors import Invalid
from reticket.directory.typed import checked_part
from reticket.oauth.standard_claims import PERSON, Address, Person, standard_claims

CHALLENGE = b"www-authenticate"
ALGORITHMS = 'algs="ES256 EdDSA PS256 RS256"'


def test_oidc_core_5_3_2_claims_follow_the_scopes(world):
    reply = world.who(world.begin(scope="openid profile email").access_token)
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
    assert reply.said == {
        "sub": ADA.id, "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
        "email": "ada@example.com", "email_verified": True, "updated_at": 0,
    }  # fmt: skip


def test_oidc_core_5_3_2_no_other_claim_is_returned(world):
    assert world.who(world.begin(scope="openid").access_token).said == {"sub": ADA.id}


def test_oidc_core_5_1_a_person_without_a_name_is_called_by_the_email(world):
    world.people.change(first_name=None, last_name=None)
    said = world.who(world.begin(scope="openid profile").access_token).said
    assert said == {"sub": ADA.id, "name": ADA.email, "updated_at": 0}


@pytest.mark.parametrize(("active", "verified"), [(True, True), (True, False), (False, True)])
def test_oidc_core_5_1_an_address_that_nobody_has_proved_is_not_verified(active, verified):
    person = dataclasses.replace(
        ADA, active=active, parts=(("oauth", Person(email_verified=verified)),)
    )
    assert standard_claims(person)["email_verified"] is (active and verified)


EVERYTHING = Person(
    name="Augusta Ada King", nickname="Ada", preferred_username="ada", locale="en-GB",
    zoneinfo="Europe/London", birthdate="1815-12-10", phone_number="+44 20 7946 0000",
    address=Address(locality="London", country="United Kingdom"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("address", {"address": {"locality": "London", "country": "United Kingdom"}}),
        ("phone", {"phone_number": "+44 20 7946 0000", "phone_number_verified": False}),
        ("orders.read", {}),
    ],
)
def test_oidc_core_5_4_each_scope_gives_its_claims(world, scope, told):
    world.people.change(parts=(("oauth", EVERYTHING),))
    said = world.who(world.begin(scope=f"openid {scope}").access_token).said
    assert said == {"sub": ADA.id, **told}


def test_oidc_core_5_1_claims_that_an_operator_has_set_are_in_the_response(world):
    world.people.change(parts=(("oauth", EVERYTHING),), updated_at=1_700_000_000_999)
    said = world.who(world.begin(scope="openid profile").access_token).said
    assert said == {
        "sub": ADA.id, "name": "Augusta Ada King", "given_name": "Ada", "family_name": "Lovelace",
        "nickname": "Ada", "preferred_username": "ada", "locale": "en-GB",
        "zoneinfo": "Europe/London", "birthdate": "1815-12-10", "updated_at": 1_700_000_000,
    }  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        {"picture": "javascript:alert(1)"}, {"website": "example.com"}, {"birthdate": "10.12.1815"},
        {"zoneinfo": "in London"}, {"locale": "English"}, {"phone_number": "none"},
        {"nickname": ""}, {"address": {"city": "London"}}, {"sub": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_oidc_core_5_1_a_claim_in_another_form_is_refused(said):
    with pytest.raises(Invalid, match=f"claims.{next(iter(said))}"):
        checked_part(PERSON, said, 0)


def test_rfc6750_2_2_a_token_in_the_body_of_a_post_is_accepted(world):
    token = world.begin(scope="openid").access_token
    assert world.post("/userinfo", urlencode({"access_token": token})).said == {"sub": ADA.id}


def test_rfc6750_2_two_access_tokens_are_refused(world):
    token = world.begin().access_token
    reply = world.post(
        "/userinfo", urlencode({"access_token": token}), {"authorization": f"Bearer {token}"}
    )
    assert (reply.status, reply.error) == (400, "invalid_request")


def test_rfc6750_3_a_bad_token_in_the_body_is_named_in_the_challenge(world):
    reply = world.post("/userinfo", "access_token=x")
    assert (reply.status, reply.error) == (401, "invalid_token")
    assert reply.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_rfc6750_2_2_a_bound_token_in_the_body_is_refused(world):
    bound = world.begin(jkt=JKT).access_token
    assert world.post("/userinfo", urlencode({"access_token": bound})).error == "invalid_token"


@pytest.mark.parametrize(
    ("method", "query", "kind"),
    [
        ("GET", "", "application/x-www-form-urlencoded"),
        ("POST", "", "text/plain"),
        ("POST", "access_token", "application/x-www-form-urlencoded"),
    ],
)
def test_rfc6750_2_2_a_token_elsewhere_is_ignored(world, method, query, kind):
    token = urlencode({"access_token": world.begin().access_token})
    asked = world.request("/userinfo", "" if query else token, {"content-type": kind})
    request = replace(asked, method=method, query=token.encode() if query else b"")
    (reply,) = world.together(request)
    assert (reply.status, reply.error) == (401, "invalid_token")


def test_oidc_core_5_3_1_get_and_post_are_accepted(world):
    (methods,) = {
        tuple(route.method for route in world.dialect.routes if route.path == "/userinfo")
    }
    assert methods == ("GET", "POST")


def test_rfc6750_3_1_a_token_without_the_scope_is_insufficient_scope(world):
    reply = world.who(world.begin(scope="profile").access_token)
    assert (reply.status, reply.error) == (403, "insufficient_scope")
    said = 'Bearer error="insufficient_scope", scope="openid"'
    assert reply.headers["www-authenticate"] == said
    assert world.causes()[-1] == Cause.WRONG_SCOPE


@pytest.mark.parametrize("scope", ["orders.read", "openid"])
def test_rfc6750_3_1_a_token_that_a_client_got_for_itself_is_insufficient_scope(world, scope):
    token = world.alone("backend", scope)
    reply = world.who(token)
    assert (reply.status, reply.error) == (403, "insufficient_scope")
    assert reply.headers["www-authenticate"].startswith('Bearer error="insufficient_scope"')
    assert world.causes()[-1] == Cause.WRONG_SCOPE


def test_rfc9068_4_a_clients_own_token_for_another_audience_is_invalid(world):
    reply = world.who(world.alone("backend", aud=ORDERS))
    assert (reply.status, reply.error) == (401, "invalid_token")


def test_rfc6750_3_a_request_without_a_token_is_answered_with_the_schemes(world):
    for headers in ({}, {"authorization": "Basic YTpi"}):
        reply = world.post("/userinfo", "", headers)
        assert reply.status == 401
        assert "error=" not in reply.headers["www-authenticate"] or headers


def test_rfc6750_3_a_challenge_has_a_parameter_at_least(world):
    request = world.request("/userinfo", "", {})
    response = world.dialect.refuse(request, Refusal(Code.INVALID_ACCESS_TOKEN))
    challenges = [value.decode() for name, value in response.headers if name == CHALLENGE]
    assert challenges == ['Bearer realm="reticket"', f"DPoP {ALGORITHMS}"]


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_rfc9110_11_1_a_token_in_another_scheme_is_ignored(world, scheme):
    reply = world.who(world.begin().access_token, scheme)
    assert (reply.status, reply.error) == (401, "invalid_token")


def test_rfc6750_2_1_two_authorization_headers_are_refused(world):
    token = world.begin().access_token
    good = (b"authorization", f"Bearer {token}".encode())
    asked = world.request("/userinfo", "", {})
    twice = replace(asked, headers=[*asked.headers, good, (b"authorization", b"Bearer x")])
    once = replace(asked, headers=[*asked.headers, good])
    assert [reply.status for reply in world.together(once, twice)] == [200, 401]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "rtk_x", "A" * 8000])
def test_rfc6750_3_1_an_invalid_token_is_401(world, token):
    reply = world.who(token)
    assert (reply.status, reply.error) == (401, "invalid_token")
    assert reply.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_rfc6750_3_1_the_response_does_not_say_why_a_token_is_invalid(world):
    over, ended = world.begin(), world.begin()
    bodies = {world.who("x").body}
    world.store.revoke(Selection(family=ended.family.id), "operator")
    bodies.add(world.who(ended.access_token).body)
    assert world.causes()[-1] == Cause.REVOKED
    world.clock.forward(900)
    bodies.add(world.who(over.access_token).body)
    assert world.causes()[-1] == Cause.EXPIRED
    assert len(bodies) == 1


def test_an_access_token_is_invalid_after_the_password_changed(world):
    token = world.begin("backend").access_token
    assert world.who(token).status == swap(world, token).status == 200
    assert world.look(token).said["active"]
    world.people.change(credential_version=ADA.credential_version + 1)
    assert world.who(token).error == "invalid_token"
    assert world.is_inactive(token)
    assert swap(world, token).error == "invalid_request"
    assert set(world.causes()) == {Cause.CREDENTIAL_CHANGED}


def test_a_token_of_a_client_whose_secret_was_replaced_is_inactive(world):
    token = world.alone()
    assert world.look(token).said["active"]
    client = world.people.client("backend")
    version = client.credential_version + 1
    world.people.clients["backend"] = dataclasses.replace(client, credential_version=version)
    assert world.is_inactive(token)
    assert world.look(world.alone()).said["active"]


def test_rfc8725_3_12_a_refresh_token_is_no_access_token(world):
    issued = world.begin()
    assert world.who(issued.refresh_token).status == 401
    assert world.who(issued.id_token).status == 401


def test_oidc_core_5_3_a_token_of_a_disabled_person_is_invalid(world):
    issued = world.begin()
    world.block_ada()
    assert world.who(issued.access_token).status == 401
    assert world.causes()[-1] == Cause.SUBJECT_GONE


def test_rfc9449_7_1_a_bound_token_with_its_proof_is_accepted(world):
    token = world.begin(jkt=JKT).access_token
    assert world.who(token, "DPoP", dpop=world.shown(token)).status == 200


def test_rfc9449_7_2_a_bound_token_is_no_bearer_token(world):
    token = world.begin(jkt=JKT).access_token
    reply = world.who(token)
    assert (reply.status, reply.error) == (401, "invalid_token")
    assert world.who(token, dpop=world.shown(token)).status == 401
    assert world.causes()[-1] == Cause.WRONG_PROOF


def test_rfc9449_7_1_an_unbound_token_is_no_bound_token(world):
    token = world.begin().access_token
    assert world.who(token, "DPoP", dpop=world.shown(token)).status == 401


def test_rfc9449_7_1_a_proof_by_another_key_is_refused(world):
    token = world.begin(jkt=JKT).access_token
    other = world.shown(token, key=KEYS["EdDSA"](), alg="EdDSA")
    reply = world.who(token, "DPoP", dpop=other)
    assert (reply.status, reply.error) == (401, "invalid_token")
    assert reply.headers["www-authenticate"] == f'DPoP error="invalid_token", {ALGORITHMS}'


def test_rfc9449_7_1_a_bound_token_without_a_proof_is_refused(world):
    token = world.begin(jkt=JKT).access_token
    assert world.who(token, "DPoP").status == 401


@pytest.mark.parametrize("claims", [{"ath": "AAAA"}, {"htm": "GET"}, {"htu": "https://evil/"}])
def test_rfc9449_7_1_a_wrong_proof_is_refused(world, claims):
    token = world.begin(jkt=JKT).access_token
    reply = world.who(token, "DPoP", dpop=world.shown(token, **claims))
    assert (reply.status, reply.error) == (401, "invalid_dpop_proof")
    said = f'DPoP error="invalid_dpop_proof", {ALGORITHMS}'
    assert reply.headers["www-authenticate"] == said


def test_rfc9449_9_a_current_nonce_is_accepted(world):
    token = world.begin(jkt=JKT).access_token
    reply = world.who(token, "DPoP", dpop=world.shown(token, nonce="mine"))
    assert (reply.status, reply.error) == (401, "use_dpop_nonce")
    fresh = reply.headers["dpop-nonce"]
    assert world.who(token, "DPoP", dpop=world.shown(token, nonce=fresh)).status == 200


def test_rfc9449_11_1_a_proof_is_accepted_once(world):
    token = world.begin(jkt=JKT).access_token
    proof = world.shown(token)
    assert world.who(token, "DPoP", dpop=proof).status == 200
    assert world.who(token, "DPoP", dpop=proof).error == "invalid_dpop_proof"


def test_rfc9068_4_a_token_for_a_resource_server_only_is_refused(world):
    """Only a token with `openid` has this service in its audience."""
    issued = world.begin(scope="openid profile", audiences=[ORDERS])
    assert world.who(issued.access_token).status == 200
    other = world.derived(issued, scope="profile", aud=ORDERS)
    assert world.look(other.access_token, "backend").said["aud"] == ORDERS
    reply = world.who(other.access_token)
    assert (reply.status, reply.error) == (401, "invalid_token")
    assert world.causes()[-1] == Cause.WRONG_TARGET


@pytest.mark.parametrize("token", ["garbage", "rtk_AAAA", "e30.e30.e30"])
def test_a_proof_beside_an_invalid_access_token_is_not_stored(world, token):
    before = world.kept()
    for _ in range(3):
        assert world.who(token, "DPoP", dpop=world.shown(token)).error == "invalid_token"
    assert world.kept() == before


def test_a_proof_beside_an_expired_token_or_of_another_key_is_not_stored(world):
    unbound, bound = world.begin(), world.begin(jkt=JKT)
    world.perform(EndSessions(Selection(bound.family.id), "operator"))
    before = world.kept()
    for issued in (unbound, bound):
        token = issued.access_token
        assert world.who(token, "DPoP", dpop=world.shown(token)).status == 401
    assert world.kept() == before


def test_the_session_is_read_once(world):
    """With the check of the token, so that no end comes between the two."""
    token, commands = world.begin().access_token, []

    async def note(command):
        commands.append(type(command))

    world.before = note
    assert world.who(token).status == 200
    assert commands == [InspectAccess, FindClient]
