"""Asymmetric signatures, one class for each algorithm. Equal messages give equal signatures.

A key pair implements both ports, `Signer` and `Verifier`. Knows nothing of the ring.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from reticket.core.tokens.faces import to_text

RSA_BITS = 3072
_COORDINATE = 32
_ECDSA = ec.ECDSA(SHA256(), deterministic_signing=True)
_PKCS1 = padding.PKCS1v15()
_SHA256 = SHA256()


class Es256:
    """ECDSA on P-256 with SHA-256 (RFC 7518 §3.4); the nonce is derived from the message (RFC
    6979).
    """

    __slots__ = ("_private", "_public", "kid")
    algorithm = "ES256"

    def __init__(self, kid: str, private: ec.EllipticCurvePrivateKey) -> None:
        self.kid = kid
        self._private = private
        self._public = private.public_key()

    @staticmethod
    def generate() -> ec.EllipticCurvePrivateKey:
        """A new private key."""
        return ec.generate_private_key(ec.SECP256R1())

    @property
    def jwk(self) -> dict[str, str]:
        """RFC 7518 §6.2.1."""
        numbers = self._public.public_numbers()
        x, y = (each.to_bytes(_COORDINATE, "big") for each in (numbers.x, numbers.y))
        return _jwk(self, kty="EC", crv="P-256", x=to_text(x), y=to_text(y))

    def sign(self, message: bytes) -> bytes:
        """64 bytes: r and s."""
        return raw_of_der(self._private.sign(message, _ECDSA))

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature."""
        if len(signature) != 2 * _COORDINATE:
            return False
        r = int.from_bytes(signature[:_COORDINATE], "big")
        s = int.from_bytes(signature[_COORDINATE:], "big")
        return _is_valid(self._public.verify, encode_dss_signature(r, s), message, _ECDSA)


class EdDsa:
    """Ed25519 (RFC 8037 §3.1)."""

    __slots__ = ("_private", "_public", "kid")
    algorithm = "EdDSA"

    def __init__(self, kid: str, private: ed25519.Ed25519PrivateKey) -> None:
        self.kid = kid
        self._private = private
        self._public = private.public_key()

    @staticmethod
    def generate() -> ed25519.Ed25519PrivateKey:
        """A new private key."""
        return ed25519.Ed25519PrivateKey.generate()

    @property
    def jwk(self) -> dict[str, str]:
        """RFC 8037 §2."""
        return _jwk(self, kty="OKP", crv="Ed25519", x=to_text(self._public.public_bytes_raw()))

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(message)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature."""
        return _is_valid(self._public.verify, signature, message)


class Rs256:
    """RSA with PKCS #1 v1.5 and SHA-256 (RFC 7518 §3.3)."""

    __slots__ = ("_private", "_public", "kid")
    algorithm = "RS256"

    def __init__(self, kid: str, private: rsa.RSAPrivateKey) -> None:
        self.kid = kid
        self._private = private
        self._public = private.public_key()

    @staticmethod
    def generate() -> rsa.RSAPrivateKey:
        """A new private key."""
        return rsa.generate_private_key(65537, RSA_BITS)

    @property
    def jwk(self) -> dict[str, str]:
        """RFC 7518 §6.3.1."""
        numbers = self._public.public_numbers()
        n, e = (each.to_bytes(-(-each.bit_length() // 8), "big") for each in (numbers.n, numbers.e))
        return _jwk(self, kty="RSA", n=to_text(n), e=to_text(e))

    def sign(self, message: bytes) -> bytes:
        """As long as the modulus."""
        return self._private.sign(message, _PKCS1, _SHA256)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature."""
        return _is_valid(self._public.verify, signature, message, _PKCS1, _SHA256)


KeyPair = Es256 | EdDsa | Rs256

ALGORITHMS: dict[str, type[Es256] | type[EdDsa] | type[Rs256]] = {
    pair.algorithm: pair for pair in (Es256, EdDsa, Rs256)
}


def generate(algorithm: str) -> tuple[bytes, bytes]:
    """A new key pair: private part (PKCS #8) and public part (SubjectPublicKeyInfo), DER."""
    key = ALGORITHMS[algorithm].generate()
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return private, public


def load(kid: str, algorithm: str, private: bytes) -> KeyPair:
    """The pair that `generate` made. An RSA key is not validated, which takes 7 ms: nobody but
    this service can have sealed it.
    """
    key: Any = load_der_private_key(private, None, unsafe_skip_rsa_key_validation=True)
    return ALGORITHMS[algorithm](kid, key)


def _jwk(pair: KeyPair, **members: str) -> dict[str, str]:
    return {**members, "kid": pair.kid, "alg": pair.algorithm, "use": "sig"}


def raw_of_der(signature: bytes) -> bytes:
    """R and s, 32 bytes each, of a DER signature on P-256.

    Both integers are shorter than 128 bytes, so each length is one byte (X.690 §8.1.3.4).
    """
    middle = 4 + signature[3]
    return _coordinate(signature[4:middle]) + _coordinate(signature[middle + 2 :])


def _coordinate(integer: bytes) -> bytes:
    return integer[-_COORDINATE:].rjust(_COORDINATE, b"\0")


def _is_valid(check: Callable[..., None], *arguments: Any) -> bool:
    try:
        check(*arguments)
    except InvalidSignature:
        return False
    return True
