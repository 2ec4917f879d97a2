"""Verifies hashes of every known form, and makes argon2id.

A failed check of another hash than a current one takes the time of a current one more. So the time
does not tell whose hash is old, unless computing the old one takes long itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from reticket.core.errors import HashRefused
from reticket.core.password_hasher import HashKind, HashState
from reticket.core.people import NO_PASSWORD
from reticket.crypto.hashes.algorithms import config_kinds, form_of, read_hash, wrapped
from reticket.crypto.hashes.configs import read_configs
from reticket.crypto.hashes.known import Configs, KnownHash
from reticket.crypto.hashes.stored_form import stored_form
from reticket.crypto.hashes.systems import GivenHash
from reticket.crypto.passwords import Argon2Hasher, encoded, forms


class AnyHasher:
    """The port `PasswordHasher`.

    Args:
        current: makes hashes, and verifies those that have its parameters.
        configs: finds configurations of forms.
    """

    def __init__(self, current: Argon2Hasher, configs: Configs) -> None:
        self._current = current
        self._configs = configs
        self.hash, self.absent = current.hash, current.absent

    def verify(self, secret_hash: str, secret: str) -> bool:
        """Whether the secret matches. A damaged hash, and one out of bounds, is not computed."""
        if self._is_current(secret_hash):
            return self._current.verify(secret_hash, secret)
        return self._is_right(secret_hash, secret) or self._current.verify(self.absent(), secret)

    def is_old(self, secret_hash: str) -> bool:
        """Whether it is another form, or has other parameters. The mark of no password is not."""
        return secret_hash != NO_PASSWORD and not self._is_current(secret_hash)

    def counts_whole(self, secret_hash: str, secret: str) -> bool:
        """As `core.ports.SecretHasher.counts_whole`."""
        try:
            longest = read_hash(secret_hash, self._configs).longest
        except HashRefused:
            return True
        return longest is None or all(len(encoded(form)) <= longest for form in forms(secret))

    def stored_form(self, password_hash: GivenHash, hash_format: str | None) -> str:
        """As `core.password_hasher.PasswordHasher.stored_form`."""
        return stored_form(password_hash, hash_format, self._configs)

    def kind_of(self, secret_hash: str) -> HashKind:
        """As `core.password_hasher.PasswordHasher.kind_of`."""
        if secret_hash == NO_PASSWORD:
            return HashKind("none", HashState.ABSENT)
        form = form_of(secret_hash)
        if self._is_current(secret_hash):
            return HashKind(form, HashState.CURRENT)
        try:
            known = read_hash(secret_hash, self._configs)
        except HashRefused:
            return HashKind("none", HashState.UNKNOWN)
        if form in wrapped.NAMES:
            return HashKind(wrapped.weak_form_of(secret_hash), HashState.WRAPPED)
        return HashKind(form, _state(known))

    def may_replace(self, stored: str, new: str) -> bool:
        """As `core.password_hasher.PasswordHasher.may_replace`."""
        if stored == new or self._is_current(stored):
            return False
        return not wrapped.is_wrapped_form_of(stored, new)

    def wrapped(self, secret_hash: str) -> str | None:
        """As `core.password_hasher.PasswordHasher.wrapped`."""
        if self.kind_of(secret_hash).state is not HashState.WEAK:
            return None
        text = wrapped.wrapped_text(secret_hash, self._configs, self._current.hash_digest)
        read_hash(text, self._configs)
        return text

    def read_configs(self, data: bytes) -> Mapping[str, bytes]:
        """As `core.password_hasher.PasswordHasher.read_configs`."""
        return read_configs(data, config_kinds())

    def knowing(self, configs: Mapping[str, bytes]) -> AnyHasher:
        """As `core.password_hasher.PasswordHasher.knowing`."""
        return AnyHasher(self._current, lambda name: configs.get(name) or self._configs(name))

    def _is_current(self, secret_hash: str) -> bool:
        return not self._current.is_old(secret_hash)

    def _is_right(self, secret_hash: str, secret: str) -> bool:
        try:
            known = read_hash(secret_hash, self._configs)
        except HashRefused:
            return False
        return any(_matches(known, form) for form in forms(secret))


def _state(known: KnownHash) -> HashState:
    if not known.is_weak:
        return HashState.OLD
    return HashState.WEAK if known.can_be_wrapped else HashState.WEAK_UNTIL_SIGN_IN


def _matches(known: KnownHash, secret: str) -> bool:
    return known.matches(encoded(secret))
