"""Who asks: the access tokens that a request carries, in any of Kibo's three headers."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from reticket.core.commands import Command, ReadAccess
from reticket.core.errors import Code, Refusal
from reticket.core.model import Holder
from reticket.dialects.kibo.resources import NAMES
from reticket.wire import WireRequest

Guard = Callable[[WireRequest], Generator[Command, Any, None]]
"""Lets a request through, or raises a Refusal."""


def holders(request: WireRequest) -> Generator[Command, Any, list[Holder]]:
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
        _, holder = yield ReadAccess(NAMES, token)
        found.append(holder)
    return found


def somebody(request: WireRequest) -> Generator[Command, Any, None]:
    """Demands a live access token. INVALID_ACCESS_TOKEN."""
    yield from holders(request)


def anybody(request: WireRequest) -> Generator[Command, Any, None]:
    """Demands nothing: a refresh that needed a live access token could not do its work."""
    yield from ()
