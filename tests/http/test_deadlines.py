"""Requests that take too long are Unavailable; the others, and what cancels them, go on."""

import asyncio

import pytest

from reticket.core.errors import Unavailable
from reticket.http import deadlines
from reticket.http.deadlines import Deadlines


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(deadlines, "LOOK", 0.01)


async def forever():
    await asyncio.Event().wait()


def test_who_is_late_is_unavailable_and_who_is_not_is_answered():
    async def several():
        kept = Deadlines(0.2)
        late = [asyncio.create_task(kept.keep(forever())) for _ in range(3)]
        await asyncio.sleep(0.1)
        in_time = asyncio.create_task(kept.keep(asyncio.sleep(0.15, "an answer")))
        results = await asyncio.gather(*late, return_exceptions=True)
        assert [type(result) for result in results] == [Unavailable] * 3
        assert not any(task.cancelled() for task in late)
        assert await in_time == "an answer"

    asyncio.run(several())


def test_a_task_that_was_late_once_may_go_on():
    async def twice():
        kept = Deadlines(0.05)
        with pytest.raises(Unavailable, match="in time"):
            await kept.keep(forever())
        assert asyncio.current_task().cancelling() == 0
        assert await kept.keep(asyncio.sleep(0.03, "an answer")) == "an answer"

    asyncio.run(twice())


def test_a_cancellation_from_elsewhere_stays_one():
    async def cancelled():
        kept = Deadlines(5)
        task = asyncio.create_task(kept.keep(forever()))
        await asyncio.sleep(0.03)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())


def test_nobody_looks_when_nobody_waits(monkeypatch):
    looks = []
    look = Deadlines._look

    def counted(self, loop):
        looks.append(1)
        look(self, loop)

    monkeypatch.setattr(Deadlines, "_look", counted)

    async def quiet():
        await Deadlines(5).keep(asyncio.sleep(0))
        await asyncio.sleep(0.1)

    asyncio.run(quiet())
    assert len(looks) == 1


def test_what_failed_fails():
    async def failing():
        raise KeyError("it")

    with pytest.raises(KeyError):
        asyncio.run(Deadlines(5).keep(failing()))
