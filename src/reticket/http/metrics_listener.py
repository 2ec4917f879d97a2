"""A separate listener for `/metrics`, on an address that the public does not reach."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route
from uvicorn.server import ServerState

from reticket.core.errors import StartupError
from reticket.http.asgi import Asgi
from reticket.http.connection.acceptor import Acceptor
from reticket.http.connection.connection_limits import ConnectionLimits
from reticket.http.connection.limits import Limits
from reticket.http.connection.load import Load
from reticket.http.connection.phase_timer import PhaseTimer
from reticket.http.connection.protocol import Connection
from reticket.http.connection.request_memory import RequestMemory
from reticket.http.connection.shared import Shared
from reticket.http.exposition import PATH
from reticket.http.incidents import Incidents
from reticket.http.only_local import only_addressed
from reticket.http.proxies import Proxies
from reticket.http.server import ConnectionTimeouts

BACKLOG = 64
MOST = 64
"""Connections at once, for each worker."""

MEMORY = 2**20
"""Bytes of their requests."""

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def bind_metrics(endpoint: tuple[str, int]) -> socket.socket:
    """A listening socket. StartupError when the address cannot be used."""
    host, port = endpoint
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server(endpoint, family=family, backlog=BACKLOG)
    except OSError as error:
        raise StartupError(
            f"metrics_listen: cannot listen on {host}, port {port}: {os.strerror(error.errno or 0)}"
        ) from None


def beside(
    lifespan: Lifespan, page: Asgi, listening: socket.socket | None, incidents: Incidents
) -> Lifespan:
    """A lifespan that also answers the page on that socket.

    Args:
        lifespan: of the application at the public port.
        page: answered in plain HTTP; nothing else is.
        listening: from `bind_metrics`; None for no listener.
        incidents: logs refused connections.
    """
    if listening is None:
        return lifespan
    address = listening.getsockname()[0]
    only = only_addressed(Starlette(routes=[Route(PATH, page)]), address)

    @asynccontextmanager
    async def both(app: Starlette) -> AsyncIterator[None]:
        async with lifespan(app), _answering(only, listening, incidents):
            yield

    return both


@asynccontextmanager
async def _answering(
    app: Asgi, listening: socket.socket, incidents: Incidents
) -> AsyncIterator[None]:
    """Serve with separate limits and timeouts, so that its connections take none of the public
    ones.
    """
    loop, state, no_proxies = asyncio.get_running_loop(), ServerState(), Proxies(())
    watch, load = PhaseTimer(loop, ConnectionTimeouts().by_phase()), Load(loop)
    counts = ConnectionLimits(1, MOST, MOST, b"").for_worker(0, lambda count: None)
    memory = RequestMemory(MEMORY, MEMORY)
    shared = Shared(
        app, state, {}, Limits(), memory, watch, load, incidents, no_proxies, lambda address: None
    )
    acceptor = Acceptor(
        loop,
        lambda counted: Connection(shared, loop, counted),
        watch,
        counts,
        no_proxies,
        incidents,
        None,
        0,
        listening,
    )
    watch.start()
    try:
        yield
    finally:
        acceptor.close()
        for connection in list(state.connections):
            connection.shutdown()
        watch.stop()
