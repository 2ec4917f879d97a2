"""The public keys of a client's registration.

The registration fixes the one algorithm of each key, and no header can change it (RFC 8725 §3.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key
from joserfc.jws import JWSRegistry

from reticket.core.people import Client
from reticket.core.tokens.faces import from_text

ALGORITHMS = ("ES256", "EdDSA", "PS256", "RS256")
"""The metadata `token_endpoint_auth_signing_alg_values_supported`."""

_ALGORITHMS_BY_KEY_TYPE = {
    ("EC", "P-256"): ("ES256",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("RSA", None): ("RS256", "PS256"),
}
"""The algorithms of a key type; the first is the default."""

MIN_RSA_BITS = 2048
"""RFC 7518 §3.3."""

_RFC_9864_NAMES = {"EdDSA": "Ed25519"}
"""Fully specified names of algorithms (RFC 9864 §2.2)."""

MOST_KEYS = 64
"""Keys of a set that are read. A set of 64 KiB may have 500, and a signature is tried by each."""

_PUBLIC_MEMBERS = ("kty", "crv", "x", "y", "n", "e")
"""The public members of a JWK."""


class _KeySet(msgspec.Struct):
    """RFC 7517 §5."""

    keys: list[dict[str, Any]]


class ClientKey(NamedTuple):
    """A key; `kid` is None when the registration has none."""

    kid: str | None
    algorithm: str
    key: Key

    def matches(self, header: Mapping[str, Any]) -> bool:
        """Whether the `alg` and `kid` of a header belong to this key."""
        kid = header.get("kid")
        names = (self.algorithm, _RFC_9864_NAMES.get(self.algorithm, self.algorithm))
        return header.get("alg") in names and (kid == self.kid or None in (kid, self.kid))

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature."""
        name = _RFC_9864_NAMES.get(self.algorithm, self.algorithm)
        return JWSRegistry.algorithms[name].verify(message, signature, self.key)


@lru_cache(10_000)
def keys_of(client: Client) -> tuple[ClientKey, ...]:
    """The keys of a client, cached; a changed record is another object."""
    key_set = client.registration.get("jwks") or {}
    return _usable(key_set.get("keys", ()))


@lru_cache(256)
def keys_in(document: bytes) -> tuple[ClientKey, ...]:
    """The keys in a fetched key set, cached; none in what is no key set."""
    try:
        key_set = msgspec.json.decode(document, type=_KeySet)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ()
    return _usable(key_set.keys)


def _usable(jwks: Sequence[Mapping[str, Any]]) -> tuple[ClientKey, ...]:
    return tuple(key for jwk in jwks[:MOST_KEYS] for key in _read(jwk))


def _read(jwk: Mapping[str, Any]) -> Iterator[ClientKey]:
    """The key of a JWK, or none: unknown keys are ignored (RFC 7517 §5)."""
    key_type = jwk.get("kty"), jwk.get("crv")
    allowed = [
        each
        for each_type, algorithms in _ALGORITHMS_BY_KEY_TYPE.items()
        if each_type == key_type
        for each in algorithms
    ]
    algorithm = jwk.get("alg") or next(iter(allowed), None)
    if algorithm not in allowed or jwk.get("use", "sig") != "sig" or _is_weak(jwk):
        return
    try:
        key = import_key({name: jwk[name] for name in _PUBLIC_MEMBERS if name in jwk})
    except (JoseError, ValueError):
        return
    yield ClientKey(jwk.get("kid"), algorithm, key)


def _is_weak(jwk: Mapping[str, Any]) -> bool:
    modulus = from_text(str(jwk.get("n"))) or b""
    return jwk["kty"] == "RSA" and int.from_bytes(modulus).bit_length() < MIN_RSA_BITS
