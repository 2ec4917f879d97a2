"""The port of a hasher that knows the hashes of other systems too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from reticket.core.ports import SecretHasher


class PasswordHasher(SecretHasher, Protocol):
    """Makes hashes of the current form, and verifies those of every known form."""

    def stored_form(
        self, password_hash: str | Mapping[str, object], hash_format: str | None
    ) -> str:
        """The text to store for a hash that another system has made, or `NO_PASSWORD` where that
        system says so. `hash_format` names its form, where nothing in it tells. HashRefused with
        the reason.
        """
