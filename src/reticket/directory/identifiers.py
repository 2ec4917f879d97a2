"""Ids that the directory makes, from given randomness."""

from __future__ import annotations

import string
import uuid
from collections.abc import Callable

from reticket.core.errors import Unavailable
from reticket.core.identifiers import family_id
from reticket.core.ports import Entropy

SHORT_LENGTH = 6
TRIES = 50

_ALPHABET = string.digits + string.ascii_letters


def user_id(entropy: Entropy) -> str:
    """32 lower-case hex digits: a UUIDv4 (RFC 9562 §5.4)."""
    return uuid.UUID(bytes=entropy(16), version=4).hex


def ordered_user_id(now: int, entropy: Entropy) -> str:
    """The same for one of many people at once: a UUIDv7 (RFC 9562 §5.7), 48 bits of milliseconds
    and 74 random ones. Such ids are beside each other in every index.
    """
    return family_id(now, entropy).hex()


def is_ordered(user_id: str) -> bool:
    """Whether an id is one of `ordered_user_id`, which only imports make."""
    return uuid.UUID(user_id).version == 7


def credential_version(entropy: Entropy) -> int:
    """48 bits, which JSON numbers can hold; a version is not repeated by chance."""
    return int.from_bytes(entropy(6), "big")


def short_id(entropy: Entropy, taken: Callable[[str], bool]) -> str:
    """A few letters and digits that are not used yet."""
    for _ in range(TRIES):
        text = _written(int.from_bytes(entropy(8)))
        if not taken(text):
            return text
    raise Unavailable("no short id is free")


def _written(number: int) -> str:
    """The last digits of a number, the least one first."""
    text = ""
    for _ in range(SHORT_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        text += _ALPHABET[digit]
    return text
