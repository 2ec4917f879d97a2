"""Which application secrets this process has verified: no argon2 for each call (ADR 0004)."""

from __future__ import annotations

import threading
from collections import OrderedDict

from reticket.core.ports import Entropy
from reticket.crypto.macs import HmacKey

KEPT = 10_000


class VerifiedSecrets:
    """Owns keyed digests of (subject, stored hash, secret); they mean nothing elsewhere.

    Args:
        entropy: makes the key, which never leaves this object.
        kept: how many are remembered; the one not asked for longest goes first.
    """

    __slots__ = ("_digests", "_kept", "_key", "_lock")

    def __init__(self, entropy: Entropy, kept: int = KEPT) -> None:
        self._key = HmacKey(b"", entropy(32))
        self._kept = kept
        self._digests: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, subject: str, secret_hash: str, secret: str) -> bool:
        """Whether exactly this was remembered. A look-up by a keyed digest tells no time."""
        digest = self._digest(subject, secret_hash, secret)
        with self._lock:
            known = digest in self._digests
            if known:
                self._digests.move_to_end(digest)
        return known

    def remember(self, subject: str, secret_hash: str, secret: str) -> None:
        """Only after the hash was verified."""
        digest = self._digest(subject, secret_hash, secret)
        with self._lock:
            self._digests[digest] = None
            self._digests.move_to_end(digest)
            while len(self._digests) > self._kept:
                self._digests.popitem(last=False)

    def _digest(self, subject: str, secret_hash: str, secret: str) -> bytes:
        """All but the last behind their lengths, so that no two of them read alike."""
        said = f"{len(subject)}:{subject}{len(secret_hash)}:{secret_hash}{secret}"
        return self._key.mac(said.encode("utf-8", "surrogatepass"))
