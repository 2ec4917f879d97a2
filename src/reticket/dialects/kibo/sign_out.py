"""The sign-out of every kind of ticket."""

from __future__ import annotations

from reticket.core.commands import EndSession
from reticket.core.errors import Code, Refusal
from reticket.dialects.kibo.answers import nothing
from reticket.wire import Operation, WireRequest


def end(request: WireRequest, token_kind: str, token: str) -> Operation:
    """End the session of a refresh token. NOT_FOUND if there is no active session."""
    try:
        yield from EndSession(token_kind, token)
    except Refusal as refusal:
        if refusal.code is not Code.INVALID_TOKEN:
            raise
        raise Refusal(Code.NOT_FOUND, refusal.cause) from refusal
    return nothing(request)
