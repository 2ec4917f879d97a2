"""Request objects by value (RFC 9101, OpenID Connect Core §6): who may sign, and what counts."""

import json
from urllib.parse import urlencode

import pytest
from joserfc.jwk import OctKey
from tests.dialects.oauth.proofs import KEYS
from tests.dialects.oauth.request_objects import (
    CLIENT,
    HEADER,
    OPENID,
    SAID,
    begun,
    claims_with,
    pushed,
    request_object,
)
from tests.dialects.oauth.token_people import KEY, OTHER_KEY, REDIRECT, SECRETS
from tests.dialects.oauth.token_world import CHALLENGE, ISSUER, asserting, basic, signed

from reticket.core.tokens.faces import LONGEST_JWT, to_text

SECOND_REDIRECT = f"{REDIRECT}/2"
PUBLIC = KEY.as_dict(private=False)


@pytest.fixture
def asks(browser):
    """Sends a request of the client with an object, and only the id of the client beside it."""
    browser.world.people.register(CLIENT, redirect_uris=[REDIRECT])

    def ask(text=None, /, **beside):
        said = {"client_id": CLIENT, "request": text or request_object(), **beside}
        return browser.posts("/oauth/authorize", **said)

    return ask


def is_refused(browser, error="invalid_request_object", **parameters):
    """Whether the client is told so, and nothing has begun."""
    answer = browser.answer
    assert answer.pop("error_description")
    assert answer == {"error": error, "iss": ISSUER, **parameters}
    return browser.page.status == 303


def test_rfc9101_5_a_signed_request_begins_the_pages(world, asks):
    assert asks().headline == "Sign in"
    assert begun(world) == {
        "client_id": CLIENT, "target": REDIRECT, "redirect_uri": REDIRECT, "state": "a state",
        "scope": "openid orders.read", "challenge": CHALLENGE,
    }  # fmt: skip


@pytest.mark.parametrize("beside", [{"state": "x"}, {"nonce": "x"}, {"claims": "{}"}])
def test_rfc9101_6_3_only_the_parameters_in_the_object_count(world, asks, beside):
    before = asks() and begun(world)
    assert asks(**beside).headline == "Sign in"
    assert begun(world) == before


def test_oidc_core_6_1_the_object_supersedes_what_is_beside_it_and_the_rest_counts(world, asks):
    beside = {**OPENID, "state": "outside", "nonce": "outside", "redirect_uri": "https://evil"}
    assert asks(request_object(nonce=None), **beside).headline == "Sign in"
    found = begun(world)
    assert (found["state"], found["nonce"]) == ("a state", "outside")
    assert (found["target"], found["scope"]) == (REDIRECT, "openid orders.read")


@pytest.mark.parametrize("left_out", ["scope", "response_type"])
def test_oidc_core_6_1_without_its_parameters_beside_the_object_nothing_else_counts(
    world, asks, left_out
):
    beside = {name: value for name, value in OPENID.items() if name != left_out}
    asks(**beside, nonce="outside")
    assert "nonce" not in begun(world)


def test_oidc_core_6_1_the_response_type_must_be_the_same(asks):
    refused = asks(request_object(response_type="token"), **OPENID)
    assert is_refused(refused, state="a state")


def test_rfc9101_6_3_the_object_alone_must_name_its_client(asks):
    assert is_refused(asks(request_object(client_id=None)), state="a state")
    assert asks(request_object(client_id=None), **OPENID).headline == "Sign in"


ALONE = [{"require_signed_request_object": True}, {"policy": {"preset": "FAPI_2_SESSION"}}]


@pytest.mark.parametrize("registered", ALONE)
def test_parameters_beside_the_object_never_count_for_a_strict_client(world, asks, registered):
    world.people.register(CLIENT, par_required=False, **registered)
    now = world.clock() // 1000
    asks(request_object(nbf=now, exp=now + 60), **OPENID, nonce="outside")
    assert "nonce" not in begun(world)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "PS256", "RS256"])
def test_each_algorithm_of_a_registered_key_is_accepted(world, asks, algorithm):
    key = KEYS[algorithm]()
    jwk = {**key.as_dict(private=False), "kid": "k2", "alg": algorithm}
    world.people.register(CLIENT, jwks={"keys": [jwk]})
    header = {"alg": algorithm, "kid": "k2"}
    name = "Ed25519" if algorithm == "EdDSA" else algorithm
    assert asks(request_object(key, header, name)).headline == "Sign in"
    world.people.register(CLIENT, request_object_signing_alg=algorithm)
    assert asks(request_object(key, header, name)).headline == "Sign in"
    other = "ES256" if algorithm != "ES256" else "PS256"
    world.people.register(CLIENT, request_object_signing_alg=other)
    assert is_refused(asks(request_object(key, header, name)), state="a state")


def unsigned(header):
    parts = (header, claims_with())
    return ".".join(to_text(json.dumps(part).encode()) for part in parts) + "."


def shared(secret):
    """HS256 with a text that the attacker knows (RFC 8725 §2.1)."""
    return signed({"alg": "HS256"}, claims_with(), OctKey.import_key(secret), "HS256")


FORGED = {
    "none": lambda: unsigned({"alg": "none"}),
    "none, and a key id": lambda: unsigned({"alg": "none", "kid": "k1"}),
    "None": lambda: unsigned({"alg": "None"}),
    "no algorithm": lambda: unsigned({}),
    "the signature left out": lambda: request_object().rpartition(".")[0] + ".",
    "the public key as a secret": lambda: shared(json.dumps(PUBLIC)),
    "another key": lambda: request_object(OTHER_KEY),
    "another key, no id": lambda: request_object(OTHER_KEY, {"alg": "ES256"}),
    "an unknown key id": lambda: request_object(header={**HEADER, "kid": "k9"}),
    "another algorithm's name": lambda: request_object(header={**HEADER, "alg": "RS256"}),
    "its own key": lambda: request_object(
        OTHER_KEY, {"alg": "ES256", "jwk": OTHER_KEY.as_dict(private=False)}
    ),
    "an address of keys": lambda: request_object(header={**HEADER, "jku": "https://evil.example"}),
    "critical": lambda: request_object(header={**HEADER, "crit": ["exp"]}),
    "a proof": lambda: request_object(header={**HEADER, "typ": "dpop+jwt"}),
    "an access token": lambda: request_object(header={**HEADER, "typ": "at+jwt"}),
    "an assertion": lambda: request_object(header={**HEADER, "typ": "client-authentication+jwt"}),
    "encrypted": lambda: "a.b.c.d.e",
    "no JWT": lambda: "request",
    "no base64": lambda: "é.é.é",
    "too long": lambda: request_object(nonce="n" * LONGEST_JWT)[: LONGEST_JWT + 1],
}


@pytest.mark.parametrize("made", FORGED.values(), ids=FORGED)
def test_rfc8725_3_1_an_object_that_no_registered_key_has_signed_is_refused(world, asks, made):
    text = made()
    refused = asks(text)
    error = "invalid_request" if len(text) > LONGEST_JWT else "invalid_request_object"
    assert error in (refused.answer["error"] if refused.location else refused.text)
    assert not any('"order"' in text for text, _ in world.ephemeral._entries.values())


def test_a_changed_object_is_refused(asks):
    head, _, signature = request_object().split(".")
    payload = to_text(json.dumps(claims_with(scope="openid")).encode())
    assert is_refused(asks(f"{head}.{payload}.{signature}"), state="a state")


@pytest.mark.parametrize("kind", ["jwt", "JWT", "oauth-authz-req+jwt", "OAUTH-AUTHZ-REQ+JWT"])
def test_rfc9101_10_8_both_types_of_a_request_object_are_accepted(asks, kind):
    assert asks(request_object(header={**HEADER, "typ": kind})).headline == "Sign in"


REFUSED = [
    ({"iss": "spa"}, "another client"),
    ({"client_id": "spa"}, "another client"),
    ({"client_id": ""}, "another client"),
    ({"aud": "https://other.example.com"}, "the issuer"),
    ({"aud": ["https://other.example.com"]}, "the issuer"),
    ({"aud": []}, "the issuer"),
    ({"aud": f"{ISSUER}/"}, "the issuer"),
    ({"aud": 5}, "another type"),
    ({"sub": CLIENT}, "sub of the request object"),
    ({"exp": "soon"}, "another type"),
    ({"request": "x"}, "must not have request"),
    ({"request_uri": "https://app.example.com/x"}, "must not have request_uri"),
    ({"state": 5}, "state of the request object"),
    ({"state": ["a"]}, "state of the request object"),
    ({"scope": ["openid"]}, "scope of the request object"),
    ({"max_age": 1.5}, "max_age of the request object"),
    ({"max_age": True}, "max_age of the request object"),
    ({"claims": [1]}, "claims of the request object"),
    ({"resource": [5]}, "resource of the request object"),
    ({"prompt": False}, "prompt of the request object"),
]


@pytest.mark.parametrize(("change", "words"), REFUSED, ids=str)
def test_rfc9101_6_3_an_object_with_a_wrong_claim_is_refused(asks, change, words):
    refused = asks(request_object(**change), redirect_uri=REDIRECT)
    assert refused.answer["error"] == "invalid_request_object"
    assert words in refused.answer["error_description"]


@pytest.mark.parametrize("payload", [[], "text", None, 5, [[]]])
def test_a_payload_that_is_no_json_object_is_refused(asks, payload):
    assert is_refused(asks(signed(HEADER, payload, KEY)))


def test_a_null_is_no_value(asks):
    text = signed(HEADER, claims_with() | {"nonce": None}, KEY)
    assert is_refused(asks(text), state="a state")


def test_the_audience_may_be_one_of_several_or_left_out(asks):
    for aud in (None, [ISSUER, "https://other.example.com"]):
        assert asks(request_object(aud=aud)).headline == "Sign in"


LATE = {"exp": -1}, {"exp": 0}, {"nbf": 60}, {"iat": 60}, {"nbf": 31, "exp": 90}
GOOD = {"exp": 1}, {"nbf": 30}, {"iat": 30}, {"iat": -99_999}, {"nbf": -99_999, "exp": 1}


@pytest.mark.parametrize(
    ("times", "good"), [*((x, False) for x in LATE), *((x, True) for x in GOOD)]
)
def test_rfc9101_10_2_an_object_is_accepted_in_its_time(world, asks, times, good):
    now = world.clock() // 1000
    asked = asks(request_object(**{name: now + far for name, far in times.items()}))
    assert asked.headline == "Sign in" if good else is_refused(asked, state="a state")


def test_an_object_may_come_again_until_its_end(world, asks):
    text = request_object(exp=world.clock() // 1000 + 60)
    assert [asks(text).headline for _ in range(3)] == ["Sign in"] * 3
    world.clock.forward(60)
    assert is_refused(asks(text), state="a state")
    assert world.audited()[-1] == ("refused", "expired")


def test_rfc9101_4_values_may_be_json(world, asks):
    claims = {"id_token": {"acr": None}, "userinfo": {"name": {"essential": True}}}
    world.people.register(CLIENT, resources=["https://a.example", "https://b.example"])
    said = {
        "claims": claims,
        "max_age": 300,
        "resource": ["https://a.example", "https://b.example"],
    }
    assert asks(request_object(**said)).headline == "Sign in"
    assert begun(world)["resources"] == ["https://a.example", "https://b.example"]
    assert is_refused(asks(request_object(max_age=-1)), "invalid_request", state="a state")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"state": "s" * 2049}, "invalid_request"),
        ({"nonce": "a\0b"}, "invalid_request"),
        ({"scope": "orders.burn"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"registration": {"a": 1}}, "registration_not_supported"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_the_parameters_of_an_object_are_checked_as_any(asks, change, error):
    assert asks(request_object(**change)).answer["error"] == error


def test_the_redirect_uri_of_the_object_counts_and_must_be_registered(world, asks):
    assert asks(request_object(redirect_uri="https://evil.example/"), redirect_uri=REDIRECT)
    page = asks(request_object(redirect_uri="https://evil.example/"), redirect_uri=REDIRECT)
    assert (page.page.status, page.location) == (400, None)
    world.people.register(CLIENT, redirect_uris=[REDIRECT, SECOND_REDIRECT])
    text = request_object(redirect_uri=SECOND_REDIRECT, state="in the object", prompt="none")
    refused = asks(text, **OPENID, redirect_uri=REDIRECT, state="outside")
    assert refused.location.startswith(SECOND_REDIRECT)
    assert refused.answer["state"] == "in the object"


def test_an_error_goes_only_to_a_registered_redirect_uri(world, asks):
    world.people.register(CLIENT, redirect_uris=[REDIRECT, SECOND_REDIRECT])
    page = asks("e30.e30.")
    assert (page.page.status, page.location) == (400, None)
    assert "invalid_request_object" in page.text
    page = asks("e30.e30.", redirect_uri="https://evil.example/")
    assert (page.page.status, page.location) == (400, None)
    assert is_refused(asks("e30.e30.", redirect_uri=SECOND_REDIRECT))


def test_rfc9700_4_11_2_an_error_of_a_self_registered_client_is_a_page(world, asks):
    world.people.register(CLIENT, registered_by="self")
    page = asks("e30.e30.", redirect_uri=REDIRECT)
    assert (page.page.status, page.location) == (400, None)
    assert asks().headline == "Sign in"


def test_an_object_of_a_client_without_keys_is_refused(world, browser):
    asked = browser.asks(request=request_object(client_id="spa", iss="spa"))
    assert asked.answer["error"] == "invalid_request_object"
    assert world.audited()[-1] == ("refused", "forged")


def test_an_object_of_another_client_with_the_same_key_is_refused(world, asks, browser):
    world.people.register("spa", jwks={"keys": [{**PUBLIC, "kid": "k1"}]})
    asked = browser.asks(request=request_object())
    assert asked.answer["error"] == "invalid_request_object"
    assert world.audited()[-1] == ("refused", "wrong_client")


def test_oidc_core_6_1_two_objects_are_refused(asks):
    refused = asks(request_uri="https://app.example.com/request.jwt")
    assert refused.answer["error"] == "invalid_request"
    assert asks(request_uri="").headline == "Sign in"


def test_an_assertion_is_no_request_object_with_parameters(world, asks):
    text = asserting(world, aud=ISSUER)["client_assertion"]
    assert asks(text).answer["error"] == "invalid_request_object"
    assert asks(text, **OPENID).answer["error"] == "invalid_request_object"


def test_rfc9101_10_5_a_client_that_must_sign_is_refused_without_an_object(world, browser, asks):
    world.people.register(CLIENT, require_signed_request_object=True)
    assert is_refused(browser.asks(client_id=CLIENT), "invalid_request", state="a state")
    assert pushed(world, **{**SAID, "client_id": CLIENT}).error == "invalid_request"
    assert asks().headline == "Sign in"


def test_a_client_that_must_push_sends_no_object_by_the_browser(world, asks):
    world.people.register(CLIENT, par_required=True)
    assert is_refused(asks(), "invalid_request", state="a state")


def test_rfc9126_3_a_pushed_object_alone_counts(world, browser, asks):
    world.people.register(CLIENT, require_signed_request_object=True)
    said = pushed(world, request=request_object(), nonce="outside", **OPENID)
    assert said.status == 201
    reference = said.said["request_uri"]
    browser.gets("/oauth/authorize", client_id=CLIENT, request_uri=reference)
    assert browser.headline == "Sign in"
    assert (begun(world)["state"], "nonce" in begun(world)) == ("a state", False)
    assert not any("eyJ" in text for text, _ in world.ephemeral._entries.values())


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"iss": "spa"}, "invalid_request_object"),
        ({"client_id": None}, "invalid_request_object"),
        ({"client_id": "spa"}, "invalid_request_object"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"state": "s" * 2049}, "invalid_request"),
        ({"request_uri": "https://app.example.com/x"}, "invalid_request_object"),
    ],
    ids=str,
)
def test_rfc9126_3_a_wrong_object_is_not_pushed(world, asks, change, error):
    reply = pushed(world, request=request_object(**change))
    assert (reply.status, reply.error) == (400, error)


def test_rfc9126_3_an_object_of_another_client_is_not_pushed(world, asks):
    world.people.register("backend", redirect_uris=[REDIRECT], jwks={"keys": [PUBLIC]})
    world.people.register("backend", token_endpoint_auth_method="client_secret_basic")
    header = {"authorization": basic("backend", SECRETS["backend"])}
    reply = world.post("/par", urlencode({"request": request_object()}), header)
    assert reply.error == "invalid_request_object"


@pytest.mark.parametrize(
    ("times", "good"),
    [
        ({"nbf": 0, "exp": 3600}, True),
        ({"nbf": -3600, "exp": 0}, False),
        ({"nbf": -3600, "exp": 1}, False),
        ({"nbf": 0, "exp": 3601}, False),
        ({"exp": 60}, False),
        ({"nbf": 0}, False),
        ({}, False),
    ],
    ids=str,
)
def test_fapi_message_signing_5_3_1_an_object_ends_within_an_hour(world, asks, times, good):
    world.people.register(CLIENT, policy={"preset": "FAPI_2_SESSION"})
    now = world.clock() // 1000
    said = {name: now + far for name, far in times.items()}
    assert pushed(world, request=request_object(**said)).status == (201 if good else 400)


def test_fapi_5_4_1_an_object_has_an_audience_and_is_not_signed_by_rs256(world, asks):
    now = world.clock() // 1000
    said = {"nbf": now, "exp": now + 60}
    world.people.register(CLIENT, policy={"preset": "FAPI_2_SESSION"})
    assert pushed(world, request=request_object(**said)).status == 201
    assert pushed(world, request=request_object(**said, aud=None)).status == 400
    rsa = {**KEYS["RS256"]().as_dict(private=False), "kid": "r"}
    world.people.register(CLIENT, jwks={"keys": [rsa, {**PUBLIC, "kid": "k1"}]})
    text = request_object(KEYS["RS256"](), {"alg": "RS256", "kid": "r"}, "RS256", **said)
    assert pushed(world, request=text).error == "invalid_request_object"


def test_a_client_with_a_secret_signs_requests_and_authenticates_by_its_secret_alone(
    world, browser
):
    jwks = {"keys": [{**PUBLIC, "kid": "k1"}]}
    world.people.register("backend", redirect_uris=[REDIRECT], jwks=jwks)
    world.people.register("backend", token_endpoint_auth_method="client_secret_post")
    browser.posts(
        "/oauth/authorize", client_id="backend",
        request=request_object(client_id="backend", iss="backend"),
    )  # fmt: skip
    assert browser.headline == "Sign in"
    assert world.token("backend", grant_type="client_credentials").status == 200
    said = asserting(world, iss="backend", sub="backend")
    assert world.token(None, grant_type="client_credentials", **said).error == "invalid_client"


def test_keys_without_a_registered_method_authenticate_the_client_as_before(world):
    world.people.register("backend", jwks={"keys": [{**PUBLIC, "kid": "k1"}]})
    said = asserting(world, iss="backend", sub="backend")
    assert world.token(None, grant_type="client_credentials", **said).status == 200
    reply = world.token("backend", grant_type="client_credentials")
    assert reply.error == "invalid_client"
