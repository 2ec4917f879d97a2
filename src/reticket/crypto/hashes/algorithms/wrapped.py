"""argon2id over the digest of a weak hash, which is stored no longer."""

from __future__ import annotations

from collections.abc import Callable

from reticket.core.errors import HashRefused
from reticket.crypto.hashes import algorithms
from reticket.crypto.hashes.algorithms import argon2
from reticket.crypto.hashes.known import Configs, KnownHash
from reticket.crypto.hashes.phc import Phc

NAMES = ("wrapped",)
_BEFORE = "$wrapped"
_OUTER = "$argon2id$"


def read(text: str, configs: Configs) -> KnownHash:
    """The hash of a text: `$wrapped`, the weak hash with a digest of zeros, and argon2id's."""
    weak, outer = _split(text)
    inner = algorithms.read_hash(weak, configs)
    if not (inner.is_weak and inner.can_be_wrapped):
        raise HashRefused("only a weak hash can be wrapped, and none of bcrypt or argon2")
    whole = argon2.read(outer, configs)
    return KnownHash(lambda secret: whole.compute(inner.compute(secret)), whole.digest)


def wrapped_text(text: str, configs: Configs, argon2id: Callable[[bytes], str]) -> str:
    """The text of a weak hash, wrapped; `argon2id` hashes its digest."""
    known = algorithms.read_hash(text, configs)
    return f"{_BEFORE}{Phc.read(text).without_digest().text()}{argon2id(known.digest)}"


def is_wrapped_form_of(text: str, weak: str) -> bool:
    """Whether a text wraps a weak hash of these parameters and this salt."""
    try:
        same = f"{_BEFORE}{Phc.read(weak).without_digest().text()}{_OUTER}"
    except HashRefused:
        return False
    return text.startswith(same)


def weak_form_of(text: str) -> str:
    """The name of the hash that a text wraps."""
    return algorithms.name_of(_split(text)[0])


def _split(text: str) -> tuple[str, str]:
    weak, found, rest = text.removeprefix(_BEFORE).partition(_OUTER)
    if not found:
        raise HashRefused("a wrapped hash must end with one of argon2id")
    return weak, f"{_OUTER}{rest}"
