"""Devise's `encrypted_password` of an application that has a pepper. Without one it is bcrypt."""

from __future__ import annotations

from reticket.crypto.hashes.algorithms.devise import devise_text
from reticket.crypto.hashes.systems import GivenHash

NAME = "devise"
BY_PREFIX = False
MEMBERS: frozenset[str] = frozenset()


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    return devise_text(config, said) if isinstance(said, str) else None
