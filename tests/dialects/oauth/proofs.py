"""Proofs of RFC 9449 as a client makes them, valid and invalid ones."""

import hashlib
from base64 import urlsafe_b64encode
from functools import cache

import msgspec
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

KEY = ECKey.generate_key("P-256")
KEYS = {
    "ES256": lambda: KEY,
    "EdDSA": cache(lambda: OKPKey.generate_key("Ed25519")),
    "Ed25519": cache(lambda: OKPKey.generate_key("Ed25519")),
    "PS256": cache(lambda: RSAKey.generate_key(2048)),
    "RS256": cache(lambda: RSAKey.generate_key(2048)),
}
"""What returns the key of an algorithm. An RSA key takes a tenth of a second, so it is made when a
test asks for it.
"""
_MODELS = {"EdDSA": "Ed25519"}
LEFT_OUT = object()


def encoded(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def ath_of(access_token):
    return encoded(hashlib.sha256(access_token.encode()).digest())


def signed(key, header, claims, alg="ES256"):
    """A compact JWS with any content."""
    parts = [encoded(each if isinstance(each, bytes) else msgspec.json.encode(each))
             for each in (header, claims)]  # fmt: skip
    message = ".".join(parts).encode()
    signature = JWSRegistry.algorithms[_MODELS.get(alg, alg)].sign(message, key)
    return f"{message.decode()}.{encoded(signature)}"


def proof(method, uri, at, *, key=KEY, alg="ES256", jwk=None, header=None, **claims):
    """A proof made `at` (seconds) for a request; members that are LEFT_OUT are not in it."""
    said = {"jti": hashlib.sha256(f"{at}{claims}".encode()).hexdigest()}
    said |= {"htm": method, "htu": uri, "iat": at, **claims}
    head = {"typ": "dpop+jwt", "alg": alg, "jwk": jwk or key.as_dict(private=False)}
    head |= header or {}
    return signed(key, _without(head), _without(said), alg)


def _without(members):
    return {name: value for name, value in members.items() if value is not LEFT_OUT}
