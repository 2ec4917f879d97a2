"""A worker pool with fair turns, and work that ends when the test allows it."""

import asyncio
import threading

import pytest

from reticket.core.errors import Unavailable
from reticket.core.queues.fair_queue import Requester
from reticket.core.queues.fair_worker_pool import FairWorkerPool

pytestmark = pytest.mark.anyio

PATIENCE = 60.0
OWNER = Requester("198.51.100.1", "ada", True)


def stranger(number):
    return Requester(f"192.0.2.{number}", "ada", False)


class Bench:
    """Work that waits for its gate, and the order in which callers were served."""

    def __init__(self, threads=1, places=64, **more):
        self.pool = FairWorkerPool("test", threads, places, **more)
        self.gate = threading.Semaphore(0)
        self.served = []

    def work(self, whose):
        assert self.gate.acquire(timeout=PATIENCE)
        self.served.append(whose)
        return whose

    def ask(self, whose):
        return asyncio.ensure_future(self.pool.run(whose, self.work, whose))

    def let(self, count):
        self.gate.release(count)


@pytest.fixture
async def bench():
    made = []

    def make(**said):
        made.append(Bench(**said))
        return made[-1]

    yield make
    for each in made:
        each.let(1000)
        each.pool.close()


async def settled():
    """Everything that is ready has run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_result_and_an_error_come_back(bench):
    one = bench()
    one.let(1)
    assert await one.ask(OWNER) == OWNER
    with pytest.raises(ZeroDivisionError):
        await one.pool.run(OWNER, lambda: 1 // 0)


async def test_a_known_owner_goes_before_fifty_unknown_networks_that_never_stop(bench):
    one = bench()
    strangers = [one.ask(stranger(each % 50)) for each in range(64)]
    await settled()
    owner = one.ask(OWNER)
    await settled()
    one.let(1000)
    assert await asyncio.wait_for(owner, PATIENCE) == OWNER
    await asyncio.wait(strangers)
    assert one.served.index(OWNER) == 1


async def test_a_new_network_waits_for_one_turn_of_each_other(bench):
    one = bench(places=256)
    strangers = [one.ask(stranger(each % 50)) for each in range(201)]
    await settled()
    newcomer = one.ask(stranger(99))
    await settled()
    one.let(1000)
    assert await asyncio.wait_for(newcomer, PATIENCE) == stranger(99)
    await asyncio.wait(strangers)
    assert one.served.index(stranger(99)) <= 51


async def test_one_busy_account_causes_no_503_for_others(bench):
    one = bench(places=8)
    flood = [one.ask(OWNER) for _ in range(50)]
    await settled()
    others = [one.ask(Requester("198.51.100.1", f"name {each}", False)) for each in range(4)]
    await settled()
    one.let(1000)
    assert [await asyncio.wait_for(each, PATIENCE) for each in others]
    refused = [each for each in await asyncio.gather(*flood, return_exceptions=True)
               if isinstance(each, Unavailable)]  # fmt: skip
    assert len(refused) == 50 - 1 - 8 + 4


async def test_the_refusal_of_a_full_queue_is_delayed(bench, monkeypatch):
    one = bench(places=1, linger=7.0)
    kept = [one.ask(OWNER), one.ask(stranger(1))]
    await settled()
    loop, waits = asyncio.get_running_loop(), []

    def call_later(seconds, work, *arguments):
        waits.append(seconds)
        return loop.call_soon(work, *arguments)

    monkeypatch.setattr(loop, "call_later", call_later)
    with pytest.raises(Unavailable):
        await one.ask(stranger(2))
    monkeypatch.undo()
    assert waits == [7.0]
    one.let(2)
    await asyncio.gather(*kept)


async def test_a_caller_that_disconnects_frees_its_place(bench):
    one = bench(places=1)
    running = one.ask(OWNER)
    await settled()
    gone = one.ask(stranger(1))
    await settled()
    gone.cancel()
    await settled()
    other = one.ask(stranger(2))
    await settled()
    one.let(2)
    assert await asyncio.wait_for(other, PATIENCE) == stranger(2)
    assert await running == OWNER
    assert gone.cancelled()
    assert one.served == [OWNER, stranger(2)]


async def test_work_that_waited_too_long_is_not_started(bench):
    one = bench(longest_wait=-1.0)
    first, late = one.ask(OWNER), one.ask(stranger(1))
    await settled()
    one.let(2)
    assert await first == OWNER
    with pytest.raises(Unavailable):
        await asyncio.wait_for(late, PATIENCE)
    assert one.served == [OWNER]


async def test_a_full_queue_says_when_to_retry(bench, monkeypatch):
    one = bench(places=4)
    now, loop = [0.0], asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", lambda: now[0])
    for _ in range(50):
        done = one.ask(OWNER)
        await settled()
        now[0] += 2.0
        one.let(1)
        await done
    asked = [one.ask(stranger(each)) for each in range(5)]
    await settled()
    with pytest.raises(Unavailable) as refused:
        await one.ask(stranger(9))
    assert refused.value.retry_after == 10
    monkeypatch.undo()
    one.let(1000)
    await asyncio.wait(asked)


async def test_a_closed_pool_is_unavailable(bench):
    one = bench()
    one.pool.close()
    with pytest.raises(Unavailable):
        await one.ask(OWNER)
