"""argon2 of any type, in its usual text (RFC 9106, PHC string format)."""

from __future__ import annotations

import re

from argon2.low_level import Type, hash_secret_raw

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.bounds import (
    LONGEST_DIGEST,
    LONGEST_SALT,
    MOST_ARGON2_WORK,
    MOST_LANES,
    MOST_MEMORY,
    whole,
    within,
)
from reticket.crypto.hashes.known import Configs, KnownHash
from reticket.crypto.hashes.phc import unpadded

TYPES = {"argon2d": Type.D, "argon2i": Type.I, "argon2id": Type.ID}
NAMES = tuple(TYPES)
_TEXT = re.compile(
    r"\$(argon2(?:id|i|d))(?:\$v=([0-9]+))?\$((?:[mtp]=[0-9]+,){2}[mtp]=[0-9]+)"
    r"\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)"
)
LEAST_COSTS = ((47104, 1), (19456, 2), (12288, 3), (9216, 4), (7168, 5))
"""Memory in KiB and passes below which a hash is weak (OWASP, 2023)."""
KIB = 1024
FIRST_VERSION = 16
"""A text without a version is of 1.0 (RFC 9106 has 1.3, which is 19)."""


def read(text: str, configs: Configs) -> KnownHash:
    """The hash of a text."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise HashRefused("a hash of argon2 must have the form $argon2id$v=19$m=,t=,p=$SALT$DIGEST")
    name, version, said_costs, salted, digested = found.groups()
    memory, passes, lanes = _costs(said_costs)
    kind, number = TYPES[name], _version(version)
    salt, digest = unpadded(salted, "the salt"), unpadded(digested, "the digest")
    within(len(salt), 8, LONGEST_SALT, "the bytes of the salt")
    length = within(len(digest), 12, LONGEST_DIGEST, "the bytes of the digest")

    def compute(secret: bytes) -> bytes:
        return hash_secret_raw(secret, salt, passes, memory, lanes, length, kind, number)

    return KnownHash(compute, digest, _is_weak(memory, passes), can_be_wrapped=False)


def _costs(said: str) -> tuple[int, int, int]:
    """Memory (KiB), passes and lanes; the argon2 of npm writes them in another order."""
    costs = dict(pair.split("=") for pair in said.split(","))
    memory, passes, lanes = (whole(costs.get(name, ""), f"{name} of argon2") for name in "mtp")
    within(lanes, 1, MOST_LANES, "the lanes of argon2")
    within(memory, 8 * lanes, MOST_MEMORY // KIB, "the memory of argon2, in KiB,")
    within(passes, 1, MOST_ARGON2_WORK // KIB // memory, "the passes of argon2 at that memory")
    return memory, passes, lanes


def _is_weak(memory: int, passes: int) -> bool:
    return not any(memory >= least and passes >= few for least, few in LEAST_COSTS)


def _version(said: str | None) -> int:
    number = FIRST_VERSION if said is None else whole(said, "the version of argon2")
    if number not in (16, 19):
        raise HashRefused("the version of argon2 must be 16 or 19")
    return number
