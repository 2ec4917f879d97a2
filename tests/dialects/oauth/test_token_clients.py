"""Refresh: a confidential client authenticates first, and a wrong client does not use the token."""

import dataclasses
from base64 import b64encode, urlsafe_b64encode
from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from tests.dialects.oauth.proofs import KEYS
from tests.dialects.oauth.token_people import KEY, OTHER_KEY, SECRETS
from tests.dialects.oauth.token_world import (
    ISSUER,
    PRESETS,
    TOKEN,
    asserting,
    basic,
    claims_of,
    signed,
)

from reticket.core.commands import Audit
from reticket.core.model import Caller
from reticket.dialects.oauth.endpoints.client_keys import keys_of
from reticket.dialects.oauth.pages.rate_limits import limit_requests
from reticket.oauth.provider import Provider
from reticket.oauth.registration import registration_of

MACHINE = {"grant_type": "client_credentials"}
SIGNED = {"alg": "ES256", "kid": "k1"}
BASIC = {"authorization": basic("backend", SECRETS["backend"])}


def ask(world, headers=None, **said):
    return world.token(None, headers=headers or {}, **{**MACHINE, **said})


def is_refused(reply, challenge=False):
    assert (reply.status, reply.error) == (401, "invalid_client")
    assert reply.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in reply.headers) is challenge
    return True


def test_rfc6749_2_3_1_a_secret_in_the_header_is_encoded_as_in_a_form(world):
    assert ask(world, BASIC).status == 200


def as_sent(client_id, secret):
    """The header of a program that does not encode: `curl -u`, many libraries."""
    return {"authorization": f"Basic {b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


def test_rfc7617_2_a_secret_in_the_header_may_be_as_it_is(world):
    reply = ask(world, as_sent("backend", SECRETS["backend"]), client_id="backend")
    assert reply.status == 200
    assert "sign_in_failed" not in {event for event, _ in world.audited()}


def test_a_secret_that_is_wrong_in_both_readings_is_refused_once(world):
    assert is_refused(ask(world, as_sent("backend", "a%2Bb+c")), challenge=True)
    assert world.audited() == [("sign_in_failed", "wrong_secret")]


def named(world, client_id, secret):
    world.people.secrets[client_id] = secret
    world.people.clients[client_id] = dataclasses.replace(
        world.people.clients["backend"], id=client_id
    )


def test_an_id_in_the_header_may_be_as_it_is(world):
    named(world, "a%62+", "c+d")
    assert ask(world, as_sent("a%62+", "c+d"), client_id="a%62+").status == 200
    assert ask(world, {"authorization": basic("a%62+", "c+d")}).status == 200


@pytest.mark.parametrize("secret", ["c+d", "e+f"])
def test_credentials_whose_readings_are_two_clients_are_decoded(world, secret):
    """RFC 6749 §2.3.1: no secret of one client is tried at another."""
    named(world, "a%62", "c+d")
    named(world, "ab", "e+f")
    assert is_refused(ask(world, as_sent("a%62", secret)), challenge=True)
    assert ask(world, as_sent("a%62", "e%2Bf"), client_id="ab").status == 200
    assert ask(world, {"authorization": basic("a%62", "c+d")}).status == 200


def test_rfc6749_2_3_1_a_secret_in_the_form(world):
    assert ask(world, client_id="backend", client_secret=SECRETS["backend"]).status == 200


def test_rfc7523_2_2_a_signature_of_the_clients_own_key(world):
    assert ask(world, **asserting(world)).status == 200


def test_rfc6749_3_2_1_a_public_client_sends_its_client_id(world):
    pair = world.pair("spa")
    assert world.refresh(pair["refresh_token"], "spa").status == 200


def test_rfc6749_2_3_the_form_may_repeat_the_client_id_of_the_header(world):
    assert ask(world, BASIC, client_id="backend").status == 200


def test_rfc6749_2_3_another_client_id_than_in_the_header_is_refused(world):
    assert ask(world, BASIC, client_id="other").error == "invalid_request"


@pytest.mark.parametrize(
    "said",
    [
        {"client_secret": SECRETS["backend"]},
        {"client_secret": SECRETS["backend"], "client_id": "backend"},
        {"client_assertion": "x"},
        {"client_assertion_type": "x"},
    ],
)
def test_rfc6749_2_3_more_than_one_method_is_a_bad_request(world, said):
    assert ask(world, BASIC, **said).error == "invalid_request"


def test_rfc6749_2_3_a_secret_and_a_signature_are_two_methods(world):
    said = {**asserting(world), "client_id": "backend", "client_secret": SECRETS["backend"]}
    assert ask(world, **said).error == "invalid_request"


@pytest.mark.parametrize(
    ("name", "secret"),
    [("backend", "wrong"), ("nobody", "x"), ("spa", ""), ("keyed", "x"), ("", ""), ("a\0b", "x")],
)
def test_rfc6749_5_2_a_wrong_header_is_challenged(world, name, secret):
    assert is_refused(ask(world, {"authorization": basic(name, secret)}), challenge=True)


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ???",
        "Basic " + b64encode(b"\xff:\xff").decode(),
        "Basic bm8=",
        BASIC["authorization"] + "!",
    ],
)
def test_rfc6749_5_2_an_empty_authorization_header_is_refused(world, header):
    assert is_refused(ask(world, {"authorization": header}), challenge=True)


def test_rfc6749_5_2_an_unknown_scheme_is_refused(world):
    """The challenge says which one is ours (RFC 9110 §15.5.2)."""
    for header in ("Bearer x", "x", "", BASIC["authorization"].replace("Basic", "Bearer")):
        assert is_refused(ask(world, {"authorization": header}), challenge=True)


def test_two_authorization_headers_are_refused(world):
    """RFC 6749 §2.3; the second one is not overlooked."""
    body = "grant_type=client_credentials"
    one = world.request("/token", body, BASIC)
    two = replace(one, headers=[*one.headers, (b"authorization", b"Basic eDp5")])
    good, reply = world.together(one, two)
    assert good.status == 200
    assert (reply.status, reply.error) == (400, "invalid_request")


@pytest.mark.parametrize(
    "said",
    [
        {"client_id": "backend", "client_secret": "wrong"},
        {"client_id": "nobody", "client_secret": "wrong"},
        {"client_id": "nobody"},
        {"client_id": "backend"},
        {"client_id": "keyed"},
        {"client_id": "keyed", "client_secret": "x"},
    ],
)
def test_rfc6749_5_2_a_wrong_form_is_refused_without_a_challenge(world, said):
    assert is_refused(ask(world, **said))


def test_rfc6749_5_2_missing_client_credentials_are_refused(world):
    """RFC 6749 §5.2: no client authentication included."""
    reply = ask(world)
    assert (reply.status, reply.error) == (401, "invalid_client")
    assert world.audited() == [("refused", "unknown_subject")]


def test_an_impossible_client_id_is_not_looked_up_at_the_token_endpoint(world):
    """PostgreSQL has no text with a zero in it."""
    asked = []

    async def look(command):
        asked.append(type(command))

    world.before = look
    assert is_refused(ask(world, as_sent("a\0b", "x")), challenge=True)
    assert is_refused(ask(world, **asserting(world, iss="a\0b", sub="a\0b")))
    assert asked == [Audit, Audit]


def test_rfc6749_5_2_a_disabled_client_gets_the_answer_of_an_unknown_one(world):
    unknown = ask(world, client_id="nobody"), ask(world, {"authorization": basic("nobody", "x")})
    for name in ("spa", "backend"):
        world.people.block(name)
    blocked = ask(world, client_id="spa"), ask(world, BASIC)
    assert [reply.body for reply in unknown] == [reply.body for reply in blocked]
    assert [reply.status for reply in blocked] == [401, 401]


@pytest.mark.parametrize("client", ["backend", "keyed", "spa"])
def test_a_failed_client_authentication_uses_no_token(world, client):
    pair, code = world.pair(client), world.code(client)
    before = world.spendable()
    wrong = [{"client_id": client, "client_secret": "wrong"}, {"client_id": "nobody"}]
    for said in wrong:
        form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
        assert is_refused(world.token(None, **form, **said))
        assert is_refused(world.exchange(code, None, **said))
    assert world.spendable() == before


def test_every_refusal_of_a_client_is_in_the_audit_log(world):
    ask(world, client_id="nobody")
    ask(world, client_id="backend", client_secret="wrong")
    ask(world, client_id="nowhere", client_secret="x")
    ask(world, **asserting(world, OTHER_KEY))
    ask(world, **asserting(world, aud="https://elsewhere.example.com"))
    ask(world, **asserting(world, exp=1_790_000_000))
    good = asserting(world)
    ask(world, **good)
    ask(world, **good)
    world.people.block("backend")
    ask(world, BASIC)
    assert sorted((event, str(cause)) for event, cause in world.audited() if cause) == [
        ("refused", "expired"),
        ("refused", "forged"),
        ("refused", "unknown_subject"),
        ("refused", "used"),
        ("refused", "wrong_target"),
        ("sign_in_failed", "disabled"),
        ("sign_in_failed", "unknown_subject"),
        ("sign_in_failed", "wrong_secret"),
    ]
    failed = [each.subject for each in world.audit.events if each.event == "sign_in_failed"]
    assert failed == ["backend", None, "backend"]


@pytest.mark.parametrize("kind", ["dpop+jwt", "at+jwt", 5, ""])
def test_rfc8725_3_11_another_kind_of_jwt_is_no_assertion(world, kind):
    assert ask(world, **asserting(world, header={**SIGNED, "typ": kind})).error == "invalid_client"


@pytest.mark.parametrize("kind", ["JWT", "jwt", "client-authentication+jwt"])
def test_rfc7523_3_an_assertion_may_have_a_type(world, kind):
    assert ask(world, **asserting(world, header={**SIGNED, "typ": kind})).status == 200


@pytest.mark.parametrize("audience", [ISSUER, TOKEN, [ISSUER], [TOKEN], [ISSUER, TOKEN]], ids=str)
def test_rfc7523_3_an_assertion_is_for_the_issuer_or_the_token_endpoint(world, audience):
    assert ask(world, **asserting(world, aud=audience)).status == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.example.com"},
        {"aud": [ISSUER, "https://elsewhere.example.com"]},
        {"aud": []},
        {"aud": None},
        {"iss": "backend"},
        {"sub": "backend"},
        {"iss": "backend", "sub": "backend"},
        {"iss": "spa", "sub": "spa"},
        {"sub": "\ud800", "iss": "\ud800"},
        {"exp": None},
        {"exp": 1_790_000_000},
        {"exp": 1_790_000_000 + 3601},
        {"exp": "soon"},
        {"nbf": 1_790_000_000 + 31},
        {"iat": 1_790_000_000 + 31},
        {"jti": None},
    ],
    ids=str,
)
def test_rfc7523_3_an_assertion_with_other_claims_is_refused(world, claims):
    assert is_refused(ask(world, **asserting(world, **claims)))


def test_rfc7523_3_an_assertion_works_once(world):
    said = asserting(world)
    assert ask(world, **said).status == 200
    for seconds in (1, 58, 0.9, 1):
        world.clock.forward(seconds)
        assert is_refused(ask(world, **said))


def test_rfc7523_3_an_assertion_works_once_even_with_another_signature(world):
    first, second = asserting(world, jti="once"), asserting(world, jti="once")
    assert first != second
    assert ask(world, **first).status == 200
    assert is_refused(ask(world, **second))


def test_rfc7523_3_a_shorter_assertion_does_not_remove_the_mark_of_a_longer_one(world):
    now = world.clock() // 1000
    long, short = (asserting(world, jti="once", exp=now + lasts) for lasts in (600, 60))
    assert ask(world, **long).status == 200
    assert is_refused(ask(world, **short))
    world.clock.forward(70)
    assert is_refused(ask(world, **long))


def test_an_assertion_of_another_key_uses_no_token(world):
    assert is_refused(ask(world, **asserting(world, OTHER_KEY, jti="mine")))
    assert ask(world, **asserting(world, jti="mine")).status == 200


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"alg": "ES256", "kid": "k2"},
        {"alg": "ES256", "kid": ["k1"]},
        {"alg": "ES256", "crit": ["exp"], "exp": 1},
        {"alg": "ES256", "crit": ["b64"], "b64": False},
        {"alg": "ES256", "jku": "https://evil.example.com/jwks"},
        {"alg": "ES256", "jwk": OTHER_KEY.as_dict(private=False)},
        {"alg": "ES256", "x5u": "https://evil.example.com/cert"},
        {"kid": "k1"},
        ["alg"],
    ],
    ids=lambda header: "-".join(header),
)
def test_rfc8725_3_1_the_algorithm_and_the_key_are_from_the_registration(world, header):
    """RFC 8725 §3.1; CVE-2025-59420: `crit` was ignored."""
    assert is_refused(ask(world, **asserting(world, header=header)))


def test_rfc7523_3_an_assertion_may_live_for_an_hour(world):
    """What the libraries of clients choose, by a clock that is a little ahead."""
    now = world.clock() // 1000
    assert ask(world, **asserting(world, exp=now + 3600)).status == 200
    assert ask(world, **asserting(world, nbf=now + 30, iat=now + 30)).status == 200


def test_an_assertion_is_remembered_for_as_long_as_it_lives_and_no_longer(world):
    before = set(world.ephemeral._entries)
    assert ask(world, **asserting(world)).status == 200
    world.clock.forward(62)
    (key,) = set(world.ephemeral._entries) - before
    assert world.ephemeral.peek(key) is None


def test_other_members_of_the_header_of_an_assertion_are_ignored(world):
    """RFC 7515 §4.1: a type, or which certificate a key is in."""
    header = {"alg": "ES256", "kid": "k1", "typ": "JWT", "cty": "x", "x5t": "x", "x5t#S256": "x"}
    assert ask(world, **asserting(world, header=header)).status == 200


def test_a_signature_that_is_not_base64url_is_refused(world):
    said = asserting(world)
    unsigned = said["client_assertion"].rpartition(".")[0]
    for signature in ("", "!", "AAAAA"):
        assert is_refused(ask(world, **said | {"client_assertion": f"{unsigned}.{signature}"}))


def test_an_assertion_may_use_any_key_of_the_client(world):
    """RFC 7517 §5: the next one is registered before the old one is gone."""
    keys = [
        {**KEY.as_dict(private=False), "kid": "k1"},
        {**OTHER_KEY.as_dict(private=False), "kid": "k2"},
    ]
    world.people.register("keyed", jwks={"keys": keys})
    for header in ({"alg": "ES256"}, {"alg": "ES256", "kid": "k2"}):
        assert ask(world, **asserting(world, OTHER_KEY, header=header)).status == 200
    assert is_refused(ask(world, **asserting(world, KEY, header={"alg": "ES256", "kid": "k2"})))


def test_a_key_without_an_id_is_tried_for_every_id(world):
    world.people.register("keyed", jwks={"keys": [KEY.as_dict(private=False)]})
    for header in ({"alg": "ES256"}, {"alg": "ES256", "kid": "k9"}):
        assert ask(world, **asserting(world, header=header)).status == 200


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.b.c", "a.b.c.d", "ü.b.c"])
def test_rfc7523_3_a_text_that_is_no_assertion_is_refused(world, text):
    reply = ask(world, **{**asserting(world), "client_assertion": text})
    assert reply.error == ("invalid_client" if text else "invalid_request")


def test_rfc7521_4_2_another_kind_of_assertion_is_a_bad_request(world):
    said = asserting(world)
    assert ask(world, **{**said, "client_assertion_type": "saml"}).error == "invalid_request"
    assert ask(world, client_assertion=said["client_assertion"]).error == "invalid_request"


def test_the_client_id_beside_an_assertion_must_match(world):
    assert ask(world, **asserting(world), client_id="keyed").status == 200
    assert is_refused(ask(world, **asserting(world), client_id="backend"))


@pytest.mark.parametrize(("kind", "algorithm"), [("EdDSA", "EdDSA"), ("RS256", "RS256")])
def test_a_key_that_names_no_algorithm_signs_with_the_usual_one_of_its_kind(world, kind, algorithm):
    world.people.register("keyed", jwks={"keys": [KEYS[kind]().as_dict(private=False)]})
    (key,) = keys_of(world.people.clients["keyed"])
    assert key.algorithm == algorithm


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256", "PS256"])
def test_a_key_signs_with_its_own_algorithm(world, algorithm):
    key, model = KEYS[algorithm](), "Ed25519" if algorithm == "EdDSA" else algorithm
    jwk = {**key.as_dict(private=False), "alg": algorithm}
    world.people.register("keyed", jwks={"keys": [jwk]})

    def ask_with(said):
        text = asserting(world)["client_assertion"]
        claims = {"iss": "keyed", "sub": "keyed", "aud": ISSUER, "jti": said + str(len(text)),
                  "exp": world.clock() // 1000 + 60}  # fmt: skip
        form = asserting(world) | {"client_assertion": signed({"alg": said}, claims, key, model)}
        return ask(world, **form)

    assert ask_with(algorithm).status == 200
    for other in {"RS256", "PS256", "EdDSA", "ES256", "HS256", "none"} - {algorithm}:
        assert is_refused(ask_with(other))


def test_rfc7517_5_unusable_keys_are_ignored(world):
    """RFC 7517 §5."""
    unknown = [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {"kty": "RSA", "alg": "RSA-OAEP", "n": "AA", "e": "AQAB"},
        {"kty": "RSA", "n": "!", "e": "AQAB"},
        {"kty": ["EC"], "crv": {}, "alg": ["ES256"]},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": 2},
        {},
    ]
    good = world.people.clients["keyed"].registration["jwks"]["keys"][0]
    world.people.register("keyed", jwks={"keys": [*unknown, {**good, "use": "enc"}]})
    assert keys_of(world.people.clients["keyed"]) == ()
    world.people.register("keyed", jwks={"keys": [*unknown, good]})
    assert ask(world, **asserting(world)).status == 200


def test_rfc7518_3_3_a_weak_key_is_ignored(world):
    short = urlsafe_b64encode(b"\x7f" + b"\xff" * 255).rstrip(b"=").decode()
    enough = urlsafe_b64encode(b"\xff" * 256).rstrip(b"=").decode()
    for modulus, known in ((short, 0), (enough, 1)):
        jwk = {"kty": "RSA", "e": "AQAB", "n": modulus}
        world.people.register("keyed", jwks={"keys": [jwk]})
        assert len(keys_of(world.people.clients["keyed"])) == known


@pytest.mark.parametrize(
    ("bits", "exponent", "known"),
    [
        (4096, b"\x01\x00\x01", 1),
        (4096, b"\xff\xff\xff\xff", 1),
        (4128, b"\x01\x00\x01", 0),
        (16384, b"\x01\x00\x01", 0),
        (2048, b"\x01" + b"\xff" * 4, 0),
        (3072, b"\x7f" + b"\xff" * 383, 0),
    ],
)
def test_a_key_whose_check_takes_long_is_ignored(world, bits, exponent, known):
    """A stranger may register it: an exponent of 3072 bits takes a hundred times as long."""
    modulus = b"\xff" * (bits // 8)
    n, e = (urlsafe_b64encode(part).rstrip(b"=").decode() for part in (modulus, exponent))
    world.people.register("keyed", jwks={"keys": [{"kty": "RSA", "n": n, "e": e}]})
    assert len(keys_of(world.people.clients["keyed"])) == known


@pytest.mark.parametrize("name", ["my app", "api://abc/def", "https://a.example/client.json"])
def test_rfc6749_a_1_an_id_with_blanks_and_slashes_is_encoded_as_in_a_form(world, name):
    named(world, name, "its secret")
    reply = ask(world, {"authorization": basic(name, "its secret")})
    assert (reply.status, claims_of(reply.said["access_token"])["client_id"]) == (200, name)
    assert ask(world, client_id=name, client_secret="its secret").status == 200


def counter(world, client, address):
    """The key of the counter of a client's pushed requests."""
    provider = Provider(ISSUER, PRESETS)
    request = SimpleNamespace(caller=Caller(address, "0" * 32, None))
    registration = registration_of(client, provider)
    return next(limit_requests("par", registration, request, provider)).key


def test_two_clients_never_share_a_counter(world):
    public = dataclasses.replace(world.people.clients["spa"], id="a")
    other = dataclasses.replace(world.people.clients["backend"], id="a:192.0.2.1")
    third = dataclasses.replace(public, id="a:2001")
    keys = [counter(world, public, "192.0.2.1"), counter(world, other, "192.0.2.9")]
    keys += [counter(world, third, "db8::1"), counter(world, public, "2001:db8::1")]
    assert len(set(keys)) == 4
