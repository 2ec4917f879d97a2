"""The public keys of a client's registration.

The registration fixes the one algorithm of each key, and no header can change it (RFC 8725 §3.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from reticket.core.people import Client
from reticket.verify.jose import Garbage, PublicKey, key_in, known_name

MOST_KEYS = 64
"""Keys of a set that are read. A set of 64 KiB may have 500."""

MOST_TRIED = 4
"""Keys of a client by which one signature is tried. A stranger may send any number of signatures.
Keys of one set seldom have the same `kid`, or none.
"""


class _KeySet(msgspec.Struct):
    """RFC 7517 §5."""

    keys: list[dict[str, Any]]


class ClientKey(NamedTuple):
    """A key; `kid` is None when the registration has none."""

    kid: str | None
    key: PublicKey

    @property
    def algorithm(self) -> str:
        """The only one that the key is used with."""
        return self.key.algorithm

    def matches(self, header: Mapping[str, Any]) -> bool:
        """Whether the `alg` and `kid` of a header belong to this key."""
        kid = header.get("kid")
        is_own = known_name(header.get("alg")) == self.algorithm
        return is_own and (kid == self.kid or None in (kid, self.kid))

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature."""
        return self.key.has_signed(message, signature)


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
    """The key of a JWK, or none. Unknown keys are ignored (RFC 7517 §5), weak ones too (RFC 7518
    §3.3), and those whose check takes long.
    """
    with suppress(Garbage):
        yield ClientKey(jwk.get("kid"), key_in(jwk))
