"""Which JWTs of another system are read as its refresh tokens, and by which keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from tests.core.adopting import SECRET, jwt_adoption

from reticket.adoption.hashids import Hashids
from reticket.adoption.keys import ALGORITHMS, base64url_secret, canonical
from reticket.adoption.reader import AdoptedTokens
from reticket.adoption.systems import systems
from reticket.core.identifiers import family_id
from reticket.core.policy import DAY, SECOND
from reticket.core.tokens.faces import LONGEST_JWT
from reticket.dialects.cloudreve.tokens import uuid_text
from reticket.testing import FakeClock
from reticket.testing.clock import START

NOW = START // SECOND
CLAIMS = {"token_type": "refresh", "exp": NOW + DAY, "iat": NOW, "jti": "one", "user_id": 7}


def pem(key):
    """The public key."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def private_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


RSA = rsa.generate_private_key(65537, 2048)
P256, P384 = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
RAW = os.urandom(128)
ED = ed25519.Ed25519PrivateKey.generate()


def read(text, **members):
    """What a presented text is, for one adoption."""
    if "key" in members:
        members["key"] = canonical(members.get("algorithm", "HS256"), members["key"])
    adoption = jwt_adoption(**members)
    tokens = AdoptedTokens(lambda: [adoption], FakeClock())
    found = tokens.read(adoption.kind, text)
    return found[0].stated if found else None


def by_hand(header, claims, secret=SECRET, digest="sha256"):
    """A JWT of any header, with an HMAC."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=")
        for each in (header, claims)
    ]
    signed = b".".join(parts)
    tag = base64.urlsafe_b64encode(hmac.digest(secret.encode(), signed, digest)).rstrip(b"=")
    return (signed + b"." + tag).decode()


def test_a_refresh_token_of_simplejwt_is_read():
    stated = read(jwt.encode(CLAIMS, SECRET, "HS256"))
    assert (stated.subject, stated.expires_at, stated.issued_at) == (
        "7", (NOW + DAY) * SECOND, NOW * SECOND,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "options"),
    [("hash_password", {}), ("secret_state", {"revoke_token_claim": "secret_state"})],
)
def test_a_refresh_token_of_simplejwt_may_name_the_state_of_the_password(name, options):
    """`CHECK_REVOKE_TOKEN`: a change of the password ends it there."""
    said = jwt.encode({**CLAIMS, name: "5F4DCC3B5AA765D61D8327DEB882CF99"}, SECRET, "HS256")
    assert read(said, options=options).state == "5F4DCC3B5AA765D61D8327DEB882CF99"
    assert read(jwt.encode({**CLAIMS, name: 7}, SECRET, "HS256"), options=options) is None
    assert read(jwt.encode(CLAIMS, SECRET, "HS256"), options=options).state is None


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("RS256", RSA), ("PS256", RSA), ("ES256", P256), ("ES384", P384), ("EdDSA", ED)],
)
def test_a_public_key_verifies_as_pem_and_as_jwk(algorithm, key):
    text = jwt.encode(CLAIMS, private_pem(key), algorithm)
    assert read(text, algorithm=algorithm, key=pem(key)).subject == "7"
    jwk = json.dumps(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True))
    assert read(text, algorithm=algorithm, key=jwk).subject == "7"


@pytest.mark.parametrize(
    "text",
    [
        by_hand({"alg": "none", "typ": "JWT"}, CLAIMS).rpartition(".")[0] + ".",
        by_hand({"alg": "none", "typ": "JWT"}, CLAIMS),
        by_hand({"alg": "HS512", "typ": "JWT"}, CLAIMS, digest="sha512"),
        by_hand({"typ": "JWT"}, CLAIMS),
        by_hand({"alg": ["HS256"], "typ": "JWT"}, CLAIMS),
        by_hand({"alg": "HS256", "typ": "JWT", "crit": ["exp"]}, CLAIMS),
        by_hand({"alg": "HS256", "typ": "JWT", "jwk": {}}, CLAIMS),
        by_hand({"alg": "HS256", "typ": "at+jwt"}, CLAIMS),
        by_hand(["HS256"], CLAIMS),
        by_hand({"alg": "HS256"}, CLAIMS, secret=SECRET + "x"),
        by_hand({"alg": "HS256"}, CLAIMS, secret=""),
        by_hand({"alg": "HS256"}, [CLAIMS]),
        by_hand({"alg": "HS256"}, {**CLAIMS, "token_type": "access"}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "token_type": None}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "exp": None}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "exp": "soon"}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "exp": True}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "exp": -1}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "exp": 1e300}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "nbf": NOW + 3600}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "jti": 7}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "jti": ""}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "user_id": None}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "user_id": {"a": 1}}),
        by_hand({"alg": "HS256"}, {**CLAIMS, "pad": "x" * 9000}),
        by_hand({"alg": "HS256"}, CLAIMS) + "=",
        by_hand({"alg": "HS256"}, CLAIMS) + ".",
        "é" + by_hand({"alg": "HS256"}, CLAIMS),
        "..",
    ],
)
def test_what_the_other_system_has_not_made_as_a_refresh_token_is_not_read(text):
    assert read(by_hand({"alg": "HS256"}, CLAIMS)) is not None
    assert read(text) is None


def test_a_public_key_is_no_secret():
    """Whoever knows a public key could otherwise sign with it (RFC 8725 §2.1)."""
    text = by_hand({"alg": "HS256", "typ": "JWT"}, CLAIMS, secret=pem(RSA))
    assert read(text, algorithm="RS256", key=pem(RSA)) is None
    with pytest.raises(ValueError, match="needs a secret"):
        canonical("HS256", pem(RSA))
    with pytest.raises(ValueError, match="needs a secret"):
        canonical("HS256", json.dumps({"kty": "EC"}))


@pytest.mark.parametrize(
    ("algorithm", "key", "words"),
    [
        ("none", SECRET, "one of HS256"),
        ("HS256", "short", "at least 16 bytes"),
        ("RS256", SECRET, "no public key for RS256"),
        ("RS256", private_pem(RSA), "give the public one alone"),
        ("RS256", pem(P256), "no public key for RS256"),
        ("ES256", pem(RSA), "no public key for ES256"),
        ("ES256", pem(P384), "curve P-256"),
        ("EdDSA", pem(P256), "no public key for EdDSA"),
        ("RS256", pem(rsa.generate_private_key(65537, 1024)), "2048 to 4096 bits"),
        ("RS256", "{}", "no public key for RS256"),
    ],
)
def test_a_key_of_the_wrong_kind_is_refused_with_a_sentence(algorithm, key, words):
    with pytest.raises(ValueError, match=words) as refused:
        canonical(algorithm, key)
    assert key not in str(refused.value)


def jwk_of(secret):
    """An `oct` JWK (RFC 7518 §6.4)."""
    return json.dumps({"kty": "oct", "k": base64url(secret)})


def base64url(secret):
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def test_an_oct_jwk_has_a_secret_of_any_bytes():
    text = jwt.encode(CLAIMS, RAW, "HS512")
    assert read(text, algorithm="HS512", key=jwk_of(RAW)).subject == "7"
    assert read(text, algorithm="HS512", key=base64url(RAW)) is None


def test_a_key_has_one_text_in_all_its_forms():
    """Otherwise it could be adopted twice, and ended sessions could begin anew."""
    spaced = jwk_of(RAW).replace(",", " , ")
    said = {canonical("HS512", each) for each in (jwk_of(RAW), spaced)}
    said |= {canonical("HS512", base64url(RAW) + end, base64url_secret) for end in ("", "=")}
    assert len(said) == 1
    jwk = jwt.get_algorithm_by_name("RS256").to_jwk(RSA.public_key(), as_dict=True)
    forms = [pem(RSA), pem(RSA).replace("\n", "\r\n"), "\n" + pem(RSA), json.dumps(jwk)]
    forms += [json.dumps({**jwk, **more}) for more in ({"kid": "one"}, {"alg": "RS256"})]
    assert len({canonical("RS256", each) for each in forms}) == 1


@pytest.mark.parametrize("size", [64, 128, 129, 200])
def test_secrets_that_verify_the_same_tokens_are_one_key(size):
    secret = os.urandom(size - 1) + b"x"
    used = hashlib.sha512(secret).digest() if size > 128 else secret
    forms = [secret, used, used + bytes(128 - len(used))]
    assert len({canonical("HS512", jwk_of(each)) for each in forms}) == 1
    text = jwt.encode(CLAIMS, secret, "HS512")
    assert read(text, algorithm="HS512", key=jwk_of(secret)).subject == "7"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (jwk_of(b"short"), "at least 16 bytes"),
        (jwk_of(b"short" + bytes(16)), "at least 16 bytes"),
        ('{"kty": "oct", "k": "not base64url!"}', "member k of the JWK is not base64url"),
        ('{"kty": "oct", "k": 7}', "member k of the JWK is not base64url"),
        ('{"kty": "oct"}', "member k of the JWK is not base64url"),
    ],
)
def test_an_unusable_oct_jwk_is_refused_with_a_sentence(key, words):
    with pytest.raises(ValueError, match=words):
        canonical("HS256", key)


class TestKeycloak:
    """Its generated realm keys are random bytes, which its database has in base64url."""

    CLAIMS = {  # noqa: RUF012
        "typ": "Refresh", "exp": NOW + DAY, "iat": NOW, "jti": "one",
        "iss": "https://sso.example.com/realms/shop", "sub": "7f2c", "azp": "spa", "sid": "s1",
        "scope": "openid",
    }  # fmt: skip

    def token(self, **claims):
        said = {name: each for name, each in (self.CLAIMS | claims).items() if each != "absent"}
        (found,) = keycloak_tokens(jwt.encode(said, RAW, "HS512"), base64url(RAW))
        return found

    def test_the_realm_key_is_read_as_its_database_has_it(self):
        stated = self.token().stated
        assert (stated.subject, stated.client, stated.scope) == ("7f2c", "spa", "openid")
        text = jwt.encode(self.CLAIMS, RAW, "HS512")
        assert keycloak_tokens(text, base64.urlsafe_b64encode(RAW).decode())
        assert keycloak_tokens(text, jwk_of(RAW))

    @pytest.mark.parametrize("key", ["**********", "a secret with spaces in it", "é" * 40])
    def test_a_key_that_is_not_base64url_is_refused_with_a_sentence(self, key):
        with pytest.raises(ValueError, match="the secret is not base64url"):
            keycloak_tokens("", key)

    @pytest.mark.parametrize("exp", ["absent", 0], ids=str)
    def test_an_offline_token_without_an_end_lasts_as_long_as_the_adoption(self, exp):
        token = self.token(typ="Offline", exp=exp)
        assert token.read(None, None).expires_at == token.adoption.until

    def test_an_offline_token_with_an_end_keeps_it(self):
        assert self.token(typ="Offline").stated.expires_at == (NOW + DAY) * SECOND

    def test_offline_and_online_tokens_of_a_client_are_two_sessions(self):
        """Keycloak gives both the same `sid`."""
        assert self.token(typ="Offline").family != self.token().family
        imported = systems()["keycloak"].imported
        token = self.token(typ="Offline")
        assert token.family == token.adoption.session_of(imported("offline:s1", "spa"))

    def test_a_token_of_another_client_than_the_adoptions_is_not_read(self):
        text = jwt.encode(self.CLAIMS, RAW, "HS512")
        assert keycloak_tokens(text, base64url(RAW), client="spa")
        assert not keycloak_tokens(text, base64url(RAW), client="another")

    @pytest.mark.parametrize(
        "claims", [{"exp": "absent"}, {"typ": "Bearer"}, {"typ": ["Refresh"]}], ids=str
    )
    def test_another_token_is_not_read(self, claims):
        said = {name: each for name, each in (self.CLAIMS | claims).items() if each != "absent"}
        assert not keycloak_tokens(jwt.encode(said, RAW, "HS512"), base64url(RAW))


def keycloak_tokens(text, key, client=None):
    adoption = jwt_adoption(
        system="keycloak", reader="keycloak", algorithm="HS512", client=client,
        key=canonical("HS512", key, systems()["keycloak"].secret_of),
        issuer="https://sso.example.com/realms/shop",
    )  # fmt: skip
    return AdoptedTokens(lambda: [adoption], FakeClock()).read(adoption.kind, text)


def test_no_algorithm_is_missing():
    assert "none" not in ALGORITHMS
    assert all(set(each.algorithms) <= set(ALGORITHMS) for each in systems().values())


def test_an_issuer_must_be_the_one_of_the_adoption():
    issuer = "https://sso.example.com"
    mine, others = ({**CLAIMS, "iss": each} for each in (issuer, "https://other.example.com"))
    assert read(jwt.encode(mine, SECRET), issuer=issuer)
    assert read(jwt.encode(others, SECRET), issuer=issuer) is None
    assert read(jwt.encode(CLAIMS, SECRET), issuer=issuer) is None


class TestCloudreve:
    SALT = "the salt of a drive"
    CLAIMS = {  # noqa: RUF012
        "token_type": "refresh",
        "sub": Hashids(SALT).encode([41, 1]),
        "nbf": NOW,
        "exp": NOW + DAY,
        "state_hash": base64.b64encode(hashlib.sha256(b"a/b/c").digest()).decode(),
        "root_token_id": "0f0f6ad3-6f41-4f2c-9d53-0b2a2f6d5d6e",
    }

    def read(self, kind="test.opaque", **claims):
        text = jwt.encode(self.CLAIMS | claims, SECRET)
        return read(text, reader="cloudreve", kind=kind, salts={"hash_id_salt": self.SALT})

    def test_its_user_is_found_by_the_number_in_the_hashid(self):
        stated = self.read()
        assert (stated.subject, stated.state) == ("41", self.CLAIMS["state_hash"])
        assert (stated.client, stated.scope) == (None, None)

    def test_a_token_of_an_app_names_the_app_and_its_scopes(self):
        stated = self.read(client_id="an app", scopes=["openid", "Files.Read"])
        assert (stated.client, stated.scope) == ("an app", "openid Files.Read")

    def test_a_token_is_for_people_or_for_apps(self):
        """Otherwise it had two sessions, and a sign-out ended one of them."""
        assert self.read("cloudreve.user")
        assert self.read("cloudreve.app", client_id="an app").client == "an app"
        assert self.read("cloudreve.user", client_id="an app") is None
        assert self.read("cloudreve.app") is None

    @pytest.mark.parametrize(
        "claims",
        [
            {"sub": Hashids(SALT).encode([41, 2])},
            {"sub": Hashids(SALT).encode([41])},
            {"sub": Hashids("another salt").encode([41, 1])},
            {"sub": "41"},
            {"sub": "x" * 5000},
            {"root_token_id": None},
            {"state_hash": None},
            {"token_type": "access"},
            {"rtk": "x"},
            {"rtk": None},
        ],
    )
    def test_another_token_is_not_read(self, claims):
        assert self.read(**claims) is None

    def test_a_session_that_the_old_server_took_over_from_here_does_not_begin_anew(self):
        """By an old form of our token it makes one of its own. The session may have ended here."""
        assert self.read(root_token_id="0f0f6ad3-6f41-4f2c-9d53-0b2a2f6d5d6e")
        ours = family_id(START, bytes).hex()
        assert self.read(root_token_id=uuid_text(ours)) is None
        assert self.read(root_token_id=uuid_text(ours).upper()) is None

    @pytest.mark.parametrize("form", ["{%s}", "urn:uuid:%s", "%s ", "%.31s"])
    @pytest.mark.parametrize("version", ["4", "7"])
    def test_a_session_has_one_spelling(self, form, version):
        """Otherwise one that has ended could begin anew by another one."""
        session = f"0f0f6ad3-6f41-{version}f2c-9d53-0b2a2f6d5d6e"
        assert self.read(root_token_id=form % session) is None
        assert self.read(root_token_id=session.replace("-", "")) is None


def test_hashids_are_those_of_the_library():
    """Made with the package `hashids` of PyPI, which go-hashids agrees with."""
    known = {"this is my salt": ([12345], "NkK9"), "": ([1, 1], "kRfO")}
    known["salt of a drive"] = ([1, 1], "jJFV")
    for salt, (numbers, text) in known.items():
        assert Hashids(salt).encode(numbers) == text
        assert Hashids(salt).decode(text) == numbers


def test_a_jwt_that_a_key_has_signed_is_of_that_adoption_alone():
    adoptions = [
        jwt_adoption(name="opaque", reader="plain", algorithm=None, key=""),
        jwt_adoption(name="one"),
        jwt_adoption(name="two", key=canonical("HS256", SECRET + SECRET)),
    ]
    tokens = AdoptedTokens(lambda: adoptions, FakeClock())
    names = [each.adoption.name for each in tokens.read("test.opaque", jwt.encode(CLAIMS, SECRET))]
    assert names == ["one"]
    assert [each.adoption.name for each in tokens.read("test.opaque", "a text")] == ["opaque"]
    assert tokens.read("test.jwt", "a text") == ()


def test_a_long_text_is_not_even_hashed():
    adoption = jwt_adoption(reader="plain", algorithm=None, key="")
    tokens = AdoptedTokens(lambda: [adoption], FakeClock())
    assert tokens.read(adoption.kind, "x" * LONGEST_JWT)
    assert tokens.read(adoption.kind, "x" * (LONGEST_JWT + 1)) == ()


def test_a_removed_or_ended_adoption_reads_nothing():
    clock, adoptions = FakeClock(), [jwt_adoption()]
    tokens, text = AdoptedTokens(lambda: list(adoptions), clock), jwt.encode(CLAIMS, SECRET)
    assert tokens.read("test.opaque", text)
    adoptions[0] = replace(adoptions[0], removed_at=START)
    tokens.reload()
    assert not tokens.read("test.opaque", text)
    adoptions[0] = jwt_adoption(until=START + 1)
    tokens.reload()
    assert tokens.read("test.opaque", text)
    clock.at += 1
    assert not tokens.read("test.opaque", text)


def test_no_secret_is_in_a_repr():
    adoption = jwt_adoption(salts={"hash_id_salt": "the salt"})
    said = repr(adoption)
    assert SECRET not in said
    assert "the salt" not in said
    assert repr(adoption.secret) not in said
