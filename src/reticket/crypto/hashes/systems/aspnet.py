"""ASP.NET Core Identity's `PasswordHash`, of its versions 2 and 3 (`PasswordHasher.cs`)."""

from __future__ import annotations

import struct

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms.pbkdf2 import pbkdf2_text
from reticket.crypto.hashes.phc import unpadded
from reticket.crypto.hashes.systems import GivenHash

NAME = "aspnet"
BY_PREFIX = False
MEMBERS: frozenset[str] = frozenset()
VERSION_2, VERSION_3 = 0, 1
SALT_BYTES, ITERATIONS = 16, 1000
"""Of version 2."""
_VERSION_2_BYTES = 1 + SALT_BYTES + 32
_HEADER = struct.Struct(">BIII")
"""Of version 3: the marker, the function, the iterations, and the bytes of the salt."""
_FUNCTIONS = {0: "sha1", 1: "sha256", 2: "sha512"}


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    if not isinstance(said, str):
        return None
    data = unpadded(said, "a hash of ASP.NET")
    if len(data) == _VERSION_2_BYTES and data[0] == VERSION_2:
        salt, digest = data[1 : 1 + SALT_BYTES], data[1 + SALT_BYTES :]
        return pbkdf2_text("sha1", ITERATIONS, salt, digest)
    if len(data) > _HEADER.size and data[0] == VERSION_3:
        return _version_3(data)
    raise HashRefused("a hash of ASP.NET must be of version 2 or 3")


def _version_3(data: bytes) -> str:
    _, function, iterations, length = _HEADER.unpack_from(data)
    rest = data[_HEADER.size :]
    if function not in _FUNCTIONS:
        raise HashRefused("a hash of ASP.NET has a function that is not known")
    return pbkdf2_text(_FUNCTIONS[function], iterations, rest[:length], rest[length:])
