"""Ids of sessions that are known before the sessions begin."""

from __future__ import annotations

from reticket.core.commands import Asking, Now, RandomBytes
from reticket.core.identifiers import family_id


def new_session_id() -> Asking[str]:
    """The id of a session, with the time of now: 32 hex digits."""
    now: int = yield from Now()
    random: bytes = yield from RandomBytes(10)
    return family_id(now, lambda size: random[:size]).hex()
