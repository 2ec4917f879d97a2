"""Asymmetric signatures: one suite an algorithm. Deterministic: equal bytes, equal signatures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

RSA_BITS = 3072
_ECDSA = ec.ECDSA(SHA256(), deterministic_signing=True)
_COORDINATE = 32


@dataclass(frozen=True, slots=True)
class Suite:
    """What an algorithm of RFC 7518 needs: a new key, a signature, a check of one.

    `check` raises InvalidSignature.
    """

    generate: Callable[[], Any]
    sign: Callable[[Any, bytes], bytes]
    check: Callable[[Any, bytes, bytes], None]


def _sign_es256(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(message, _ECDSA))
    return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")


def _check_es256(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> None:
    if len(signature) != 2 * _COORDINATE:
        raise InvalidSignature
    r = int.from_bytes(signature[:_COORDINATE], "big")
    s = int.from_bytes(signature[_COORDINATE:], "big")
    key.verify(encode_dss_signature(r, s), message, _ECDSA)


def _sign_rs256(key: rsa.RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, padding.PKCS1v15(), SHA256())


def _check_rs256(key: rsa.RSAPublicKey, signature: bytes, message: bytes) -> None:
    key.verify(signature, message, padding.PKCS1v15(), SHA256())


SUITES = {
    "ES256": Suite(lambda: ec.generate_private_key(ec.SECP256R1()), _sign_es256, _check_es256),
    "EdDSA": Suite(
        ed25519.Ed25519PrivateKey.generate,
        lambda key, message: bytes(key.sign(message)),
        lambda key, signature, message: key.verify(signature, message),
    ),
    "RS256": Suite(lambda: rsa.generate_private_key(65537, RSA_BITS), _sign_rs256, _check_rs256),
}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The port `Signer`."""

    kid: str
    algorithm: str
    _key: Any = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """The signature in the form of RFC 7518."""
        return SUITES[self.algorithm].sign(self._key, message)


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """The port `Verifier`."""

    kid: str
    algorithm: str
    _key: Any = field(repr=False)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key's private part made it."""
        try:
            SUITES[self.algorithm].check(self._key, signature, message)
        except InvalidSignature:
            return False
        return True


def generate(algorithm: str) -> tuple[bytes, bytes]:
    """A new key pair: private part (PKCS #8) and public part (SubjectPublicKeyInfo), DER."""
    key = SUITES[algorithm].generate()
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return private, public


def signing_key(kid: str, algorithm: str, private: bytes) -> SigningKey:
    """A signer from what `generate` made."""
    return SigningKey(kid, algorithm, load_der_private_key(private, None))


def verifying_key(kid: str, algorithm: str, public: bytes) -> VerifyingKey:
    """A verifier from what `generate` made."""
    return VerifyingKey(kid, algorithm, load_der_public_key(public))
