"""Devise's bcrypt, over the secret and the pepper of the application."""

from __future__ import annotations

from msgspec import Struct

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms.bcrypt import LONGEST_SECRET, known_bcrypt
from reticket.crypto.hashes.configs import config_of
from reticket.crypto.hashes.known import Configs, KnownHash

NAMES = ("devise",)


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The `config.pepper` of Devise."""

    pepper: str

    def __repr__(self) -> str:
        return "Config()"

    def check(self) -> None:
        """HashRefused for an empty pepper, which is none."""
        if not self.pepper:
            raise HashRefused("the pepper must not be empty")


def read(text: str, configs: Configs) -> KnownHash:
    """The hash of a text: `$devise$CONFIGURATION`, and the text of bcrypt."""
    _, _, name, inner = text.split("$", 3) if text.count("$") > 3 else ("", "", "", "")
    pepper = config_of(configs, name, Config).pepper.encode()
    return known_bcrypt(f"${inner}", lambda secret: secret + pepper, LONGEST_SECRET)


def devise_text(config: str, made: str) -> str:
    """The canonical text."""
    return f"$devise${config}{made}"
