"""Sign-out, the same for all tickets."""

from __future__ import annotations

from reticket.core.commands import EndSession
from reticket.core.errors import Code, Refusal
from reticket.dialects.kibo.answers import nothing
from reticket.wire import Operation, WireRequest


def end(request: WireRequest, resource: str, token: str) -> Operation:
    """End the session of a refresh token. NOT_FOUND: it has no live one."""
    try:
        yield from EndSession(resource, token)
    except Refusal as refusal:
        if refusal.code is not Code.INVALID_TOKEN:
            raise
        raise Refusal(Code.NOT_FOUND, refusal.cause) from refusal
    return nothing(request)
