"""The access tokens of a request, in any of Kibo's three headers, and their holders."""

from __future__ import annotations

from collections.abc import Callable

from reticket.core.commands import Asking, ReadAccess
from reticket.core.errors import Code, Refusal
from reticket.core.model import Holder
from reticket.dialects.kibo.kinds import NAMES
from reticket.wire import WireRequest

Guard = Callable[[WireRequest], Asking[None]]
"""Admits a request, or raises a Refusal."""


def holders(request: WireRequest) -> Asking[list[Holder]]:
    """The holders of all access tokens of a request.

    Raises:
        Refusal: INVALID_ACCESS_TOKEN, if there is no token or an invalid one.
    """
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


def require_token(request: WireRequest) -> Asking[None]:
    """Require a valid access token. INVALID_ACCESS_TOKEN."""
    yield from holders(request)


def require_nothing(request: WireRequest) -> Asking[None]:
    """Require no access token: a client refreshes when its access token has expired."""
    yield from ()
