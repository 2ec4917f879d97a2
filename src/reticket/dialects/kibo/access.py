"""Who asks: the access tokens that a request carries, in any of Kibo's three headers."""

from __future__ import annotations

from collections.abc import Callable

from reticket.core.commands import Asking, ReadAccess
from reticket.core.errors import Code, Refusal
from reticket.core.model import Holder
from reticket.dialects.kibo.kinds import NAMES
from reticket.wire import WireRequest

Guard = Callable[[WireRequest], Asking[None]]
"""Lets a request through, or raises a Refusal."""


def holders(request: WireRequest) -> Asking[list[Holder]]:
    """Everyone in whose name a request comes. INVALID_ACCESS_TOKEN: nobody, or a bad token."""
    sent = (
        request.header(b"x-vol-app-claims"),
        request.header(b"x-vol-user-claims"),
        request.bearer(),
    )
    tokens = dict.fromkeys(token for token in sent if token)
    if not tokens:
        raise Refusal(Code.INVALID_ACCESS_TOKEN)
    found = []
    for token in tokens:
        _, holder = yield from ReadAccess(NAMES, token)
        found.append(holder)
    return found


def somebody(request: WireRequest) -> Asking[None]:
    """Demands a live access token. INVALID_ACCESS_TOKEN."""
    yield from holders(request)


def anybody(request: WireRequest) -> Asking[None]:
    """Demands nothing: a refresh that needed a live access token could not do its work."""
    yield from ()
