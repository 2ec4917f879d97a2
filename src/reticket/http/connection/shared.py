"""What the connections of a process have in common."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from uvicorn.server import ServerState

from reticket.http.asgi import Asgi
from reticket.http.connection.limits import Limits
from reticket.http.connection.load import Load
from reticket.http.connection.phase_timer import PhaseTimer
from reticket.http.connection.request_memory import RequestMemory
from reticket.http.incidents import Incidents
from reticket.http.proxies import Proxies


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of a process have in common.

    Args:
        app: answers requests.
        state: connections and tasks that are open, and headers of every answer.
        lifespan: the application's state.
        limits: before a request is whole.
        room: for the bytes of requests.
        watch: ends what takes too long.
        load: of the loop; who is refused waits for it.
        incidents: hears of refusals.
        proxies: who is believed to forward.
        saw_stranger: hears of a peer that forwards and is not named.
    """

    app: Asgi
    state: ServerState
    lifespan: MutableMapping[str, Any]
    limits: Limits
    room: RequestMemory
    watch: PhaseTimer
    load: Load
    incidents: Incidents
    proxies: Proxies
    saw_stranger: Callable[[str], None]
