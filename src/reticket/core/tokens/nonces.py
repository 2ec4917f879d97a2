"""Nonces for proofs (RFC 9449 §8): each contains its time of issue, and nothing is stored."""

from __future__ import annotations

import hmac

from reticket.core.policy import SECOND
from reticket.core.tokens.faces import from_text, to_text
from reticket.core.tokens.keys import MacKey, MacKeys

NONCE_STEP = 60 * SECOND
NONCE_LIFETIME = 300 * SECOND
NONCE_HEAD = 10
LONGEST_NONCE = 64


def nonce(keys: MacKeys, now: int) -> str:
    """A nonce of that time (milliseconds); the same text for a while."""
    return _nonce_of(keys.at(now), now - now % NONCE_STEP)


def knows_nonce(keys: MacKeys, text: str, now: int) -> bool:
    """Whether one of the keys made the nonce at most five minutes ago."""
    data = from_text(text) if len(text) <= LONGEST_NONCE else None
    if data is None:
        return False
    key = keys.by_id.get(data[:4])
    at = int.from_bytes(data[4:NONCE_HEAD], "big")
    fits = key is not None and hmac.compare_digest(_nonce_of(key, at), text)
    return fits and at <= now < at + NONCE_LIFETIME


def _nonce_of(key: MacKey, at: int) -> str:
    head = key.id + at.to_bytes(NONCE_HEAD - 4, "big")
    return to_text(head + key.mac(head)[:16])
