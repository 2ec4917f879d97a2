"""A hash in columns, as programs in Node keep it: `algorithm`, costs, `salt` and `hash`.

`hash` and `salt` are hex digits or base64. With `salt_encoding` "text" the salt is the text itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms.pbkdf2 import LEAST, pbkdf2_text
from reticket.crypto.hashes.algorithms.scrypt import scrypt_text
from reticket.crypto.hashes.bounds import whole
from reticket.crypto.hashes.phc import either_base64, hexadecimal
from reticket.crypto.hashes.systems import GivenHash

NAME = "columns"
BY_PREFIX = True
MEMBERS = frozenset(("algorithm", "N", "r", "p", "iterations", "salt", "hash", "salt_encoding"))
ENCODINGS = ("hex", "base64", "text")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    if isinstance(said, str) or "algorithm" not in said:
        return None
    if not said.keys() <= MEMBERS:
        raise HashRefused(f"the columns of a hash may be {', '.join(sorted(MEMBERS))}")
    algorithm, hashed = _text(said, "algorithm"), _text(said, "hash")
    encoding = "hex" if _HEX.fullmatch(hashed) else "base64"
    digest, salt = _decoded(hashed, encoding, "hash"), _salt(said, encoding)
    if algorithm == "scrypt":
        n, r, p = (_number(said, name) for name in ("N", "r", "p"))
        return scrypt_text(n, r, p, salt, digest)
    digester = algorithm.removeprefix("pbkdf2-")
    if digester == algorithm or digester not in LEAST:
        raise HashRefused("the algorithm must be scrypt, or pbkdf2- and the name of a digest")
    return pbkdf2_text(digester, _number(said, "iterations"), salt, digest)


def _salt(said: Mapping[str, object], usual: str) -> bytes:
    encoding = _text(said, "salt_encoding") if "salt_encoding" in said else usual
    if encoding not in ENCODINGS:
        raise HashRefused(f"salt_encoding must be one of {', '.join(ENCODINGS)}")
    return _decoded(_text(said, "salt"), encoding, "salt")


def _decoded(text: str, encoding: str, what: str) -> bytes:
    if encoding == "text":
        return text.encode("utf-8", "surrogatepass")
    return hexadecimal(text, what) if encoding == "hex" else either_base64(text, what)


def _text(said: Mapping[str, object], name: str) -> str:
    value = _value(said, name)
    if not isinstance(value, str):
        raise HashRefused(f"the column {name} must be a text")
    return value


def _number(said: Mapping[str, object], name: str) -> int:
    """A number, or the digits of one, as a CSV file has it."""
    value = _value(said, name)
    if isinstance(value, str):
        return whole(value, f"the column {name}")
    if isinstance(value, bool) or not isinstance(value, int):
        raise HashRefused(f"the column {name} must be a whole number")
    return value


def _value(said: Mapping[str, object], name: str) -> object:
    if name not in said:
        raise HashRefused(f"the column {name} is empty or absent")
    return said[name]
