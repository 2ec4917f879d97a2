"""The bounds of a hash's cost, so that a hostile one takes neither gigabytes nor minutes.

They hold at the import, and again before a stored text is computed.
"""

from __future__ import annotations

from reticket.core.errors import HashRefused

MOST_MEMORY = 256 * 2**20
"""Bytes of one hash, for argon2 and scrypt: four times the second choice of RFC 9106 §4, and twice
the largest of OWASP for scrypt.
"""
MOST_ARGON2_WORK = 2**30
"""Bytes of argon2 by its passes."""
MOST_SCRYPT_WORK = 2**21
"""N · r · p of scrypt: twice that of OWASP's N = 2^17, r = 8, p = 1."""
MOST_PBKDF2_WORK = 4_000_000
"""Iterations of PBKDF2 by the blocks of its digest. Django 6.0 has 1 200 000."""
MOST_BCRYPT_COST = 15
"""The logarithm of bcrypt's rounds; 12 is usual."""
MOST_PHPASS_COST = 17
"""The logarithm of phpass's rounds; 13 is usual. They keep the interpreter's lock."""
MOST_LANES = 64
"""Lanes of argon2, as in the settings."""
LONGEST_SALT = 1024
LONGEST_DIGEST = 512
"""Bytes."""
LONGEST_TEXT = 4096
"""Characters of a hash in any form."""


def within(number: int, least: int, most: int, what: str) -> int:
    """The number. HashRefused when it is out of bounds."""
    if not least <= number <= most:
        raise HashRefused(f"{what} must be from {least} to {most}")
    return number


def whole(text: str, what: str) -> int:
    """A decimal number of at most ten digits. HashRefused."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise HashRefused(f"{what} must be a whole number")
    return int(text)
