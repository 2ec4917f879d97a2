"""Proof Key for Code Exchange (RFC 7636), and the codes that were exchanged without it.

A confidential client may leave PKCE out (RFC 9700 §2.1.1). `doctor` names the clients that do.
"""

from __future__ import annotations

import hashlib
import hmac

from reticket.core.commands import Asking, Increment
from reticket.core.policy import DAY
from reticket.core.storage.budget import COVERED
from reticket.core.tokens.faces import to_text

WINDOW = 30 * DAY
"""Seconds for which the codes of a client are counted, from the first one."""


def challenge_of(verifier: str) -> str:
    """The code challenge of a verifier by the method S256 (RFC 7636 §4.2)."""
    return to_text(hashlib.sha256(verifier.encode()).digest())


def is_proved(challenge: str | None, expected: str | None) -> bool:
    """Whether the verifier is the one of the request. A verifier without an earlier challenge is
    refused as well: an attacker may have removed the challenge (RFC 9700 §4.8.2).

    Args:
        challenge: that of the verifier; None without one.
        expected: that of the authorization request; None without one.
    """
    if challenge is None or expected is None:
        return challenge is expected
    return hmac.compare_digest(challenge.encode(), expected.encode())


def count_code_without_pkce(client_id: str) -> Asking[None]:
    """Count a code of an authenticated client. There are as many counters as clients."""
    yield from Increment(without_pkce_key(client_id), WINDOW, owner=COVERED)


def without_pkce_key(client_id: str) -> str:
    """The key of the counter."""
    return f"oauth:without-pkce:{client_id}"
