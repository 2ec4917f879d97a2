"""bcrypt, in its usual text `$2b$COST$…`; and the one of Django that hashes by SHA-256 first."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import bcrypt

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.bounds import MOST_BCRYPT_COST, within
from reticket.crypto.hashes.known import Configs, KnownHash

NAMES = ("2a", "2b", "2y", "bcrypt-sha256")
LEAST_COST = 10
"""The logarithm of the rounds below which a hash is weak (OWASP, 2023)."""
LONGEST_SECRET = 72
"""Bytes. What is behind them never counts, here as at the other system (OpenBSD, bcrypt(3))."""
_TEXT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
"""Of the last character of the salt two bits count; bcrypt refuses one with others."""
_HASHED_FIRST = "$bcrypt-sha256"


def read(text: str, configs: Configs) -> KnownHash:
    """The hash of a text."""
    inner = text.removeprefix(_HASHED_FIRST)
    if inner == text:
        return known_bcrypt(inner, lambda secret: secret, LONGEST_SECRET)
    return known_bcrypt(inner, _hashed, None)


def known_bcrypt(text: str, prepared: Callable[[bytes], bytes], longest: int | None) -> KnownHash:
    """The hash of a text of bcrypt, over the prepared secret. HashRefused."""
    cost, made = check_bcrypt(text), text.encode()
    return KnownHash(
        lambda secret: computed(prepared(secret), made),
        made,
        is_weak=cost < LEAST_COST,
        can_be_wrapped=False,
        longest=longest,
    )


def check_bcrypt(text: str) -> int:
    """The cost. HashRefused unless it is a hash of bcrypt within bounds."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise HashRefused("a hash of bcrypt must be $2b$COST$, 22 characters of a salt, and 31")
    return within(int(found[1]), 4, MOST_BCRYPT_COST, "the cost of bcrypt")


def computed(secret: bytes, made: bytes) -> bytes:
    """The hash of a secret with the salt and the cost of another hash."""
    return bcrypt.hashpw(secret[:LONGEST_SECRET], made)


def _hashed(secret: bytes) -> bytes:
    return hashlib.sha256(secret).hexdigest().encode()
