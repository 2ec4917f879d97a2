"""Werkzeug's `METHOD:…$SALT$HEX` (werkzeug.security.generate_password_hash)."""

from __future__ import annotations

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms.pbkdf2 import LEAST, pbkdf2_text
from reticket.crypto.hashes.algorithms.scrypt import scrypt_text
from reticket.crypto.hashes.bounds import whole
from reticket.crypto.hashes.phc import hexadecimal
from reticket.crypto.hashes.systems import GivenHash

NAME = "werkzeug"
BY_PREFIX = True
MEMBERS: frozenset[str] = frozenset()


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    if not isinstance(said, str) or not said.startswith(("pbkdf2:", "scrypt:")):
        return None
    if said.count("$") != 2:
        raise HashRefused("a hash of Werkzeug must have the form METHOD$SALT$HEX")
    method, salted, digested = said.split("$")
    name, *said_costs = method.split(":")
    salt, digest = salted.encode(), hexadecimal(digested, "the digest")
    if name == "scrypt":
        return _scrypt(said_costs, salt, digest)
    return _pbkdf2(said_costs, salt, digest)


def _scrypt(costs: list[str], salt: bytes, digest: bytes) -> str:
    if len(costs) != 3:
        raise HashRefused("scrypt of Werkzeug must have three costs")
    n, r, p = (whole(cost, "a cost of scrypt") for cost in costs)
    return scrypt_text(n, r, p, salt, digest)


def _pbkdf2(costs: list[str], salt: bytes, digest: bytes) -> str:
    if len(costs) != 2:
        raise HashRefused("PBKDF2 of Werkzeug must say its digest and its iterations")
    if costs[0] not in LEAST:
        raise HashRefused(f"the digest of PBKDF2 must be one of {', '.join(LEAST)}")
    return pbkdf2_text(costs[0], whole(costs[1], "the number of iterations"), salt, digest)
