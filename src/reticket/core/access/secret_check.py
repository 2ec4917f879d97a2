"""Secrets against their stored hashes."""

from __future__ import annotations

from typing import Protocol

from reticket.core.errors import Unavailable
from reticket.core.model import Holder
from reticket.core.people import Credentials
from reticket.core.ports import Directory, SecretHasher


def expect_one_version(credentials: Credentials | None, holder: Holder) -> None:
    """Unavailable where the secret that was checked and the record are of two versions: a change
    came in between, and whoever knows the old secret must not be let in under the new version.
    """
    if credentials is None or credentials.version != holder.credential_version:
        raise Unavailable("a secret was changed while it was checked")


class VerifiedSecrets(Protocol):
    """A record, gone with the process, of secrets that were verified (ADR 0004)."""

    def knows(self, subject: str, secret_hash: str, secret: str) -> bool: ...

    def remember(self, subject: str, secret_hash: str, secret: str) -> None: ...


class SecretCheck:
    """Owns the comparison; a hash of old parameters is renewed by the way."""

    def __init__(
        self, directory: Directory, hasher: SecretHasher, verified: VerifiedSecrets
    ) -> None:
        self._directory = directory
        self._hasher = hasher
        self._verified = verified

    def matches(self, credentials: Credentials | None, secret: str) -> bool:
        """Whether it is the one. Nobody's costs the same time as a wrong one."""
        stored = credentials.secret_hash if credentials else self._hasher.absent()
        right = self._hasher.verify(stored, secret)
        if right and credentials and self._hasher.is_old(stored):
            renewed = self._hasher.hash(secret)
            self._directory.renew_hash(credentials.subject, stored, renewed)
        return right and credentials is not None

    def knows(self, credentials: Credentials, secret: str) -> bool:
        """Whether this process has verified exactly that before; costs no hash."""
        return self._verified.knows(credentials.subject, credentials.secret_hash, secret)

    def matches_once(self, credentials: Credentials | None, secret: str) -> bool:
        """As `matches`, for what is hashed once in a process."""
        if credentials is None:
            return self.matches(None, secret)
        if self.knows(credentials, secret):
            return True
        right = self.matches(credentials, secret)
        if right:
            self._verified.remember(credentials.subject, credentials.secret_hash, secret)
        return right
