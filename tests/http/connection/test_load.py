"""On a busy loop, a connection with repeated refusals is read later; no other one waits."""

import asyncio
import socket
from contextlib import asynccontextmanager
from ipaddress import ip_network
from types import SimpleNamespace

import pytest
from uvicorn.server import ServerState

from reticket.http.connection.ends import RESET
from reticket.http.connection.limits import Limits
from reticket.http.connection.load import (
    FREE_REFUSALS,
    LIGHT_LOAD,
    LONGEST_PAUSE,
    SAMPLE_INTERVAL,
    SLOPE,
    Load,
)
from reticket.http.connection.phase_timer import Phase, PhaseTimer
from reticket.http.connection.protocol import Connection
from reticket.http.connection.request_memory import RequestMemory
from reticket.http.connection.shared import Shared
from reticket.http.incidents import Incidents
from reticket.http.proxies import Proxies
from reticket.http.server import ConnectionTimeouts
from reticket.testing.waiting import PATIENCE

NEVER = 10_000.0
READ_AT_ONCE = 262_144
"""Bytes that the loop of asyncio hands over together."""
REFUSED = b"GET /404 HTTP/1.1\r\nHost: x\r\n\r\n"


class Loop:
    """A loop that calls nothing by itself."""

    def call_later(self, delay, call):
        self.due = call
        return SimpleNamespace(cancel=lambda: None)


def load_of(*shares, late=0.0):
    """After so many looks, between which the thread has computed for such shares of the time.

    Args:
        late: seconds by which each comes too late.
    """
    now, worked, loop = [0.0], [0.0], Loop()
    load = Load(loop, lambda: now[0], lambda: worked[0])
    load.start()
    for share in shares:
        now[0] += SAMPLE_INTERVAL + late
        worked[0] += SAMPLE_INTERVAL * share
        loop.due()
    return load


def test_no_refusal_is_delayed_under_light_load():
    assert load_of(*[0.0] * 50).pause == 0
    assert load_of(*[LIGHT_LOAD] * 50).pause == 0


def test_the_busier_the_loop_the_longer_is_the_pause_up_to_a_second():
    most = LIGHT_LOAD + LONGEST_PAUSE / SLOPE
    pauses = [
        load_of(*[share] * 80).pause
        for share in (LIGHT_LOAD + 0.01, (LIGHT_LOAD + most) / 2, most, 1.0)
    ]
    assert pauses == sorted(pauses)
    assert 0 < pauses[0] < pauses[1] < pauses[2]
    assert pauses[2:] == pytest.approx([LONGEST_PAUSE, LONGEST_PAUSE], rel=0.01)


def test_one_busy_sample_delays_nothing_and_a_busy_second_is_soon_forgotten():
    assert load_of(*[0.05] * 20, 1.0).pause == 0
    assert load_of(*[1.0] * 20).pause > 0
    assert load_of(*[1.0] * 20, *[0.0] * 20).pause == 0


def test_a_loop_that_is_kept_waiting_is_busy_though_it_computes_little():
    assert load_of(*[0.1] * 50, late=SAMPLE_INTERVAL / 8).pause == 0
    assert 0 < load_of(*[0.0] * 50, late=SAMPLE_INTERVAL / 2).pause < LONGEST_PAUSE
    assert load_of(*[0.0] * 50, late=SAMPLE_INTERVAL * 4).pause == LONGEST_PAUSE


async def app(scope, receive, send):
    """Answers with the status in its path. A `?` after it marks the answer as a refusal."""
    while (await receive()).get("more_body"):
        pass
    start = {
        "status": int(scope["path"][1:]),
        "headers": [],
        "refuses": b"no" in scope["query_string"],
    }
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": b""})


class Busy(Load):
    """Delays refused connections for as long as the test says."""

    pause = 0.0

    def __init__(self, loop, pause):
        super().__init__(loop)
        self.pause = pause


def shared_of(loop, pause, room, proxies):
    """The state that connections share on a loop with that load."""
    watch, incidents = (
        PhaseTimer(loop, ConnectionTimeouts().by_phase()),
        Incidents(print, lambda: 0.0),
    )
    return Shared(
        app, ServerState(), {}, Limits(), room, watch, Busy(loop, pause),
        incidents, Proxies(proxies), lambda address: None,
    )  # fmt: skip


@asynccontextmanager
async def serving(pause, room=10**6, proxies=()):
    """The state that connections share on a loop with that load, and their port."""
    loop = asyncio.get_running_loop()
    shared = shared_of(loop, pause, RequestMemory(room, room), proxies)
    server = await loop.create_server(lambda: Connection(shared, loop, int), "127.0.0.1", 0)
    async with server:
        yield shared, server.sockets[0].getsockname()
        for connection in tuple(shared.state.connections):
            connection.evict(Phase.IDLE)
        await asyncio.sleep(0)


async def statuses(pause, *paths, count):
    """The first answers to these requests, sent at once, of a loop that is so busy."""
    async with serving(pause) as (_, place):
        reader, writer = await asyncio.open_connection(*place)
        for path in paths:
            writer.write(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        heads = [await reader.readuntil(b"\r\n\r\n") for _ in range(count)]
        writer.close()
        await writer.wait_closed()
        return [int(head.split()[1]) for head in heads], reader


async def ended(pause):
    """Whether a connection is ended at once, that is before another request is answered, after
    bytes that are no request.
    """
    async with serving(pause) as (_, place):
        (reader, writer), (other, asking) = [await asyncio.open_connection(*place) for _ in "ab"]
        writer.write(b"\x16\x03\x01 no HTTP\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 400 " in head
        await reader.readexactly(len(b"bad request"))
        asking.write(b"GET /200 HTTP/1.1\r\nHost: x\r\n\r\n")
        await other.readuntil(b"\r\n\r\n")
        at_end = reader.at_eof()
        for each in (writer, asking):
            each.close()
        return at_end


def test_after_repeated_refusals_a_busy_loop_reads_later():
    paths = [404, 404, 404, 200, 404, 404, 200]
    assert asyncio.run(statuses(0.01, *paths, count=7))[0] == paths


@pytest.mark.parametrize(
    "paths", [(404, 404, 200), (200, 401, 400, 200), (404, 200, 404, 404, 200)]
)
def test_a_refusal_is_answered_at_once_and_requests_after_two_refusals_wait(paths):
    count = len(paths) - 1
    found, reader = asyncio.run(statuses(NEVER, *paths, count=count))
    assert found == [int(str(path)[:3]) for path in paths[:-1]]
    assert not reader._buffer


def test_a_single_refusal_is_never_delayed():
    paths = [401, 200, 400, 200, 404, 302, 401, 200]
    assert asyncio.run(statuses(NEVER, *paths, count=8))[0] == paths


def test_a_client_without_refusals_is_never_delayed():
    assert asyncio.run(statuses(NEVER, 200, 200, 301, 200, count=4))[0] == [200, 200, 301, 200]


async def proxied(*asked, count):
    """So many statuses of a busy loop, through one connection of a proxy, and what came of more.

    Args:
        asked: who asks, and for which status.
    """
    async with serving(NEVER, proxies=[ip_network("127.0.0.1")]) as (_, place):
        reader, writer = await asyncio.open_connection(*place)
        for client, path in asked:
            head = f"GET /{path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n\r\n"
            writer.write(head.encode())
        async with asyncio.timeout(PATIENCE):
            heads = [await reader.readuntil(b"\r\n\r\n") for _ in range(count)]
        writer.close()
        await writer.wait_closed()
        return [int(head.split()[1]) for head in heads], bytes(reader._buffer)


HOSTILE, HONEST = "203.0.113.9", "198.51.100.7"


def test_refusals_of_one_client_behind_a_proxy_delay_no_other():
    paths = [404] * FREE_REFUSALS + [200, 401, 200]
    clients = [HOSTILE] * FREE_REFUSALS + [HONEST] * 3
    asked = zip(clients, paths, strict=True)
    assert asyncio.run(proxied(*asked, count=len(paths))) == (paths, b"")


def test_repeated_refusals_behind_a_proxy_are_answered_later():
    paths = [404] * FREE_REFUSALS + [200, 404, 200]
    asked = [(HOSTILE, path) for path in paths]
    assert asyncio.run(proxied(*asked, count=FREE_REFUSALS + 1)) == (paths[:-2], b"")


def test_after_an_invalid_request_a_busy_loop_closes_the_connection_later():
    assert asyncio.run(ended(0.0))
    assert not asyncio.run(ended(NEVER))


@asynccontextmanager
async def refused(pause, sent, times=1):
    """The room, the connections and a client of a loop that is so busy, which has answered it so
    many times.
    """
    async with serving(pause) as (shared, place):
        reader, writer = await asyncio.open_connection(*place)
        writer.write(sent)
        for _ in range(times):
            await reader.readuntil(b"\r\n\r\n")
        yield shared.memory, shared.state.connections, writer
        writer.close()


async def held_in_the_pause(sent):
    """Bytes of the room that are taken by a client that was refused and waits."""
    async with refused(NEVER, REFUSED + sent, times=2) as (room, _, _):
        return room._held


def test_a_refused_request_uses_no_memory_while_its_connection_waits():
    body = b"x" * 20_000
    head = b"POST /404 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert asyncio.run(held_in_the_pause(head + body)) == 0


async def held_after_a_reset(pause, more):
    """Bytes of the room that are taken once a client is gone that was refused and sent more."""
    async with refused(pause, REFUSED * 2 + more, times=2) as (room, connections, writer):
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()
        async with asyncio.timeout(PATIENCE):
            while connections:
                await asyncio.sleep(0.001)
        await asyncio.sleep(2 * pause)
        return room._held, room._held_by


def test_a_client_that_disconnects_while_waiting_frees_its_bytes():
    more = b"POST /200 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n" + b"x" * 20_000
    assert asyncio.run(held_after_a_reset(0.05, more)) == (0, {})


async def remembered_after(path):
    """The heads that connections have once a request was answered."""
    sent = f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    async with refused(0, sent) as (_, connections, _):
        return [connection._head for connection in connections]


@pytest.mark.parametrize("path", [200, 404])
def test_an_idle_connection_keeps_nothing_of_the_last_request(path):
    assert asyncio.run(remembered_after(path)) == [None]


async def most_pending(path, size, count):
    """The most bytes that a connection has read ahead, of so many requests with a body of that
    size, sent without a wait.
    """
    head = f"POST /{path} HTTP/1.1\r\nHost: x\r\nX: {'x' * 1000}\r\nContent-Length: {size}\r\n\r\n"
    sent = (head.encode() + b"x" * size) * count
    pending = [0]
    async with serving(0, room=10**9) as (shared, place):
        reader, writer = await asyncio.open_connection(*place)
        writer.write(sent)
        for _ in range(count):
            await reader.readuntil(b"\r\n\r\n")
            pending += [each._reader.pending for each in shared.state.connections]
        writer.close()
        await writer.wait_closed()
    return max(pending), len(sent)


@pytest.mark.parametrize("path", [200, 404])
@pytest.mark.parametrize("size", [0, 300])
def test_waiting_requests_are_not_read_before_earlier_ones(path, size):
    most, sent = asyncio.run(most_pending(path, size, 3000))
    assert most <= 2 * READ_AT_ONCE < sent // 2
