"""A closed connection is freed, whatever its client does."""

import asyncio
import gc
import socket
import struct
from types import SimpleNamespace

import pytest
import uvloop
from tests.http.connection.test_phase_timer import Clock
from uvicorn.server import ServerState

from reticket.http.connection.ends import abort
from reticket.http.connection.limits import Limits
from reticket.http.connection.phase_timer import Phase, PhaseTimer
from reticket.http.connection.protocol import Connection
from reticket.http.connection.request_cycle import RequestCycle
from reticket.http.connection.request_memory import RequestMemory
from reticket.http.connection.shared import Shared
from reticket.http.incidents import Incidents
from reticket.http.proxies import Proxies
from reticket.http.server import ConnectionTimeouts
from reticket.testing.waiting import PATIENCE


class Transport:
    """A transport that cannot be closed, because its client reads neither the rest nor the end."""

    def __init__(self, sock=None):
        self.closed = self.aborted = False
        self._sock = sock

    def get_extra_info(self, name):
        return self._sock if name == "socket" else None

    def set_write_buffer_limits(self, high, low):
        """All the same to it."""

    def is_closing(self):
        return self.closed

    def close(self):
        self.closed = True

    def abort(self):
        self.aborted = True


@pytest.fixture
def sock():
    with socket.socket() as made:
        yield made


def test_a_connection_that_cannot_be_closed_is_dropped_once_the_client_had_time_to_read(sock):
    clock, patience = Clock(), ConnectionTimeouts()
    watch = PhaseTimer(clock, patience.by_phase())
    state = SimpleNamespace(connections=set(), tasks=set(), default_headers=[])
    incidents, nobody = Incidents(print, lambda: 0.0), Proxies(())
    shared = Shared(
        None,
        state,
        {},
        Limits(),
        RequestMemory(1, 1),
        watch,
        None,
        incidents,
        nobody,
        lambda address: None,
    )
    transport, connection = Transport(sock), Connection(shared, None, int)
    connection.connection_made(transport)
    watch.check(clock.now + patience.head)
    assert (transport.closed, transport.aborted) == (True, False)
    watch.check(clock.now + patience.reading)
    assert transport.aborted


@pytest.mark.parametrize(
    ("phase", "forgets"),
    [(Phase.UNREAD, 1), (Phase.CLOSING, 1), (Phase.LINGER, 0), (Phase.DRAIN, 0)],
)
def test_the_system_forgets_what_it_holds_for_a_client_that_does_not_read(sock, phase, forgets):
    transport = Transport(sock)
    abort(transport, phase)
    assert transport.aborted
    said = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    assert struct.unpack("ii", said) == (forgets, 0)


@pytest.mark.parametrize("phase", [Phase.UNREAD, Phase.CLOSING])
def test_a_connection_that_is_gone_already_is_no_error(sock, phase):
    sock.close()
    abort(transport := Transport(sock), phase)
    assert transport.aborted


def test_sockets_of_the_event_loop_accept_the_reset_option():
    """What `get_extra_info` gives must take the option."""

    async def scenario():
        gone = asyncio.Event()

        class Ours(asyncio.Protocol):
            def connection_made(self, transport):
                abort(transport, Phase.UNREAD)

            def connection_lost(self, error):
                gone.set()

        server = await asyncio.get_running_loop().create_server(Ours, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        await gone.wait()
        writer.close()
        server.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())


async def patient(scope, receive, send):
    """An application that waits for the whole of a request."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def abandoned():
    """The state after a client has gone in the middle of a body."""
    loop, state = asyncio.get_running_loop(), ServerState()
    watch, incidents = (
        PhaseTimer(loop, ConnectionTimeouts().by_phase()),
        Incidents(print, lambda: 0.0),
    )
    shared = Shared(
        patient, state, {}, Limits(), RequestMemory(10**6, 10**6), watch, None, incidents,
        Proxies(()), lambda address: None,
    )  # fmt: skip
    connection = Connection(shared, loop, int)
    connection.connection_made(Transport())
    connection.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
    while not state.tasks:
        await asyncio.sleep(0)
    connection.connection_lost(None)
    while state.tasks:
        await asyncio.sleep(0)


def test_a_client_that_goes_in_the_middle_of_a_request_leaves_nothing_behind():
    """A reference cycle would keep the connection and its request until a garbage collection."""
    gc.collect()
    gc.disable()
    try:
        before = alive()
        asyncio.run(asyncio.wait_for(abandoned(), PATIENCE))
        assert alive() == before
    finally:
        gc.enable()


def alive():
    return sum(isinstance(each, Connection | RequestCycle) for each in gc.get_objects())
