"""Entries and counters of callers: networks take turns, and a reached limit is remembered."""

import asyncio
import threading
from dataclasses import replace

import pytest
from tests.core.world import CALLER, FakeClock

from reticket.core.commands import Increment, Peek, Pop, PutIfAbsent, PutReserved, Release, Reserve
from reticket.core.model import Caller
from reticket.core.ports import Counted
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.storage.budget import of_account, of_address, of_client
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.core.storage.caller_storage import MOST_REACHED, CallerStorage
from reticket.stores.memory import MemoryEphemeral

pytestmark = pytest.mark.anyio

FLOOD, OTHER = Caller("192.0.2.1", ""), Caller("198.51.100.7", "")
LIMITED = Increment("test:tries", 600, most=2)


class RecordingEphemeral(MemoryEphemeral):
    """Records the keys of all calls, in order."""

    def __init__(self, clock):
        super().__init__(clock)
        self.asked = []

    def peek(self, key):
        self.asked.append(key)
        return super().peek(key)

    def put_if_absent(self, key, lifetime, value=""):
        self.asked.append(key)
        return super().put_if_absent(key, lifetime, value)

    def count(self, key, window, add=1):
        self.asked.append(key)
        return super().count(key, window, add)

    def count_each(self, windows, add=1):
        self.asked.extend(windows)
        return super().count_each(windows, add)


class Harness:
    """Visitors over such a store, on one thread."""

    def __init__(self, clock, linger=0.0):
        self.clock, self.store = clock, RecordingEphemeral(clock)
        self.pool = FairWorkerPool("callers", 1, 64, linger=linger)
        self.storage = CallerStorage(self.store, BudgetedEphemeral(self.store), self.pool, clock)
        self.gate = threading.Event()

    def held_up(self):
        return asyncio.ensure_future(self.storage.run(FLOOD, self.gate.wait))

    def look(self, key, caller):
        return asyncio.ensure_future(self.storage.peek(Peek(key), caller))


@pytest.fixture
def harness():
    made = Harness(FakeClock())
    yield made
    made.gate.set()
    made.pool.close()


async def until_queued():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_network_with_many_waiting_requests_delays_others_only_briefly(harness):
    waiting = [harness.held_up(), *(harness.look("flood", FLOOD) for _ in range(50))]
    await until_queued()
    waiting.append(harness.look("other", OTHER))
    await until_queued()
    harness.gate.set()
    await asyncio.gather(*waiting)
    assert harness.store.asked.index("other") <= 2


async def test_a_full_queue_has_space_for_another_network(harness):
    waiting = [harness.held_up(), *(harness.look("flood", FLOOD) for _ in range(100))]
    await until_queued()
    other = harness.look("other", OTHER)
    await until_queued()
    harness.gate.set()
    assert await other is None
    await asyncio.gather(*waiting, return_exceptions=True)


RESERVED = {
    "keep what it has reserved": lambda harness, charge: harness.storage.put_reserved(
        PutReserved(charge, "text"), FLOOD
    ),
    "release": lambda harness, charge: harness.storage.release(Release(charge), FLOOD),
}
VERBS = {
    "keep": lambda harness, owner: harness.storage.put_if_absent(
        PutIfAbsent("test:mine", "text", 60, owner), FLOOD
    ),
    "reserve": lambda harness, owner: harness.storage.reserve(
        Reserve("test:mine", 9, 60, owner), FLOOD
    ),
    "tally": lambda harness, owner: harness.storage.increment(
        Increment("test:mine", 60, owner=owner), FLOOD
    ),
}


async def comes_first(harness, asking):
    """Whether it is served before an earlier caller of another network, while the pool was busy."""
    waiting = [harness.held_up(), harness.look("stranger", OTHER)]
    await until_queued()
    harness.store.asked.clear()
    waiting.append(asyncio.ensure_future(asking))
    await until_queued()
    harness.gate.set()
    await asyncio.gather(*waiting)
    return len(harness.store.asked) > 1 and harness.store.asked[-1] == "stranger"


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize("owner", [of_client("web"), of_account("ada")])
async def test_a_caller_with_credentials_goes_before_strangers(harness, owner, verb):
    assert await comes_first(harness, verb(harness, owner))


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
async def test_a_caller_with_only_an_address_does_not(harness, verb):
    assert not await comes_first(harness, verb(harness, of_address(FLOOD.address)))


@pytest.mark.parametrize("verb", RESERVED.values(), ids=RESERVED)
async def test_a_caller_that_reserved_room_with_credentials_goes_before_strangers(harness, verb):
    charge = await harness.storage.reserve(Reserve("test:mine", 9, 60, of_client("web")), FLOOD)
    assert await comes_first(harness, verb(harness, charge))


async def test_a_stored_value_is_taken_only_once(harness):
    assert await harness.storage.put_if_absent(PutIfAbsent("test:kept", "text", 60), OTHER)
    assert not await harness.storage.put_if_absent(PutIfAbsent("test:kept", "more", 60), OTHER)
    assert await harness.storage.peek(Peek("test:kept"), OTHER) == "text"
    assert await harness.storage.pop(Pop("test:kept"), FLOOD) == "text"
    assert await harness.storage.pop(Pop("test:kept"), FLOOD) is None


async def counted(harness, command=LIMITED):
    return await harness.storage.increment(command, CALLER)


async def test_a_reached_limit_needs_no_write_and_no_place_in_the_queue(harness):
    assert [(await counted(harness)).total for _ in range(3)] == [1, 2, 3]
    harness.clock.forward(60)
    harness.pool.close()
    answers = [await counted(harness) for _ in range(4)]
    assert answers == [Counted(total, 540_000) for total in (4, 5, 6, 7)]
    assert harness.store.count(LIMITED.key, 600, 0).total == 3


async def test_a_limit_admits_again_after_its_window(harness):
    for _ in range(5):
        await counted(harness)
    harness.clock.forward(600)
    assert (await counted(harness)).total == 1


async def test_a_subtraction_opens_a_reached_limit(harness):
    for _ in range(3):
        await counted(harness)
    back = replace(LIMITED, add=-1)
    assert [(await counted(harness, back)).total for _ in range(2)] == [2, 1]
    assert (await counted(harness)).total == 2


async def test_a_clock_set_back_blocks_no_longer_than_the_window(harness):
    for _ in range(5):
        await counted(harness)
    harness.clock.forward(-86_400)
    assert (await counted(harness)).total == 1


async def test_the_number_of_remembered_limits_is_bounded(harness):
    for number in range(MOST_REACHED + 10):
        harness.storage._reached.note(Increment(f"test:{number}", 600, most=2), Counted(3, 1000))
    assert len(harness.storage._reached._known) == MOST_REACHED


async def test_a_refusal_by_a_limit_is_delayed(harness, monkeypatch):
    lingered = []

    async def linger():
        lingered.append(True)

    monkeypatch.setattr(harness.pool, "linger", linger)
    for _ in range(2):
        await counted(harness)
    assert lingered == []
    for _ in range(3):
        await counted(harness)
    assert len(lingered) == 3


async def test_a_count_without_a_limit_is_in_the_store_each_time(harness):
    free = Increment("test:free", 600)
    assert [(await counted(harness, free)).total for _ in range(4)] == [1, 2, 3, 4]
    assert harness.store.count("test:free", 600, 0).total == 4


async def test_an_entry_without_an_owner_is_charged_to_its_callers_address(harness, monkeypatch):
    owners = []
    monkeypatch.setattr(
        BudgetedEphemeral, "put_if_absent", lambda self, *said: owners.append(said[-1])
    )
    monkeypatch.setattr(
        BudgetedEphemeral,
        "count",
        lambda self, *said: owners.append(said[-1]) or Counted(1, 60_000),
    )
    await harness.storage.put_if_absent(PutIfAbsent("test:kept", "text", 60), FLOOD)
    await harness.storage.increment(Increment("test:tries", 60), FLOOD)
    assert owners == [of_address(FLOOD.address)] * 2
