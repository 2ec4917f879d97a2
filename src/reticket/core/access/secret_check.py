"""Compares secrets with their stored hashes."""

from __future__ import annotations

from typing import Protocol

from reticket.core.errors import Unavailable
from reticket.core.model import Holder
from reticket.core.people import NO_PASSWORD, Credentials
from reticket.core.ports import Directory, SecretHasher


def expect_one_version(credentials: Credentials | None, holder: Holder) -> None:
    """Raise Unavailable when the checked secret and the record have different versions. The secret
    was changed meanwhile, and the old one must not authenticate under the new version.
    """
    if credentials is None or credentials.version != holder.credential_version:
        raise Unavailable("a secret was changed while it was checked")


class VerifiedSecrets(Protocol):
    """A cache of verified secrets in this process's memory (ADR 0004)."""

    def knows(self, subject: str, secret_hash: str, secret: str) -> bool: ...

    def remember(self, subject: str, secret_hash: str, secret: str) -> None: ...


class SecretCheck:
    """Owns the comparison. A hash with old parameters is replaced after a success, unless it is
    of a part of the secret alone: what was typed behind that part may be wrong.
    """

    def __init__(
        self, directory: Directory, hasher: SecretHasher, verified: VerifiedSecrets
    ) -> None:
        self._directory = directory
        self._hasher = hasher
        self._verified = verified

    def matches(self, credentials: Credentials | None, secret: str) -> bool:
        """Whether the secret matches. Without credentials, and for a person without a password, it
        costs the same time and returns False.
        """
        stored = credentials.secret_hash if credentials else NO_PASSWORD
        if stored == NO_PASSWORD:
            self._hasher.verify(self._hasher.absent(), secret)
            return False
        right = self._hasher.verify(stored, secret)
        if right and credentials and self._is_renewable(stored, secret):
            renewed = self._hasher.hash(secret)
            self._directory.renew_hash(credentials.subject, stored, renewed)
        return right and credentials is not None

    def _is_renewable(self, stored: str, secret: str) -> bool:
        hasher = self._hasher
        return hasher.is_old(stored) and hasher.counts_whole(stored, secret)

    def knows(self, credentials: Credentials, secret: str) -> bool:
        """Whether this process has verified exactly that secret before; costs no hash."""
        return self._verified.knows(credentials.subject, credentials.secret_hash, secret)

    def matches_once(self, credentials: Credentials | None, secret: str) -> bool:
        """As `matches`, for secrets that a process hashes once."""
        if credentials is None:
            return self.matches(None, secret)
        if self.knows(credentials, secret):
            return True
        right = self.matches(credentials, secret)
        if right:
            self._verified.remember(credentials.subject, credentials.secret_hash, secret)
        return right
