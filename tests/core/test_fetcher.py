"""Copies of documents of other servers, and the limits on fetching them."""

import asyncio

import pytest

from reticket.core.commands import Fetch
from reticket.core.fetching.copies import LONGEST, SHORTEST, Copies
from reticket.core.fetching.fetcher import Fetcher, FetchLimits
from reticket.core.fetching.lifetime import UNSAID, lifetime_of
from reticket.core.fetching.model import Fetched, FetchFault, FetchRequest, Unfetched
from reticket.core.model import Caller
from reticket.core.policy import DAY, SECOND
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.core.storage.caller_storage import CallerStorage
from reticket.stores.memory import MemoryEphemeral
from reticket.testing.clock import FakeClock

pytestmark = pytest.mark.anyio

URL = "https://app.example/keys"
HERE, THERE = Caller("192.0.2.1", ""), Caller("192.0.2.2", "")
DOWN = Unfetched(FetchFault.UNREACHABLE)


def document(body=b"{}", lifetime=300):
    return Fetched(200, "application/json", body, lifetime)


class World:
    def __init__(self, limits):
        self.clock, self.answer, self.asked = FakeClock(), document(), []
        kept = MemoryEphemeral(self.clock)
        self.pools = [FairWorkerPool("callers", 1, 64), FairWorkerPool("fetches", 1, 64)]
        storage = CallerStorage(kept, BudgetedEphemeral(kept), self.pools[0], self.clock)
        count = storage.increment
        self.fetcher = Fetcher(self.exchange, self.pools[1], count, limits, self.clock)

    def exchange(self, request):
        self.asked.append(request.url)
        return self.answer

    async def fetch(self, url=URL, caller=HERE, body=None, **said):
        return await self.fetcher.fetch(Fetch(FetchRequest(url, body=body), **said), caller)

    def close(self):
        for pool in self.pools:
            pool.close()


@pytest.fixture
def world(request):
    made = World(getattr(request, "param", FetchLimits(1000, 1000)))
    yield made
    made.close()


async def test_a_document_is_fetched_once_in_its_lifetime(world):
    assert await world.fetch() is await world.fetch(caller=THERE)
    world.clock.at += 300 * SECOND - 1
    await world.fetch()
    assert len(world.asked) == 1
    world.clock.at += 1
    await world.fetch()
    assert len(world.asked) == 2


@pytest.mark.parametrize(("said", "counts"), [(0, SHORTEST), (400 * DAY, LONGEST)])
async def test_a_lifetime_has_bounds(world, said, counts):
    world.answer = document(lifetime=said)
    await world.fetch()
    world.clock.at += counts * SECOND - 1
    await world.fetch()
    assert len(world.asked) == 1
    world.clock.at += 1
    await world.fetch()
    assert len(world.asked) == 2


async def test_a_failure_is_not_cached(world):
    world.answer = DOWN
    assert await world.fetch() == DOWN
    world.answer = document()
    assert await world.fetch() is world.answer


async def test_an_answer_that_must_not_be_kept_is_fetched_each_time(world):
    for body in (b"bad", b"bad", b"good", b"other"):
        world.answer = document(body)
        await world.fetch(is_kept=lambda found: found == b"good")
    assert (await world.fetch()).body == b"good"
    assert len(world.asked) == 3


async def test_a_newer_document_is_fetched_once_a_minute_at_most(world):
    await world.fetch()
    await world.fetch(newer=True)
    assert len(world.asked) == 1
    world.clock.at += SHORTEST * SECOND
    world.answer = document(b"new")
    assert (await world.fetch(newer=True)).body == b"new"
    assert (await world.fetch(newer=True)).body == b"new"
    assert len(world.asked) == 2


async def test_an_old_copy_is_kept_while_no_newer_one_can_be_had(world):
    old = await world.fetch()
    world.answer = DOWN
    world.clock.at += 300 * SECOND
    assert await world.fetch() == DOWN
    assert await world.fetch(keep=DAY) is old
    asked = len(world.asked)
    assert await world.fetch(keep=DAY) is old
    assert len(world.asked) == asked
    world.clock.at += DAY * SECOND
    assert await world.fetch(keep=DAY) == DOWN


async def test_equal_fetches_at_once_are_one(world):
    answers = await asyncio.gather(*(world.fetch() for _ in range(9)))
    assert answers == [world.answer] * 9
    assert len(world.asked) == 1


async def test_what_is_sent_is_never_cached(world):
    for _ in range(3):
        await world.fetch(body=b"token")
    assert len(world.asked) == 3


@pytest.mark.parametrize("world", [FetchLimits(2, 1000)], indirect=True)
async def test_callers_of_one_network_may_cause_so_many_fetches_a_minute(world):
    for number in range(2):
        assert await world.fetch(f"https://{number}.example/") is world.answer
    assert await world.fetch("https://3.example/") == Unfetched(FetchFault.LIMITED)
    assert len(world.asked) == 2
    assert await world.fetch("https://0.example/") is world.answer
    assert await world.fetch("https://3.example/", THERE) is world.answer
    world.clock.at += 61 * SECOND
    assert await world.fetch("https://4.example/") is world.answer


@pytest.mark.parametrize("world", [FetchLimits(1000, 2)], indirect=True)
async def test_one_host_is_asked_so_often_a_minute(world):
    for number in range(2):
        assert await world.fetch(f"https://app.example/{number}", THERE) is world.answer
    assert await world.fetch("https://APP.example.:8443/") == Unfetched(FetchFault.LIMITED)
    assert await world.fetch("https://other.example/") is world.answer


@pytest.mark.parametrize("world", [FetchLimits(1, 1000)], indirect=True)
async def test_the_work_of_the_service_itself_has_no_network(world):
    for number in range(3):
        found = await world.fetch(f"https://{number}.example/", Caller("", ""), b"token")
        assert found is world.answer


def test_copies_have_room_and_the_unused_go_first():
    copies = Copies(most=2, room=10)
    for url in "ab":
        copies.put(url, document(b"1234"), 0)
    assert copies.usable("a", 0)
    copies.put("c", document(b"1234"), 0)
    assert [url for url in "abc" if copies.usable(url, 0)] == ["a", "c"]
    copies.put("d", document(b"1234567890"), 0)
    assert [url for url in "acd" if copies.usable(url, 0)] == ["d"]
    copies.put("d", document(b"1"), 0)
    copies.put("e", document(b"123456789"), 0)
    assert [url for url in "de" if copies.usable(url, 0)] == ["d", "e"]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, UNSAID),
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": "public, MAX-AGE=60"}, 60),
        ({"cache-control": "max-age=60", "age": "50"}, 10),
        ({"cache-control": "max-age=60", "age": "70"}, 0),
        ({"cache-control": "max-age=60", "age": "soon"}, 60),
        ({"cache-control": "max-age=60, no-store"}, 0),
        ({"cache-control": "no-cache"}, 0),
        ({"cache-control": "max-age=60, max-age=30"}, 30),
        ({"cache-control": "max-age=x"}, UNSAID),
        (
            {
                "date": "Sun, 06 Nov 1994 08:49:37 GMT",
                "expires": "Sun, 06 Nov 1994 08:50:37 GMT",
            },
            60,
        ),
        ({"date": "Sun, 06 Nov 1994 08:49:37 GMT", "expires": "0"}, 0),
        ({"expires": "Sun, 06 Nov 1994 08:50:37 GMT"}, 0),
        ({"cache-control": "max-age=5", "expires": "0"}, 5),
    ],
)
def test_headers_say_how_long_an_answer_may_be_cached(headers, seconds):
    assert lifetime_of(headers) == seconds


async def test_another_version_of_a_document_is_fetched_and_replaces_the_copy(world):
    one = await world.fetch(version="#1")
    assert await world.fetch(version="#1") is one
    world.answer = document(b"2")
    two = await world.fetch(version="#2")
    assert (two, len(world.asked)) == (world.answer, 2)
    assert await world.fetch(version="#2") is two
    assert (await world.fetch(version="#1"), len(world.asked)) == (world.answer, 3)


async def test_another_version_does_not_stand_in_for_one_that_cannot_be_had(world):
    await world.fetch(version="#1", keep=DAY)
    world.answer = DOWN
    assert await world.fetch(version="#2", keep=DAY) is DOWN
    assert isinstance(await world.fetch(version="#1", keep=DAY), Fetched)


async def test_an_answer_that_may_not_be_cached_is_fetched_each_time_where_it_is_wanted(world):
    world.answer = document(lifetime=0)
    for asked in (1, 2):
        await world.fetch(shortest=0)
        assert len(world.asked) == asked
    await world.fetch(shortest=SHORTEST)
    await world.fetch(shortest=SHORTEST)
    assert len(world.asked) == 3
