"""What the connections of a process share."""

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
    """What all connections of a process share.

    Args:
        app: answers requests.
        state: open connections and tasks, and the headers of every response.
        lifespan: the application's state.
        limits: on incomplete requests.
        memory: for the bytes of requests.
        watch: times out slow clients.
        load: of the event loop, which delays refused clients.
        incidents: logs and counts refusals.
        proxies: the trusted ones.
        forwarded_by_untrusted: called with the address of a peer that sends forwarding headers
            without being a trusted proxy.
    """

    app: Asgi
    state: ServerState
    lifespan: MutableMapping[str, Any]
    limits: Limits
    memory: RequestMemory
    watch: PhaseTimer
    load: Load
    incidents: Incidents
    proxies: Proxies
    forwarded_by_untrusted: Callable[[str], None]
