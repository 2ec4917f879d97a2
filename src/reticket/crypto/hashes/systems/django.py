"""Django's `password` column: `ALGORITHM$…` (django.contrib.auth.hashers)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reticket.core.errors import HashRefused
from reticket.core.people import NO_PASSWORD
from reticket.crypto.hashes.algorithms.pbkdf2 import pbkdf2_text
from reticket.crypto.hashes.algorithms.salted import SALT_FIRST, salted_text
from reticket.crypto.hashes.algorithms.scrypt import scrypt_text
from reticket.crypto.hashes.bounds import whole
from reticket.crypto.hashes.phc import hexadecimal, unpadded
from reticket.crypto.hashes.systems import GivenHash

NAME = "django"
BY_PREFIX = True
MEMBERS: frozenset[str] = frozenset()
UNUSABLE = "!"
"""What Django writes before random characters for a person without a password."""


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    if not isinstance(said, str):
        return None
    if said.startswith(UNUSABLE):
        return NO_PASSWORD
    algorithm, found, rest = said.partition("$")
    reader = _READERS.get(algorithm) if found else None
    return None if reader is None else reader(rest)


def _pbkdf2(digester: str, rest: str) -> str:
    iterations, salt, digest = _fields(rest, 3)
    number = whole(iterations, "the number of iterations")
    return pbkdf2_text(digester, number, salt.encode(), unpadded(digest, "the digest"))


def _scrypt(rest: str) -> str:
    said_n, salt, said_r, said_p, digest = _fields(rest, 5)
    n, r, p = (whole(each, "a cost of scrypt") for each in (said_n, said_r, said_p))
    return scrypt_text(n, r, p, salt.encode(), unpadded(digest, "the digest"))


def _md5(rest: str) -> str:
    salt, digest = _fields(rest, 2)
    return salted_text("md5", SALT_FIRST, salt.encode(), hexadecimal(digest, "the digest"))


def _fields(rest: str, count: int) -> list[str]:
    fields = rest.split("$")
    if len(fields) != count:
        raise HashRefused(f"a hash of Django of this kind must have {count + 1} parts")
    return fields


_READERS: Mapping[str, Callable[[str], str]] = {
    "pbkdf2_sha256": lambda rest: _pbkdf2("sha256", rest),
    "pbkdf2_sha1": lambda rest: _pbkdf2("sha1", rest),
    "scrypt": _scrypt,
    "md5": _md5,
    "argon2": lambda rest: f"${rest}",
    "bcrypt": lambda rest: rest,
    "bcrypt_sha256": lambda rest: f"$bcrypt-sha256{rest}",
}
"""By the algorithm. The last three have another text behind a dollar sign."""
