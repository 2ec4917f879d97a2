"""RFC 9449 at our endpoints: the checks of a proof, which is accepted once."""

import pytest
from joserfc.jwk import ECKey, RSAKey
from tests.dialects.oauth.hall import ISSUER, Harness, request
from tests.dialects.oauth.proofs import KEY, KEYS, LEFT_OUT, ath_of, encoded, proof, signed

from reticket.core.commands import PutIfAbsent
from reticket.core.errors import Cause
from reticket.dialects.oauth.endpoints.proof import spend_proof, verify_proof
from reticket.dialects.oauth.errors import OAuthError
from reticket.verify.proofs import WINDOW, InvalidProof, normalised, read_proof

TOKEN = f"{ISSUER}/oauth/token"


@pytest.fixture
def harness():
    return Harness()


def shown(harness, text, access_token=None):
    headers = {} if text is None else {"dpop": text}
    return harness.run(proven(harness, request(**headers), access_token))


def proven(harness, asked, access_token):
    """The check of a proof after all other checks of a request."""
    found = yield from verify_proof(asked, harness.provider, "/token", access_token=access_token)
    if found is not None:
        yield from spend_proof(found, None)
    return found


def made(harness, method="POST", uri=TOKEN, at=None, **more):
    return proof(method, uri, harness.seconds if at is None else at, **more)


def refused(harness, text, access_token=None):
    with pytest.raises(OAuthError) as raised:
        shown(harness, text, access_token)
    assert raised.value.cause is Cause.WRONG_PROOF
    return raised.value


def is_invalid(harness, text, access_token=None):
    refusal = refused(harness, text, access_token)
    assert not harness.did(PutIfAbsent)
    return refusal.failure[:2] == (400, "invalid_dpop_proof")


def test_rfc9449_4_1_a_request_without_the_header_has_no_proof(harness):
    assert shown(harness, None) is None
    assert harness.performed == []


@pytest.mark.parametrize("alg", KEYS)
def test_rfc9449_4_2_every_listed_algorithm_is_accepted(harness, alg):
    key = KEYS[alg]()
    found = shown(harness, made(harness, key=key, alg=alg))
    assert found[:2] == (key.thumbprint(), False)


def test_rfc9449_4_3_1_more_than_one_header_is_refused(harness):
    texts = [made(harness, jti=name) for name in ("one", "other")]
    assert is_invalid(harness, texts)
    assert is_invalid(harness, ", ".join(texts))


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c", "..", ".....", "é.é.é", "a" * 10_000, "eyJ9.e30.AAAA"]
)
def test_rfc9449_4_3_2_a_proof_must_be_a_jwt(harness, text):
    assert is_invalid(harness, text)


@pytest.mark.parametrize("header", [b"[" * 1500, b'"alg"', b"[]", b"{", b"\xff", b"{}"])
def test_rfc9449_4_3_2_the_header_of_a_proof_must_be_an_object(harness, header):
    assert is_invalid(harness, signed(KEY, header, {}))


@pytest.mark.parametrize("claims", [b"[" * 1500, b'"jti"', b"[]", b"{", b"\xff", b"{}"])
def test_rfc9449_4_3_2_the_claims_of_a_proof_must_be_an_object(harness, claims):
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.as_dict(private=False)}
    assert is_invalid(harness, signed(KEY, header, claims))


@pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat"])
@pytest.mark.parametrize("value", [LEFT_OUT, None, [], {}, True, ["x"]])
def test_rfc9449_4_3_3_every_required_claim_must_be_there(harness, name, value):
    assert is_invalid(harness, made(harness, **{name: value}))


def test_rfc9449_4_3_3_the_jti_must_not_be_empty(harness):
    assert is_invalid(harness, made(harness, jti=""))


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "", None, LEFT_OUT, 1, ["dpop+jwt"]])
def test_rfc9449_4_3_4_the_type_must_be_dpop_jwt(harness, typ):
    assert is_invalid(harness, made(harness, header={"typ": typ}))


@pytest.mark.parametrize("alg", ["none", "HS256", "ES384", "RS512", "", None, LEFT_OUT, 7, []])
def test_rfc9449_4_3_5_the_algorithm_must_be_a_listed_one(harness, alg):
    assert is_invalid(harness, made(harness, header={"alg": alg}))


@pytest.mark.parametrize("alg", ["EdDSA", "PS256", "RS256", "HS256", "none"])
def test_rfc8725_3_1_the_key_determines_the_algorithm(harness, alg):
    assert is_invalid(harness, made(harness, header={"alg": alg}))
    assert is_invalid(harness, made(harness, jwk={**KEY.as_dict(private=False), "alg": alg}))


def test_rfc8725_3_1_a_public_key_is_no_secret(harness):
    secret = KEY.as_pem(private=False)
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": {"kty": "oct", "k": encoded(secret)}}
    assert is_invalid(harness, made(harness, header=header))


def test_rfc9449_4_3_6_a_proof_must_be_signed_by_its_key(harness):
    assert is_invalid(
        harness, made(harness, key=ECKey.generate_key(), jwk=KEY.as_dict(private=False))
    )
    assert is_invalid(harness, made(harness)[:-4] + "AAAA")
    assert is_invalid(harness, made(harness).rpartition(".")[0] + ".")


def test_rfc9449_4_3_6_one_signature_has_one_spelling(harness):
    text = made(harness)
    assert is_invalid(harness, text + "=")
    assert is_invalid(harness, text[:-1] + ("A" if text[-1] != "A" else "Q") + "A")


def test_rfc9449_4_3_7_a_private_key_in_the_header_is_refused(harness):
    assert is_invalid(harness, made(harness, jwk=KEY.as_dict(private=True)))
    rsa = KEYS["RS256"]()
    assert is_invalid(harness, made(harness, key=rsa, alg="RS256", jwk=rsa.as_dict(private=True)))


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "oct"}, {"kty": "RSA"}, {"kty": None}, {"crv": "P-384"}, {"crv": None}, {"x": ""},
        {"x": "AAAA"}, {"x": 1}, {"y": None}, {"y": "A" * 43}, {"use": "enc"}, {"k": "AAAA"},
        {"x": "é" * 43},
    ],
)  # fmt: skip
def test_rfc9449_4_2_the_key_must_be_usable(harness, change):
    assert is_invalid(harness, made(harness, jwk={**KEY.as_dict(private=False), **change}))


@pytest.mark.parametrize("jwk", [LEFT_OUT, None, [], "key", {}, {"kty": "EC"}])
def test_rfc9449_4_2_the_key_must_be_in_the_header(harness, jwk):
    assert is_invalid(harness, made(harness, header={"jwk": jwk}))


@pytest.mark.parametrize("name", ["n", "e"])
def test_rfc8725_3_5_a_key_with_invalid_numbers_is_refused(harness, name):
    rsa = KEYS["RS256"]()
    for number in ("", "AQ", "A" * 400, "A" * 9000, 65537):
        changed = {**rsa.as_dict(private=False), name: number}
        assert is_invalid(harness, made(harness, key=rsa, alg="RS256", jwk=changed))


@pytest.mark.filterwarnings("ignore:Key size")
def test_rfc8725_3_5_a_weak_key_is_refused(harness):
    weak = RSAKey.generate_key(1024)
    assert is_invalid(harness, made(harness, key=weak, alg="RS256"))


@pytest.mark.filterwarnings("ignore:Key size")
def test_rfc8725_3_5_a_weak_key_with_padding_is_refused(harness):
    weak = RSAKey.generate_key(1024)
    modulus = encoded(weak.public_key.public_numbers().n.to_bytes(256, "big"))
    padded = {**weak.as_dict(private=False), "n": modulus}
    assert is_invalid(harness, made(harness, key=weak, alg="RS256", jwk=padded))


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1}, {"crit": []}, {"crit": ["b64"], "b64": True}, {"crit": 1},
        {"b64": False}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/c"},
    ],
)  # fmt: skip
def test_rfc9449_4_3_crit_is_not_ignored(harness, header):
    assert is_invalid(harness, made(harness, header=header))


def test_rfc9449_4_3_8_the_method_must_match(harness):
    assert is_invalid(harness, made(harness, method="GET"))
    assert is_invalid(harness, made(harness, method="post"))


@pytest.mark.parametrize(
    "uri",
    [
        f"{ISSUER}/oauth/revoke", f"{ISSUER}/oauth/token/", f"{ISSUER}/oauth/tokens", ISSUER, "",
        "http://tokens.example.com/oauth/token", "https://evil.example/oauth/token",
        "https://tokens.example.com:8443/oauth/token", "https://a@tokens.example.com/oauth/token",
        "/oauth/token", "https:///oauth/token", "https://tokens.example.com:x/oauth/token",
        f"{ISSUER}/oauth%2Ftoken", f"{ISSUER}/oauth/token\n", f"{ISSUER}//oauth/token",
        "https://[tokens.example.com/oauth/token", f"{ISSUER}/OAuth/token",
    ],
)  # fmt: skip
def test_rfc9449_4_3_9_the_uri_must_match(harness, uri):
    assert is_invalid(harness, made(harness, uri=uri))


@pytest.mark.parametrize(
    "uri",
    [
        f"{TOKEN}?a=b", f"{TOKEN}#part", f"{TOKEN}?#", "HTTPS://TOKENS.example.com/oauth/token",
        "https://tokens.example.com:443/oauth/token", f"{ISSUER}/%6fauth/to%6Ben",
        f"{ISSUER}/a/../oauth/./token", "https://tokens.example.com:/oauth/token",
    ],
)  # fmt: skip
def test_rfc9449_4_3_9_equivalent_uris_match(harness, uri):
    assert shown(harness, made(harness, uri=uri)).jkt == KEY.thumbprint()


def test_rfc3986_6_a_uri_is_normalised():
    assert normalised("http://[::1]:80/%e9%7E") == "http://[::1]:80/%E9~"
    assert normalised("http://[::1]") == "http://[::1]:80/"
    assert normalised("ftp://host/") is None


@pytest.mark.parametrize("off", [-WINDOW - 1, WINDOW + 1, 10**9, -(10**9), float("1e308")])
def test_rfc9449_4_3_11_a_proof_must_be_recent(harness, off):
    assert is_invalid(harness, made(harness, at=harness.seconds + off))


@pytest.mark.parametrize("off", [-WINDOW, -0.5, WINDOW])
def test_rfc9449_4_3_11_clocks_may_differ_slightly(harness, off):
    assert shown(harness, made(harness, at=harness.seconds + off))


def test_rfc9449_4_3_12_the_hash_of_the_access_token_must_match(harness):
    assert is_invalid(harness, made(harness), "token")
    assert is_invalid(harness, made(harness, ath=ath_of("another")), "token")
    assert is_invalid(harness, made(harness, ath="é"), "token")
    assert shown(harness, made(harness, ath=ath_of("token")), "token")


def test_rfc9449_11_1_a_proof_is_accepted_once(harness):
    text = made(harness)
    assert shown(harness, text)
    assert refused(harness, text).failure.error_code == "invalid_dpop_proof"


@pytest.mark.parametrize("ahead", [-WINDOW, 0, WINDOW])
def test_rfc9449_11_1_a_proof_is_remembered_while_it_is_valid(harness, ahead):
    text, until = made(harness, at=harness.seconds + ahead), WINDOW + ahead
    assert shown(harness, text)
    harness.clock.forward(until)
    assert refused(harness, text)


def test_rfc9449_11_1_another_key_may_use_the_same_jti(harness):
    assert shown(harness, made(harness, jti="one"))
    assert shown(harness, made(harness, jti="one", key=KEYS["EdDSA"](), alg="EdDSA"))


def test_a_proof_is_kept_as_a_digest(harness):
    shown(harness, made(harness, jti="a name"))
    (kept,) = harness.did(PutIfAbsent)
    assert kept.key.startswith("oauth:proof:")
    assert "a name" not in kept.key + kept.value


def test_rfc9449_8_a_current_nonce_is_accepted(harness):
    nonce = harness.mint.nonce(harness.resource, harness.clock())
    assert shown(harness, made(harness, nonce=nonce)).nonce_known
    assert not shown(harness, made(harness)).nonce_known


@pytest.mark.parametrize("nonce", ["", "mine", "é", "A" * 1000])
def test_rfc9449_8_an_unknown_nonce_is_answered_with_a_fresh_one(harness, nonce):
    refusal = refused(harness, made(harness, nonce=nonce))
    assert refusal.failure[:2] == (400, "use_dpop_nonce")
    ((name, fresh),) = refusal.headers
    assert name == b"dpop-nonce"
    assert shown(harness, made(harness, nonce=fresh.decode())).nonce_known


def test_a_very_long_proof_is_refused(harness):
    assert is_invalid(harness, made(harness, nonce="A" * 4096))


def test_rfc9449_8_an_old_nonce_is_refused(harness):
    nonce = harness.mint.nonce(harness.resource, harness.clock())
    harness.clock.forward(360)
    assert refused(harness, made(harness, nonce=nonce)).failure.error_code == "use_dpop_nonce"
    assert not harness.did(PutIfAbsent)


@pytest.mark.parametrize("said", ["https://evil.example/é", "no uri"])
def test_rfc9449_4_3_9_an_invalid_uri_matches_no_proof(harness, said):
    shown = made(harness, uri=said)
    for ours in (f"{TOKEN}/é", "no uri"):
        with pytest.raises(InvalidProof):
            read_proof(shown, "POST", ours, harness.seconds)
