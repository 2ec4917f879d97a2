"""Counts the codes of each client that were exchanged without PKCE (RFC 9700 §2.1.1).

A confidential client may leave PKCE out. `doctor` names the clients that do.
"""

from __future__ import annotations

from reticket.core.commands import Asking, Increment
from reticket.core.policy import DAY
from reticket.core.storage.budget import COVERED

WINDOW = 30 * DAY
"""Seconds for which the codes of a client are counted, from the first one."""


def count_code_without_pkce(client_id: str) -> Asking[None]:
    """Count a code of an authenticated client. There are as many counters as clients."""
    yield from Increment(without_pkce_key(client_id), WINDOW, owner=COVERED)


def without_pkce_key(client_id: str) -> str:
    """The key of the counter."""
    return f"oauth:without-pkce:{client_id}"
