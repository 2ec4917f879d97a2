"""A response that does not need the body is written once the body was received: a proxy that still
writes the body may lose an earlier one.
"""

import asyncio

import pytest

from reticket.http.connection.head import CHUNKED
from reticket.http.connection.limits import Limits
from reticket.http.connection.reader import Reader
from reticket.http.connection.request_cycle import MOST_DROPPED, WINDOW, RequestCycle
from reticket.http.incidents import Incidents


class Line:
    """A connection that records the calls of a request cycle."""

    is_write_paused = False
    keeps_open = True
    defaults = ()

    def __init__(self):
        self.told = []

    def write(self, data):
        self.told.append(data[9:12].decode() if data.startswith(b"HTTP/1.1 ") else data)

    def read_on(self):
        self.told.append("read on")

    def answered(self, closes, refused):
        self.told.append("answered")

    def client_gone(self):
        self.told.append("gone")


class NoPause:
    async def wait_before(self):
        pass


class Shared:
    incidents = Incidents(print, lambda: 0.0)

    @staticmethod
    async def app(scope, receive, send):
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def head_of(*fields):
    reader = Reader(Limits())
    reader.feed(b"\r\n".join([b"POST / HTTP/1.1", b"Host: x", *fields]) + b"\r\n\r\n")
    return reader.head()


def sized(length):
    return f"Content-Length: {length}".encode()


async def started(*fields):
    """A connection, and a cycle that has not received any of its body."""
    line = Line()
    cycle = RequestCycle(head_of(*fields), line, NoPause())
    running = asyncio.create_task(cycle.run(Shared, {}))
    await settle()
    return line, cycle, running


async def settle():
    """Let the cycle do what it can do."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "field", [sized(WINDOW + 1), sized(MOST_DROPPED), b"Transfer-Encoding: chunked"]
)
def test_an_early_response_waits_for_the_body(field):
    async def run():
        line, cycle, running = await started(field)
        cycle.feed(bytes(WINDOW), False)
        await settle()
        assert line.told == ["read on"]
        cycle.feed(b"}", True)
        await running
        assert line.told == ["read on", "413", "answered"]

    asyncio.run(run())


@pytest.mark.parametrize("fields", [[sized(MOST_DROPPED + 1)], [sized(9), b"Expect: 100-continue"]])
def test_an_early_response_to_a_long_or_unwanted_body_is_written_at_once(fields):
    line, _, _ = asyncio.run(started(*fields))
    assert line.told == ["413", "answered"]


def test_an_early_response_waits_for_a_limited_part_of_an_endless_body():
    async def run():
        line, cycle, running = await started(b"Transfer-Encoding: chunked")
        assert cycle._head.length == CHUNKED
        for _ in range(MOST_DROPPED // WINDOW):
            assert "413" not in line.told
            cycle.feed(bytes(WINDOW), False)
            await settle()
        await running
        assert line.told[-2:] == ["413", "answered"]

    asyncio.run(run())


def test_nothing_is_written_for_a_client_that_is_gone():
    async def run():
        line, cycle, running = await started(sized(9))
        cycle.leave()
        await running
        assert line.told == ["gone"]

    asyncio.run(run())
