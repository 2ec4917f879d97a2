"""How often one address may do what costs the service something, or what it could guess by.

Counted before it is done, so that many at once are no more than so many.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from reticket.core.commands import Command, Tally, Tell
from reticket.core.errors import Cause, Code, Refusal
from reticket.dialects.oauth.site import USER
from reticket.wire import WireRequest

WINDOW = 600
"""Seconds."""


def spend_a_try(what: str, request: WireRequest, most: int) -> Generator[Command, Any, None]:
    """TOO_MANY_ATTEMPTS where the request's address has done it so often in the window."""
    tries = yield Tally(f"oauth:{what}:{request.caller.address}", WINDOW)
    if tries > most:
        yield Tell(USER, "refused", Cause.LIMITED)
        raise Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=WINDOW)
