"""A cache of verified client secrets, so that argon2 need not run for each call (ADR 0004)."""

from __future__ import annotations

import threading
from collections import OrderedDict

from reticket.core.ports import Entropy
from reticket.crypto.macs import HmacKey

KEPT = 10_000


class VerifiedSecrets:
    """Owns keyed digests of (subject, stored hash, secret), which are useless outside this object.

    Args:
        entropy: makes the key, which never leaves this object.
        kept: entries at most; the least recently used one is dropped.
    """

    __slots__ = ("_digests", "_kept", "_key", "_lock")

    def __init__(self, entropy: Entropy, kept: int = KEPT) -> None:
        self._key = HmacKey(b"", entropy(32))
        self._kept = kept
        self._digests: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, subject: str, secret_hash: str, secret: str) -> bool:
        """Whether exactly this was remembered. A look-up by keyed digest leaks nothing by its
        duration.
        """
        digest = self._digest(subject, secret_hash, secret)
        with self._lock:
            is_known = digest in self._digests
            if is_known:
                self._digests.move_to_end(digest)
        return is_known

    def remember(self, subject: str, secret_hash: str, secret: str) -> None:
        """Remember a secret; call it only after the hash was verified."""
        digest = self._digest(subject, secret_hash, secret)
        with self._lock:
            self._digests[digest] = None
            self._digests.move_to_end(digest)
            while len(self._digests) > self._kept:
                self._digests.popitem(last=False)

    def _digest(self, subject: str, secret_hash: str, secret: str) -> bytes:
        """The digest. Each part but the last follows its length, so that no two inputs are encoded
        alike.
        """
        message = f"{len(subject)}:{subject}{len(secret_hash)}:{secret_hash}{secret}"
        return self._key.mac(message.encode("utf-8", "surrogatepass"))
