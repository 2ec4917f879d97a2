"""Which public keys of a client can check its signatures (RFC 7517)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.verify.jose import ALGORITHMS, Garbage, public_key


def has_signing_key(jwks: Mapping[str, Any]) -> bool:
    """Whether a signature of a client can be checked with a key of the set."""
    keys = jwks.get("keys")
    return isinstance(keys, list) and any(_signs(key) for key in keys if isinstance(key, dict))


def _signs(jwk: Mapping[str, Any]) -> bool:
    return any(_is_for(jwk, name) for name in ALGORITHMS if jwk.get("alg", name) == name)


def _is_for(jwk: Mapping[str, Any], algorithm: str) -> bool:
    try:
        public_key(jwk, algorithm)
    except Garbage:
        return False
    return True
