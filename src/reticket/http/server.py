"""Serves an ASGI application on uvicorn: sockets, TLS, graceful stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from reticket.core.addresses import Network
from reticket.core.errors import StartupError
from reticket.core.policy import SECOND
from reticket.http.asgi import Asgi
from reticket.http.connection.acceptor import Acceptor
from reticket.http.connection.connection_limits import WorkerCounts
from reticket.http.connection.limits import Limits
from reticket.http.connection.load import Load
from reticket.http.connection.phase_timer import LINGER, Phase, PhaseTimer
from reticket.http.connection.protocol import Connection
from reticket.http.connection.request_memory import RequestMemory
from reticket.http.connection.shared import Shared
from reticket.http.incidents import Incidents
from reticket.http.proxies import Proxies, UntrustedForwarding
from reticket.http.untrusted_proxies import UntrustedProxies

BACKLOG = 2048
CIPHERS = "ECDHE+AESGCM"
"""Of TLS 1.2, the oldest version accepted; those of TLS 1.3 are not chosen by name."""

HSTS = 31_536_000
"""Seconds for which browsers must use TLS (RFC 6797), sent when this process terminates TLS."""

SEND_BUFFER = 65_536
"""Bytes of responses that the system keeps for a client; Linux doubles it for its own needs."""

RECEIVE_BUFFER = 32_768
"""Bytes of requests that the system keeps for the process; Linux doubles it. TLS keeps memory for
as much as one read returns until the connection ends.
"""

GRACE = 5.0
"""Seconds that the system waits longer than the service for a client to read. So the service ends
the connection first, and counts and logs it.
"""

COLLECT_AFTER = 100_000
"""Objects; the default of 700 costs a pause of 40 ms every few thousand requests. A request of a
dialect, refused or not, leaves no reference cycles behind.
"""

SWITCH_INTERVAL = 0.0005
"""Seconds; the default of 5 ms is as long as many batches."""


@dataclass(frozen=True, slots=True)
class ConnectionTimeouts:
    """How long a client may take, in seconds.

    Args:
        handshake: for TLS.
        head: for the head of a request, from its first byte or from the start of the connection.
        body: for the body, from the end of its head.
        reading: to read a response.
        idle: between two requests; longer than proxies keep connections in their pools.
    """

    handshake: float = 10.0
    head: float = 10.0
    body: float = 30.0
    reading: float = 30.0
    idle: float = 150.0

    def by_phase(self) -> dict[Phase, float]:
        """The timeouts by phase, for `PhaseTimer`."""
        return {
            Phase.OPENING: self.handshake,
            Phase.FRESH: self.head,
            Phase.IDLE: self.idle,
            Phase.HEAD: self.head,
            Phase.BODY: self.body,
            Phase.DRAIN: self.body,
            Phase.LINGER: LINGER,
            Phase.UNREAD: self.reading,
            Phase.CLOSING: self.reading,
        }


@dataclass(frozen=True, slots=True)
class Listener:
    """Where and how to listen.

    Args:
        trusted_proxies: networks whose X-Forwarded-For and -Proto are trusted.
        certificate / key: PEM files; both or none.
        stop_timeout: seconds that requests may take to end after a signal to stop.
        limits: on incomplete requests.
        timeouts: of of clients.
    """

    host: str
    port: int
    trusted_proxies: Sequence[Network] = ()
    certificate: Path | None = None
    key: Path | None = None
    stop_timeout: int = 10
    limits: Limits = field(default_factory=Limits)
    timeouts: ConnectionTimeouts = field(default_factory=ConnectionTimeouts)

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"


@dataclass(frozen=True, slots=True)
class WorkerEnvironment:
    """What a worker shares with the other workers.

    Args:
        counts: its counts of connections.
        memory: for the bytes of its requests.
        incidents: logs refusals.
        unnamed: remembers untrusted proxies.
    """

    counts: WorkerCounts
    memory: RequestMemory
    incidents: Incidents
    unnamed: UntrustedProxies


def bind(listener: Listener) -> socket.socket:
    """A listening socket. StartupError when the address cannot be used."""
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    _end_unread(listening, listener.timeouts.reading)
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


def _end_unread(listening: socket.socket, seconds: float) -> None:
    """Make the system end connections whose client does not read, a little later than the service
    would (RFC 5482).

    The service cannot see bytes that were given to the system or to TLS, also after it closed the
    connection. Accepted sockets inherit the option. Systems without it (other than Linux) are left
    as they are.
    """
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        listening.setsockopt(socket.IPPROTO_TCP, option, round((seconds + GRACE) * SECOND))


def serve(
    app: Asgi,
    listener: Listener,
    environment: WorkerEnvironment,
    listening: socket.socket,
    started: Callable[[], None],
) -> None:
    """Answer until a signal; accepted requests are answered before it returns.

    Args:
        app: the application, including its lifespan.
        listener: how to listen.
        environment: what the worker shares with others.
        listening: from `bind`.
        started: called once requests are answered.
    """
    server = _Server(_configuration(app, listener), listener, environment, started)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn raises the signal once more at its end; it must not kill the caller.
        signal.signal(number, server.handle_exit)
    tune_interpreter()
    server.run(sockets=[listening])


def tune_interpreter() -> None:
    """Keep pauses short. Objects that live as long as the process are not collected again and
    again. A store's thread that returns from the disk does not wait long for a busy event loop.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 50, 100)
    sys.setswitchinterval(SWITCH_INTERVAL)


class _Server(uvicorn.Server):
    """uvicorn's start, stop and lifespan around our own connections."""

    def __init__(
        self,
        config: uvicorn.Config,
        listener: Listener,
        environment: WorkerEnvironment,
        started: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._listener = listener
        self._environment = environment
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        loop = asyncio.get_running_loop()
        environment, timeouts = self._environment, self._listener.timeouts
        proxies = Proxies(self._listener.trusted_proxies)
        self._watch, self._load = PhaseTimer(loop, timeouts.by_phase()), Load(loop)
        shared = Shared(
            self.config.loaded_app,
            self.server_state,
            self.lifespan.state,
            self._listener.limits,
            environment.memory,
            self._watch,
            self._load,
            environment.incidents,
            proxies,
            UntrustedForwarding(
                environment.incidents.unnamed_proxy, environment.counts.exempt, environment.unnamed
            ).seen,
        )
        acceptors = [
            Acceptor(
                loop,
                lambda counted: Connection(shared, loop, counted),
                self._watch,
                environment.counts,
                proxies,
                environment.incidents,
                self.config.ssl,
                timeouts.handshake,
                each,
            )
            for each in sockets or ()
        ]
        self.servers = cast("list[asyncio.Server]", acceptors)
        self._watch.start()
        self._load.start()
        self.started = True
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        self._watch.stop()
        self._load.stop()


def _configuration(app: Asgi, listener: Listener) -> uvicorn.Config:
    options: dict[str, Any] = {}
    if listener.certificate and listener.key:
        options = {
            "ssl_certfile": listener.certificate,
            "ssl_keyfile": listener.key,
            "ssl_ciphers": CIPHERS,
            "headers": [("strict-transport-security", f"max-age={HSTS}")],
        }
    try:
        config = uvicorn.Config(
            app,
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            http=Connection,
            ws="none",
            proxy_headers=False,
            timeout_graceful_shutdown=listener.stop_timeout,
            **options,
        )
        config.load()
    except OSError as error:
        raise StartupError(f"the TLS certificate or its key cannot be used: {error}") from None
    return config
