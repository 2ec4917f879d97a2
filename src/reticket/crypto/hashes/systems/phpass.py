"""phpass's `$P$` (WordPress) and `$H$` (phpBB): a cost, eight characters of salt, and a digest."""

from __future__ import annotations

import re

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms.phpass import phpass_text
from reticket.crypto.hashes.systems import GivenHash

NAME = "phpass"
BY_PREFIX = True
MEMBERS: frozenset[str] = frozenset()
ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TEXT = re.compile(r"\$[PH]\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22})")


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    if not isinstance(said, str) or not said.startswith(("$P$", "$H$")):
        return None
    found = _TEXT.fullmatch(said)
    if found is None:
        raise HashRefused("a hash of phpass must have 34 characters")
    cost, salt, digest = found.groups()
    return phpass_text(ALPHABET.index(cost), salt.encode(), _decoded(digest))


def _decoded(text: str) -> bytes:
    """The digest of phpass's base64, which begins with the lowest bits."""
    number = sum(ALPHABET.index(letter) << (6 * place) for place, letter in enumerate(text))
    if number >> 128:
        raise HashRefused("a digest of phpass has another length")
    return number.to_bytes(16, "little")
