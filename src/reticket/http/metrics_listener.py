"""A listener of its own for `/metrics`, on an address that the public does not reach."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from reticket.core.errors import StartupError
from reticket.http.asgi import Asgi
from reticket.http.exposition import PLACE

BACKLOG = 64

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def bind_metrics(endpoint: tuple[str, int]) -> socket.socket:
    """A listening socket. StartupError when the address cannot be had."""
    host, port = endpoint
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server(endpoint, family=family, backlog=BACKLOG)
    except OSError as error:
        raise StartupError(
            f"metrics_listen: cannot listen on {host}, port {port}: {os.strerror(error.errno or 0)}"
        ) from None


def beside(lifespan: Lifespan, page: Asgi, listening: socket.socket | None) -> Lifespan:
    """That lifespan, during which the page is answered on that socket as well.

    Args:
        lifespan: of the application at the public port.
        page: answered in plain HTTP; there is nothing else.
        listening: from `bind_metrics`; None for nobody.
    """
    if listening is None:
        return lifespan
    config = _configuration(Starlette(routes=[Route(PLACE, page)]))

    @asynccontextmanager
    async def both(app: Starlette) -> AsyncIterator[None]:
        async with lifespan(app), _answering(config, listening):
            yield

    return both


@asynccontextmanager
async def _answering(config: uvicorn.Config, listening: socket.socket) -> AsyncIterator[None]:
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: H11Protocol(config, state, {}), sock=listening
    )
    try:
        yield
    finally:
        server.close()
        for connection in list(state.connections):
            connection.shutdown()


def _configuration(app: Asgi) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=H11Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    config.load()
    return config
