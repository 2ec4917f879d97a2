"""Keys of another system: they verify its JWTs, and sign the old form of ours (ADR 0027).

A key never depends on a token: not its algorithm, and not its type (RFC 8725 §3.1).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from reticket.core.tokens.faces import from_text, to_text
from reticket.core.tokens.keys import MacFunction

Verify: TypeAlias = Callable[[bytes, bytes], bool]
"""Whether the second argument is a signature of the first."""

_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_SIGNATURES: Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {
    "RS256": RSAKey, "RS384": RSAKey, "RS512": RSAKey,
    "PS256": RSAKey, "PS384": RSAKey, "PS512": RSAKey,
    "ES256": ECKey, "ES384": ECKey, "ES512": ECKey,
    "EdDSA": OKPKey,
}  # fmt: skip
_MODELS = {"EdDSA": "Ed25519"}
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}

ALGORITHMS = (*_HASHES, *_SIGNATURES)
"""Neither `none` nor any other."""

SHORTEST_SECRET = 16
"""Bytes, for every algorithm. A shorter one can be guessed by whoever has a token. RFC 7518 §3.2
wants as many as the hash has, but other systems do not: a usual key of Django has 50 for HS512.
"""

_RSA_BITS = range(2048, 4097)
"""A longer key makes a check take milliseconds."""


def verifier(algorithm: str, key: str) -> Verify:
    """What verifies signatures of one algorithm. ValueError with a sentence about an unusable key.

    Args:
        algorithm: one of `ALGORITHMS`.
        key: as `canonical` returns it.
    """
    if algorithm in _HASHES:
        return _mac_verifier(_HASHES[algorithm], secret_in(key))
    public = _public_key(algorithm, key)
    model = JWSRegistry.algorithms[_MODELS.get(algorithm, algorithm)]
    return lambda message, signature: bool(model.verify(message, signature, public))


def text_secret(key: str) -> bytes:
    """The secret of a system that signs with the bytes of a text."""
    return key.encode()


def base64url_secret(key: str) -> bytes:
    """The secret of a system that keeps its bytes in base64url. ValueError with a sentence."""
    secret = from_text(key.rstrip("="))
    if secret is None:
        raise ValueError("the secret is not base64url, as the other system keeps it")
    return secret


def canonical(algorithm: str, key: str, secret_of: Callable[[str], bytes] = text_secret) -> str:
    """The one text that stands for a key in every form: an `oct` JWK (RFC 7518 §6.4), or PEM. So no
    key is adopted twice. ValueError with a sentence about an unusable key.

    Args:
        algorithm: one of `ALGORITHMS`.
        key: for HS256 and its kind the secret as the other system has it, or an `oct` JWK; else a
            public key as PEM or JWK.
        secret_of: the bytes of a secret that is no JWK.
    """
    if algorithm in _HASHES:
        secret = _as_used(_HASHES[algorithm], _secret_of(key, secret_of))
        return json.dumps({"k": to_text(secret), "kty": "oct"})
    if algorithm not in _SIGNATURES:
        raise ValueError(f"the algorithm must be one of {', '.join(ALGORITHMS)}")
    return _public_key(algorithm, key).as_pem(private=False).decode()


def _as_used(name: str, secret: bytes) -> bytes:
    """The secret as HMAC uses it (RFC 2104 §2): secrets that verify the same tokens are one. A
    longer one than the block is hashed, and zero bytes are added to a shorter one.
    """
    digest = hashlib.new(name)
    if len(secret) > digest.block_size:
        digest.update(secret)
        secret = digest.digest()
    return secret.rstrip(b"\0")


def secret_in(jwk: str) -> bytes:
    """The secret of an `oct` JWK. ValueError with a sentence."""
    encoded = _jwk_in(jwk).get("k")
    secret = from_text(encoded.rstrip("=")) if isinstance(encoded, str) else None
    if not secret:
        raise ValueError("the member k of the JWK is not base64url")
    return secret


def mac_function(jwk: str) -> MacFunction:
    """What signs as HS256 does, with the secret of an `oct` JWK. ValueError with a sentence."""
    secret = secret_in(jwk)
    return lambda message: hmac.digest(secret, message, "sha256")


def _mac_verifier(digest: str, secret: bytes) -> Verify:
    def verify(message: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(secret, message, digest), signature)

    return verify


def _secret_of(key: str, secret_of: Callable[[str], bytes]) -> bytes:
    """The secret. A public key is refused: everybody knows it, and could make tokens with it."""
    said = _jwk_in(key)
    if "-----BEGIN" in key or said.get("kty", "oct") != "oct":
        raise ValueError("the key is a public or private key, but the algorithm needs a secret")
    secret = secret_in(key) if "kty" in said else secret_of(key)
    if len(secret.rstrip(b"\0")) < SHORTEST_SECRET:  # HMAC adds such bytes itself
        raise ValueError(f"the secret must have at least {SHORTEST_SECRET} bytes")
    return secret


def _public_key(algorithm: str, key: str) -> RSAKey | ECKey | OKPKey:
    said = _jwk_in(key)
    if "PRIVATE KEY" in key or "d" in said:
        raise ValueError("the key is a private key: give the public one alone")
    try:
        with warnings.catch_warnings(action="ignore"):  # a weak key is refused below
            public = _SIGNATURES[algorithm].import_key(dict(said) or key)
        curve = public.get("crv")
        bits = public.raw_value.key_size if isinstance(public, RSAKey) else 0
    except (JoseError, ValueError, TypeError, AttributeError):
        raise ValueError(f"the key is no public key for {algorithm}, as PEM or JWK") from None
    if curve != _CURVES.get(algorithm):
        raise ValueError(f"{algorithm} needs a key of the curve {_CURVES[algorithm]}")
    if isinstance(public, RSAKey) and bits not in _RSA_BITS:
        raise ValueError("an RSA key must have 2048 to 4096 bits")
    return public


def _jwk_in(key: str) -> Mapping[str, Any]:
    """The members of a JWK; empty for any other text."""
    try:
        said = json.loads(key)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
