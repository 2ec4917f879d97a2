"""Batches: items that arrive during a commit form one batch; a single item starts at once."""

import asyncio
import threading

import pytest

from reticket.core.errors import Unavailable
from reticket.core.ports import ROW_LOCKED
from reticket.core.queues import batch_queue as batch_queue_module
from reticket.core.queues.batch_queue import LONGEST_BATCH, BatchQueue, WorkerPool
from reticket.testing.waiting import PATIENCE


class Work:
    """Takes batches, one at a time, and waits at the gate."""

    def __init__(self):
        self.batches = []
        self.gate = threading.Event()
        self.gate.set()
        self.fault = None

    def __call__(self, batch):
        self.batches.append(list(batch))
        assert self.gate.wait(PATIENCE)
        if self.fault:
            raise self.fault
        return [item * 2 for item in batch]


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def pool():
    made = WorkerPool("test")
    yield made
    made.close()


def test_a_lone_item_does_not_wait(pool, work):
    async def scenario():
        return await BatchQueue(pool, work).put(21)

    assert asyncio.run(scenario()) == 42
    assert work.batches == [[21]]


def test_items_that_arrive_during_a_batch_form_the_next_one(pool, work):
    async def scenario():
        queue = BatchQueue(pool, work)
        work.gate.clear()
        first = [queue.put(number) for number in range(3)]
        while not work.batches:
            await asyncio.sleep(0)
        later = []
        for number in range(3, 10):
            later.append(queue.put(number))
            await asyncio.sleep(0)
        work.gate.set()
        return await asyncio.gather(*first, *later)

    assert asyncio.run(scenario()) == [number * 2 for number in range(10)]
    assert work.batches == [[0, 1, 2], [3, 4, 5, 6, 7, 8, 9]]


def test_an_item_that_arrives_one_loop_iteration_later_joins_the_batch(pool, work, monkeypatch):
    monkeypatch.setattr(batch_queue_module, "LONGEST_GATHERING", 60)

    async def scenario():
        line, asked = BatchQueue(pool, work), []
        for number in range(5):
            asked.append(line.put(number))
            await asyncio.sleep(0)
        return await asyncio.gather(*asked)

    assert asyncio.run(scenario()) == [0, 2, 4, 6, 8]
    assert work.batches == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("seconds", "items"), [(0.01, 10**6), (60, 3)], ids=["in time", "once it is full"]
)
def test_a_batch_starts_even_if_more_items_keep_arriving(pool, work, monkeypatch, seconds, items):
    monkeypatch.setattr(batch_queue_module, "LONGEST_GATHERING", seconds)
    monkeypatch.setattr(batch_queue_module, "LONGEST_BATCH", items)
    monkeypatch.setattr(batch_queue_module, "LONGEST_QUEUE", 10**6)

    async def scenario():
        loop, line, asked = asyncio.get_running_loop(), BatchQueue(pool, work), []
        until = loop.time() + 2
        while not work.batches and loop.time() < until:
            asked.append(line.put(len(asked)))
            await asyncio.sleep(0)
        left = bool(work.batches)
        await asyncio.gather(*asked)
        return left

    assert asyncio.run(scenario())


def test_a_batch_has_a_maximum_size(pool, work):
    async def scenario():
        queue = BatchQueue(pool, work)
        return await asyncio.gather(*(queue.put(n) for n in range(LONGEST_BATCH + 1)))

    assert len(asyncio.run(scenario())) == LONGEST_BATCH + 1
    assert [len(batch) for batch in work.batches] == [LONGEST_BATCH, 1]


def test_an_error_reaches_every_item_of_its_batch_and_none_after(pool, work):
    async def scenario():
        queue = BatchQueue(pool, work)
        work.fault = Unavailable("no disk")
        failed = await asyncio.gather(*map(queue.put, range(3)), return_exceptions=True)
        work.fault = None
        return failed, await queue.put(1)

    failed, good = asyncio.run(scenario())
    assert [type(fault) for fault in failed] == [Unavailable] * 3
    assert good == 2


def test_items_that_waited_too_long_fail_and_others_are_served(pool, work):
    async def scenario():
        loop, queue = asyncio.get_running_loop(), BatchQueue(pool, work, longest_wait=60)
        work.gate.clear()
        first = queue.put(1)
        while not work.batches:
            await asyncio.sleep(0)
        late = queue.put(2)
        loop.skip(61)
        fresh = queue.put(3)
        work.gate.set()
        assert await first == 2
        with pytest.raises(Unavailable, match="waiting for too long"):
            await late
        return await fresh

    assert run_by_hand(scenario()) == 6
    assert work.batches == [[1], [3]]


class HandClock(asyncio.SelectorEventLoop):
    """A loop whose time passes only when a test says so."""

    def __init__(self):
        super().__init__()
        self._now = 0.0

    def time(self):
        return self._now

    def skip(self, seconds):
        self._now += seconds


def run_by_hand(scenario):
    with asyncio.Runner(loop_factory=HandClock) as runner:
        return runner.run(scenario)


def test_a_locked_item_is_retried_after_a_pause(pool):
    asked = []

    def held_at_first(batch):
        asked.append(list(batch))
        return [ROW_LOCKED] if len(asked) == 1 else batch

    async def scenario():
        loop, queue = asyncio.get_running_loop(), BatchQueue(pool, held_at_first)
        waiting = queue.put(7)
        while not asked:
            await asyncio.sleep(0)
        for _ in range(100):
            await pool.run(int)
        early = list(asked)
        loop.skip(batch_queue_module.PAUSE)
        return early, await waiting

    assert run_by_hand(scenario()) == ([[7]], 7)
    assert asked == [[7], [7]]


def test_at_close_finished_work_has_its_result_and_the_rest_fails(work):
    pool = WorkerPool("test")

    async def scenario():
        queue = BatchQueue(pool, work)
        work.gate.clear()
        done = queue.put(1)
        while not work.batches:
            await asyncio.sleep(0)
        left = queue.put(2)
        closing = asyncio.ensure_future(asyncio.to_thread(pool.close))
        await asyncio.sleep(0.05)
        work.gate.set()
        await closing
        assert await asyncio.wait_for(done, 5) == 2
        with pytest.raises(Unavailable):
            await asyncio.wait_for(left, 5)
        with pytest.raises(Unavailable, match="test thread is closed"):
            await asyncio.wait_for(queue.put(3), 5)
        with pytest.raises(Unavailable):
            await pool.run(int)

    asyncio.run(scenario())


def test_a_cancelled_item_delays_no_other(pool, work):
    async def scenario():
        queue = BatchQueue(pool, work)
        work.gate.clear()
        gone, stays = queue.put(1), queue.put(2)
        gone.cancel()
        work.gate.set()
        return await stays

    assert asyncio.run(scenario()) == 4


def test_close_finishes_the_accepted_work(work):
    pool = WorkerPool("test")

    async def scenario():
        work.gate.clear()
        futures = [BatchQueue(pool, work).put(number) for number in range(3)]
        while not work.batches:
            await asyncio.sleep(0)
        closing = asyncio.ensure_future(asyncio.to_thread(pool.close))
        await asyncio.sleep(0.02)
        work.gate.set()
        await closing
        return await asyncio.gather(*futures)

    assert asyncio.run(scenario()) == [0, 2, 4]
    assert work.batches == [[0], [1], [2]]


def test_a_full_pool_is_unavailable():
    pool = WorkerPool("test", longest_queue=1)
    gate = threading.Event()

    async def scenario():
        waiting = asyncio.ensure_future(pool.run(gate.wait, 10))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="waiting for the test thread"):
            await pool.run(int)
        gate.set()
        assert await waiting
        assert await pool.run(int) == 0

    asyncio.run(scenario())
    pool.close()


def test_a_full_queue_refuses_only_the_next_item(pool, work, monkeypatch):
    monkeypatch.setattr("reticket.core.queues.batch_queue.LONGEST_QUEUE", 3)

    async def scenario():
        queue = BatchQueue(pool, work)
        answers = await asyncio.gather(*map(queue.put, range(4)), return_exceptions=True)
        return answers, await queue.put(5)

    (*served, turned_away), later = asyncio.run(scenario())
    assert (served, later) == ([0, 2, 4], 10)
    assert isinstance(turned_away, Unavailable)
    assert work.batches == [[0, 1, 2], [5]]


def test_queues_of_one_pool_take_turns(pool):
    under_way = []

    def alone(batch):
        under_way.append(len(under_way))
        assert len(under_way) == 1
        under_way.clear()
        return batch

    async def scenario():
        queues = [BatchQueue(pool, alone) for _ in range(4)]
        return await asyncio.gather(*(each.put(n) for n in range(50) for each in queues))

    assert asyncio.run(scenario()) == [n for n in range(50) for _ in range(4)]


def test_an_unexpected_error_leaves_no_item_waiting(pool, work):
    async def scenario():
        queue = BatchQueue(pool, work)
        work.fault = SystemError("a bug")
        failed = await asyncio.gather(*map(queue.put, range(2)), return_exceptions=True)
        work.fault = None
        return failed, await queue.put(1)

    failed, good = asyncio.run(scenario())
    assert ([type(fault) for fault in failed], good) == ([SystemError] * 2, 2)


@pytest.mark.parametrize("results", [[], [1, 2], None])
def test_a_wrong_number_of_results_is_an_error_and_later_batches_run(pool, results):
    answers = iter([results, [7]])

    async def scenario():
        queue = BatchQueue(pool, lambda batch: next(answers))
        with pytest.raises((ValueError, TypeError)):
            await asyncio.wait_for(queue.put(1), PATIENCE)
        return await asyncio.wait_for(queue.put(2), PATIENCE)

    assert asyncio.run(scenario()) == 7


def test_later_batches_run_after_a_result_that_cannot_be_delivered(pool):
    answers = [[7], [StopIteration()]]

    async def scenario():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        queue = BatchQueue(pool, lambda batch: answers.pop())
        lost = queue.put(1)
        while len(answers) > 1:
            await asyncio.sleep(0)
        assert await asyncio.wait_for(queue.put(2), PATIENCE) == 7
        return lost.done()

    assert not asyncio.run(scenario())


def test_work_that_waited_too_long_is_not_started():
    pool = WorkerPool("test", longest_wait=60)
    gate, begun = threading.Event(), []

    async def scenario():
        first = asyncio.ensure_future(pool.run(gate.wait, PATIENCE))
        late = asyncio.ensure_future(pool.run(begun.append, "late"))
        await asyncio.sleep(0)
        asyncio.get_running_loop().skip(61)
        gate.set()
        assert await first
        with pytest.raises(Unavailable, match="work has waited for the test thread for too long"):
            await late
        await pool.run(begun.append, "in time")

    run_by_hand(scenario())
    pool.close()
    assert begun == ["in time"]


def test_failed_work_frees_its_place_in_the_pool():
    pool = WorkerPool("test", longest_queue=1)

    def fail():
        raise KeyError("gone")

    async def scenario():
        for _ in range(3):
            with pytest.raises(KeyError):
                await pool.run(fail)

    asyncio.run(scenario())
    pool.close()


def test_an_item_locked_for_too_long_is_unavailable(pool):
    asked = []

    def hold(items):
        asked.extend(items)
        return [ROW_LOCKED] * len(items)

    async def scenario():
        loop = asyncio.get_running_loop()
        waiting = BatchQueue(pool, hold, longest_wait=60).put(1)
        while not waiting.done():
            loop.skip(batch_queue_module.PAUSE if len(asked) < 2 else 61)
            await pool.run(int)
        with pytest.raises(Unavailable):
            await waiting

    run_by_hand(scenario())
    assert set(asked) == {1}
    assert len(asked) > 1
