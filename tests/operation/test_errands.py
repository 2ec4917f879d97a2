"""What dialects do without a request: looked for, done in parallel, and finished at a stop."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from reticket.core.commands import Now
from reticket.core.errors import Unavailable
from reticket.runtime import errands
from reticket.runtime.errands import ErrandRunner
from reticket.wire import Errand

pytestmark = pytest.mark.anyio


class Place:
    """Performs commands by waiting until a test opens the gate."""

    def __init__(self) -> None:
        self.gate, self.begun, self.done = asyncio.Event(), 0, 0
        self.failures: list[Exception] = []
        self.waiting, self.told = 0, []
        self.incidents = SimpleNamespace(
            upkeep_waits=self.told.append, failed=lambda name, error: self.told.append(name)
        )

    async def perform(self, command, caller):
        assert caller.address == ""
        self.begun += 1
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop()
        self.done += 1
        return 0

    def find(self, most):
        yield from ()
        taken = min(most, self.waiting)
        self.waiting -= taken
        return [self.piece() for _ in range(taken)]

    def piece(self):
        yield from Now()

    def runner(self, at_once=2):
        return ErrandRunner(Errand("test", self.find, at_once), {Now: self.perform}, self.incidents)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(errands, "PAUSE", 0.001)


@pytest.fixture
async def place():
    return Place()


async def test_pieces_run_at_the_same_time_up_to_the_limit(place):
    place.waiting = 5
    task = asyncio.create_task(place.runner().run())
    await until(lambda: place.begun == 2)
    assert place.waiting == 3
    place.gate.set()
    await until(lambda: place.done == 5)
    task.cancel()


async def test_work_is_looked_for_again_and_again(place):
    place.gate.set()
    task = asyncio.create_task(place.runner().run())
    for number in range(3):
        place.waiting = 1
        await until(lambda expected=number + 1: place.done == expected)
    task.cancel()


@pytest.mark.parametrize(
    ("failure", "said"), [(Unavailable("away"), "away"), (ValueError("x"), "upkeep_failed")]
)
async def test_a_failure_is_told_and_ends_nothing(place, failure, said):
    place.failures, place.waiting = [failure], 2
    place.gate.set()
    task = asyncio.create_task(place.runner().run())
    await until(lambda: place.done == 1)
    assert place.told == [said]
    task.cancel()


async def test_a_failing_search_is_told_and_repeated(place):
    find, failures = place.find, [Unavailable("away")]

    def fail_once(most):
        if failures:
            raise failures.pop()
        return find(most)

    place.find, place.waiting = fail_once, 1
    place.gate.set()
    task = asyncio.create_task(place.runner().run())
    await until(lambda: place.done == 1)
    assert place.told == ["away"]
    task.cancel()


async def test_a_stop_waits_for_what_is_in_progress(place):
    place.waiting = 2
    task = asyncio.create_task(place.runner().run())
    await until(lambda: place.begun == 2)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    place.gate.set()
    await asyncio.gather(task, return_exceptions=True)
    assert place.done == 2
