"""The port of a hasher that knows the hashes of other systems too."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from reticket.core.ports import SecretHasher


class HashState(StrEnum):
    """What a stored hash is to the service. The second form of a weak one cannot be wrapped."""

    CURRENT = "current"
    OLD = "old"
    WEAK = "weak"
    WEAK_UNTIL_SIGN_IN = "weak until sign-in"
    WRAPPED = "wrapped"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class HashKind(NamedTuple):
    """The form of a stored hash. A wrapped one has the form of the hash inside."""

    form: str
    state: HashState


class PasswordHasher(SecretHasher, Protocol):
    """Makes hashes of the current form, and verifies those of every known form."""

    def stored_form(
        self, password_hash: str | Mapping[str, object], hash_format: str | None
    ) -> str:
        """The text to store for a hash that another system has made, or `NO_PASSWORD` where that
        system says so. `hash_format` names its form, where nothing in it tells. HashRefused with
        the reason.
        """

    def kind_of(self, secret_hash: str) -> HashKind:
        """The form of a stored hash, and nothing else of it."""

    def may_replace(self, stored: str, new: str) -> bool:
        """Whether an import may put a hash of another system into the place of a stored one. Not if
        that has the form and the costs of ours: the password was set here, or its person has signed
        in. A wrapped hash stays where the new one has its salt: it is the same.
        """

    def wrapped(self, secret_hash: str) -> str | None:
        """A weak hash, wrapped in one of the current form; None for any other. HashRefused where
        the current costs are out of bounds.
        """

    def read_configs(self, data: bytes) -> Mapping[str, bytes]:
        """The configurations of forms in a file, by name. HashRefused."""

    def knowing(self, configs: Mapping[str, bytes]) -> PasswordHasher:
        """The same with these configurations, which nobody needs to have kept."""
