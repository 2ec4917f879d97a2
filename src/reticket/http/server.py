"""Serves an ASGI application on uvicorn: sockets, TLS, graceful stop."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from reticket.core.errors import StartupError
from reticket.http.asgi import Asgi
from reticket.http.whole_answers import WholeAnswers

BACKLOG = 2048
COLLECT_AFTER = 100_000
"""Objects; the default of 700 costs a pause of 40 ms every few thousand requests. A request of a
dialect, refused or not, leaves nothing behind that only a collection finds.
"""

SWITCH_INTERVAL = 0.0005
"""Seconds; the default of 5 ms is many batches long."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where and how to listen.

    Args:
        trusted_proxies: networks whose X-Forwarded-For and -Proto are believed.
        certificate / key: PEM files; both or none.
        stop_timeout: seconds that requests may take to end after a signal to stop.
    """

    host: str
    port: int
    trusted_proxies: Sequence[str] = ()
    certificate: Path | None = None
    key: Path | None = None
    stop_timeout: int = 10

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"


def bind(listener: Listener) -> socket.socket:
    """A listening socket. StartupError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((listener.host, listener.port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise StartupError(
            f"cannot listen on {listener.host}:{listener.port}: {reason}; "
            "choose another with --host and --port"
        ) from None
    return listening


def serve(
    app: Asgi, listener: Listener, listening: socket.socket, started: Callable[[], None]
) -> None:
    """Answer until a signal; requests that were accepted are answered before it returns.

    Args:
        app: the application, its lifespan included.
        listener: how to listen.
        listening: from `bind`.
        started: called once requests are answered.
    """
    server = _Server(_configuration(app, listener), started)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn raises the signal once more at its end; it must not kill who called.
        signal.signal(number, server.handle_exit)
    tune_interpreter()
    server.run(sockets=[listening])


def tune_interpreter() -> None:
    """Keep pauses short. What lives as long as the process is not collected again and again, and
    a store's thread that comes back from the disk does not wait long for a busy event loop.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 50, 100)
    sys.setswitchinterval(SWITCH_INTERVAL)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell_started()


def _configuration(app: Asgi, listener: Listener) -> uvicorn.Config:
    options: dict[str, Any] = {}
    if listener.certificate and listener.key:
        options = {"ssl_certfile": listener.certificate, "ssl_keyfile": listener.key}
    try:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            http=WholeAnswers,
            backlog=BACKLOG,
            proxy_headers=bool(listener.trusted_proxies),
            forwarded_allow_ips=list(listener.trusted_proxies),
            timeout_graceful_shutdown=listener.stop_timeout,
            **options,
        )
        config.load()
    except OSError as error:
        raise StartupError(f"the TLS certificate or its key cannot be used: {error}") from None
    return config
