"""Opaque tokens of ORY Hydra: `ory_rt_RANDOM.MAC`. Its database has the MAC of each, and no more.

Sources: fosite's `token/hmac/hmacsha.go`, which makes and validates them; Hydra's `x/secret.go` and
`driver/config/provider_fosite.go`, which derive the keys from the setting `secrets.system`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable

from reticket.core.tokens.faces import from_text

TOKEN_PREFIX = "ory_rt_"  # noqa: S105
"""Of a refresh token. Hydra 1 wrote none, and Hydra 2 accepts tokens without it."""

SHORTEST_SECRET = 16
"""Bytes, as Hydra wants of the first secret."""

MOST_SECRETS = 8
"""The first one signs, and all of them verify. A forged token costs one MAC for each."""


def stored_keys(secrets: str) -> str:
    """The keys of system secrets, as they are stored. ValueError with a sentence.

    Args:
        secrets: one in each line.
    """
    said = [line.removesuffix("\r") for line in secrets.split("\n") if line.strip()]
    if not said:
        raise ValueError("there is no secret of Hydra")
    if len(said) > MOST_SECRETS:
        raise ValueError(f"there are more than {MOST_SECRETS} secrets of Hydra")
    if any(len(secret.encode()) < SHORTEST_SECRET for secret in said):
        raise ValueError(f"a secret of Hydra has at least {SHORTEST_SECRET} bytes")
    return json.dumps([hashlib.sha256(secret.encode()).hexdigest() for secret in said])


def keys_in(stored: str) -> list[bytes]:
    """The keys in what `stored_keys` returns."""
    return [bytes.fromhex(key) for key in json.loads(stored)]


def mac_of(key: bytes, random: bytes) -> bytes:
    """The MAC of the first part: HMAC with SHA-512/256."""
    return hmac.digest(key, random, "sha512_256")


def verifier(stored: str) -> Callable[[str], bool]:
    """Whether a token has the MAC of its first part, by one of these keys. All of them are tried,
    each in constant time.
    """
    keys = keys_in(stored)

    def verify(token: str) -> bool:
        first, _, second = token.removeprefix(TOKEN_PREFIX).partition(".")
        random, mac = from_text(first), from_text(second)
        if not random or not mac:
            return False
        return sum(hmac.compare_digest(mac_of(key, random), mac) for key in keys) > 0

    return verify
