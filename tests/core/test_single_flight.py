"""Equal calls at the same time: one runs first, the others after it."""

import asyncio

import pytest

from reticket.core.errors import Unavailable
from reticket.core.queues.single_flight import SingleFlight

pytestmark = pytest.mark.anyio


class Work:
    """Records the calls that run at the same time; continues when the test allows it."""

    def __init__(self):
        self.begun, self.gate, self.together = 0, asyncio.Event(), 0

    async def __call__(self):
        self.begun += 1
        self.together += 1
        try:
            await self.gate.wait()
        finally:
            self.together -= 1
        return self.begun


async def soon():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_first_call_runs_alone_and_the_others_start_together_after_it():
    flights, ahead, rest = SingleFlight(), Work(), Work()
    first = asyncio.ensure_future(flights.follow("a", ahead))
    asked = [asyncio.ensure_future(flights.follow("a", rest)) for _ in range(4)]
    await soon()
    assert (ahead.begun, rest.begun) == (1, 0)
    ahead.gate.set()
    await soon()
    assert (rest.begun, rest.together) == (4, 4)
    rest.gate.set()
    await asyncio.gather(first, *asked)
    again = asyncio.ensure_future(flights.follow("a", ahead))
    await soon()
    assert ahead.begun == 2
    await again


async def test_other_work_does_not_wait():
    flights, work = SingleFlight(), Work()
    asked = [asyncio.ensure_future(flights.follow(name, work)) for name in "abc"]
    await soon()
    assert work.begun == 3
    work.gate.set()
    await asyncio.gather(*asked)


async def test_an_error_reaches_only_the_call_that_raised_it():
    flights, answers = SingleFlight(), iter([Unavailable("full"), "done", "done"])
    began = asyncio.Event()

    async def work():
        answer = next(answers)
        await began.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer

    asked = [asyncio.ensure_future(flights.follow("a", work)) for _ in range(3)]
    await soon()
    began.set()
    first, *others = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(first, Unavailable)
    assert others == ["done", "done"]


@pytest.mark.parametrize("gone", [0, 1])
async def test_a_cancelled_call_delays_no_other(gone):
    flights, work = SingleFlight(), Work()
    asked = [asyncio.ensure_future(flights.follow("a", work)) for _ in range(3)]
    await soon()
    asked[gone].cancel()
    await soon()
    work.gate.set()
    answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 5)
    assert [isinstance(each, asyncio.CancelledError) for each in answers].count(True) == 1
    assert isinstance(answers[gone], asyncio.CancelledError)
