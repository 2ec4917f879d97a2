"""The canonical stored text of a hash that another system has made."""

from __future__ import annotations

from reticket.core.errors import HashRefused
from reticket.core.people import NO_PASSWORD
from reticket.crypto.hashes.algorithms import read_hash
from reticket.crypto.hashes.bounds import LONGEST_TEXT
from reticket.crypto.hashes.configs import checked_name
from reticket.crypto.hashes.known import Configs
from reticket.crypto.hashes.systems import GivenHash, System, systems


def stored_form(password_hash: GivenHash, hash_format: str | None, configs: Configs) -> str:
    """The text to store, or `NO_PASSWORD` where the other system says so.

    Args:
        password_hash: as the other system wrote it.
        hash_format: the name of the form, where nothing in the hash tells it. A name of a
            configuration may follow, as in `firebase:shop`.
        configs: finds configurations.

    Raises:
        HashRefused: the reason. The hash has no known form, or its cost is out of bounds.
    """
    if isinstance(password_hash, str):
        _check_text(password_hash)
    text = _canonical(password_hash, hash_format)
    if text != NO_PASSWORD:
        read_hash(text, configs)
    return text


def _check_text(said: str) -> None:
    if not 0 < len(said) <= LONGEST_TEXT or not said.isascii():
        raise HashRefused(f"it must have 1 to {LONGEST_TEXT} characters, all of them ASCII")


def _canonical(said: GivenHash, hash_format: str | None) -> str:
    if hash_format is None:
        return _recognised(said)
    name, _, config = hash_format.partition(":")
    text = _system(name).read(said, checked_name(config or name))
    if text is None:
        raise HashRefused(f"it has not the form of {name}")
    return text


def _recognised(said: GivenHash) -> str:
    """By its prefix or its members. A text that no system has may be a canonical one."""
    for system in systems().values():
        text = system.read(said, system.NAME) if system.BY_PREFIX else None
        if text is not None:
            return text
    if isinstance(said, str) and said.startswith("$"):
        return said
    raise HashRefused("no known form has its prefix or its members; hash_format may name the form")


def _system(name: str) -> System:
    if name not in systems():
        raise HashRefused(f"hash_format must be one of {', '.join(systems())}")
    return systems()[name]
