"""A request over its deadline is Unavailable; other requests and cancellations are unchanged."""

import asyncio
from collections import defaultdict

import pytest

from reticket.core.errors import Unavailable
from reticket.dialects import akinon
from reticket.http.deadlines import Deadlines
from reticket.http.edge import Edge
from reticket.http.incidents import Incidents
from reticket.http.routing import RoutingTable
from reticket.testing.waiting import PATIENCE


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Hurried(Deadlines):
    """Looks when the test says so, at a time that the test says."""

    def check(self, later):
        loop = asyncio.get_running_loop()
        self._check(Later(loop, later))


class Later:
    def __init__(self, loop, seconds):
        self._loop, self._seconds = loop, seconds

    def time(self):
        return self._loop.time() + self._seconds

    def call_later(self, *when_and_what):
        """Start no check; the test does it."""


async def forever():
    await asyncio.Event().wait()


async def begun(kept, work):
    task = asyncio.create_task(kept.keep(work))
    await asyncio.sleep(0)
    return task


@pytest.mark.anyio
async def test_a_late_request_is_unavailable_and_others_are_answered(monkeypatch):
    kept, go = Hurried(10), asyncio.Event()
    late = [await begun(kept, forever()) for _ in range(3)]
    kept.check(9)
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + 5)
    in_time = await begun(kept, go.wait())
    kept.check(6)
    results = await asyncio.gather(*late, return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 3
    go.set()
    assert await in_time is True


@pytest.mark.anyio
async def test_a_task_that_was_late_once_may_continue():
    kept = Hurried(10)

    async def twice():
        with pytest.raises(Unavailable, match="in time"):
            await kept.keep(forever())
        assert asyncio.current_task().cancelling() == 0
        return await kept.keep(asyncio.sleep(0, "an answer"))

    task = asyncio.create_task(twice())
    await asyncio.sleep(0)
    kept.check(11)
    assert await task == "an answer"
    assert kept._since == {}
    assert kept._late == set()


@pytest.mark.anyio
async def test_a_request_is_cancelled_once():
    kept = Hurried(10)
    stubborn = asyncio.Event()

    async def work():
        try:
            await forever()
        except asyncio.CancelledError:
            await stubborn.wait()
            raise

    task = await begun(kept, work())
    kept.check(11)
    await asyncio.sleep(0)
    kept.check(12)
    stubborn.set()
    with pytest.raises(Unavailable):
        await task


@pytest.mark.anyio
async def test_a_cancellation_from_elsewhere_is_not_turned_into_unavailable():
    kept = Hurried(10)
    for later in (0, 11):
        task = await begun(kept, forever())
        kept.check(later)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()


@pytest.mark.anyio
async def test_a_late_request_that_fails_keeps_its_error():
    kept = Hurried(10)

    async def failing():
        try:
            await forever()
        except asyncio.CancelledError:
            raise KeyError("it") from None

    async def caught():
        with pytest.raises(KeyError):
            await kept.keep(failing())
        return asyncio.current_task().cancelling()

    task = asyncio.create_task(caught())
    await asyncio.sleep(0)
    kept.check(11)
    assert await task == 0


@pytest.mark.anyio
async def test_checks_run_only_while_requests_wait(monkeypatch):
    monkeypatch.setattr("reticket.http.deadlines.CHECK_INTERVAL", 0.001)
    checks, check = [], Deadlines._check

    def counted(self, loop):
        checks.append(1)
        check(self, loop)

    monkeypatch.setattr(Deadlines, "_check", counted)
    kept = Deadlines(PATIENCE)
    task = await begun(kept, forever())
    async with asyncio.timeout(PATIENCE):
        while len(checks) < 2:
            await asyncio.sleep(0)
        task.cancel()
        while kept._checking_loop is not None:
            await asyncio.sleep(0)
    assert task.cancelled()


def test_another_event_loop_is_checked_too(monkeypatch):
    monkeypatch.setattr("reticket.http.deadlines.CHECK_INTERVAL", 0.001)
    kept = Deadlines(0.01)
    for _ in range(2):
        with pytest.raises(Unavailable):
            asyncio.run(kept.keep(forever()))


@pytest.mark.anyio
async def test_the_edge_enforces_deadlines():
    kept, sent = Hurried(10), []
    edge = Edge(
        RoutingTable([akinon.build(akinon.Options())]),
        defaultdict(lambda: lambda command, caller: forever()),
        None,
        1000,
        kept,
        [],
        Incidents(print, lambda: 0.0),
    )
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/auth/refresh-token",
        "query_string": b"", "headers": [(b"content-type", b"application/json")],
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": b'{"refreshToken": "x"}'}

    async def send(message):
        sent.append(message)

    task = asyncio.create_task(edge(scope, receive, send))
    await asyncio.sleep(0)
    kept.check(11)
    await task
    assert sent[0]["status"] == 503
    assert b"retry-after" in dict(sent[0]["headers"])
