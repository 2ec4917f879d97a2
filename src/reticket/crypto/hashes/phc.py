"""The canonical text of a hash: `$NAME$MEMBER=VALUE,…$SALT$DIGEST`, the PHC string format.

Salt and digest are base64 without padding. Owns the text; knows no algorithm.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.bounds import LONGEST_DIGEST, LONGEST_SALT, whole, within

_TEXT = re.compile(
    r"\$(?P<name>[a-z0-9-]{1,32})"
    r"\$(?P<members>[a-z]{1,8}=[A-Za-z0-9-]{1,32}(?:,[a-z]{1,8}=[A-Za-z0-9-]{1,32})*)"
    r"\$(?P<salt>[A-Za-z0-9+/]*)\$(?P<digest>[A-Za-z0-9+/]+)"
)

_STANDARD = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Phc:
    """The parts of a canonical text. `members` are its parameters, by name."""

    name: str
    members: Mapping[str, str]
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """The parts of a text. HashRefused."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise HashRefused("it must have the form $NAME$MEMBER=VALUE$SALT$DIGEST")
        pairs = (pair.split("=") for pair in found["members"].split(","))
        salt, digest = unpadded(found["salt"], "the salt"), unpadded(found["digest"], "the digest")
        within(len(salt), 0, LONGEST_SALT, "the bytes of the salt")
        within(len(digest), 8, LONGEST_DIGEST, "the bytes of the digest")
        return cls(found["name"], dict(pairs), salt, digest)

    def number(self, member: str, least: int, most: int, what: str) -> int:
        """A parameter that is a number within bounds. HashRefused."""
        return within(whole(self.said(member, what), what), least, most, what)

    def said(self, member: str, what: str) -> str:
        """A parameter. HashRefused when it is absent."""
        if member not in self.members:
            raise HashRefused(f"{what} is missing")
        return self.members[member]

    def without_digest(self) -> Self:
        """The same with zero bytes as the digest."""
        return replace(self, digest=bytes(len(self.digest)))

    def text(self) -> str:
        """The canonical text."""
        members = ",".join(f"{name}={value}" for name, value in self.members.items())
        salt, digest = (
            base64.b64encode(each).decode().rstrip("=") for each in (self.salt, self.digest)
        )
        return f"${self.name}${members}${salt}${digest}"


def unpadded(text: str, what: str) -> bytes:
    """The bytes of base64, padded or not. HashRefused."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise HashRefused(f"{what} must be base64") from None


def either_base64(text: str, what: str) -> bytes:
    """The bytes of base64 in either alphabet (RFC 4648 §4, §5). HashRefused."""
    return unpadded(text.translate(_STANDARD), what)


def hexadecimal(text: str, what: str) -> bytes:
    """The bytes of hex digits. HashRefused."""
    if len(text) % 2 or re.fullmatch(r"[0-9A-Fa-f]+", text) is None:
        raise HashRefused(f"{what} must be hex digits")
    return bytes.fromhex(text)
