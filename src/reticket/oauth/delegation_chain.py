"""The clients through which an exchanged token has come: they are asked about at each use.

One of them may be blocked since, or the person may have left its groups.
"""

from __future__ import annotations

from collections.abc import Iterable

from reticket.core.commands import Asking
from reticket.core.errors import Cause
from reticket.core.model import Holder
from reticket.oauth.clients import find_enabled
from reticket.oauth.membership import may_use
from reticket.oauth.provider import Provider
from reticket.oauth.registration import registration_of


def fault_of_chain(
    client_ids: Iterable[str | None], holder: Holder, provider: Provider
) -> Asking[Cause | None]:
    """Why the person may not be acted for by these clients, or None when all of them may."""
    for client_id in dict.fromkeys(client_ids):
        client = yield from find_enabled(client_id)
        if client is None:
            return Cause.DISABLED
        if not may_use(holder, registration_of(client, provider)):
            return Cause.GROUP_REQUIRED
    return None
