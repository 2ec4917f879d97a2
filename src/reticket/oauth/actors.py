"""The claim `act` (RFC 8693 §4.1): the clients that act for the person of a token.

A token that was exchanged by several clients, one after the other, names them all. The newest is
the outermost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from reticket.core.model import Asked

ACT = "act"
"""The claim, and the name in `Asked` of the acting clients, as JSON."""

MOST_ACTORS = 4
"""Acting clients of a token. Each makes the token longer and the chain harder to follow."""


def actors_in(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the acting clients of a verified token of ours, the newest first."""
    found = []
    act = claims.get(ACT)
    while act is not None:
        found.append(str(act["sub"]))
        act = act.get(ACT)
    return tuple(found)


def as_asked(actors: Sequence[str]) -> Asked:
    """The acting clients of a token that is being issued, the newest first."""
    return ((ACT, msgspec.json.encode(actors).decode()),)


@lru_cache(1000)
def acting_claims(text: str | None) -> dict[str, object]:
    """The claims from the text in `Asked`: `act`, and the client that has asked for the token."""
    actors = msgspec.json.decode(text, type=list[str]) if text else []
    act: dict[str, object] = {}
    for client_id in reversed(actors):
        act = {"sub": client_id, ACT: act} if act else {"sub": client_id}
    return {"client_id": actors[0], ACT: act} if act else {}
