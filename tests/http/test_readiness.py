"""`/health/ready` costs the stores one question a second, however often it is asked for."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reticket.core.errors import Unavailable
from reticket.http.readiness import REUSED_FOR, Readiness


class Stores:
    def __init__(self):
        self.asked, self.at, self.away = 0, 0.0, False

    def ready(self):
        self.asked += 1
        if self.away:
            raise Unavailable("the store is away", 7)


@pytest.fixture
def stores():
    return Stores()


@pytest.fixture
def ready(stores):
    return Readiness(stores.ready, lambda: stores.at)


def test_a_readiness_result_is_cached_for_a_second(stores, ready):
    for _ in range(50):
        ready()
    assert stores.asked == 1
    stores.at += REUSED_FOR
    ready()
    assert stores.asked == 2


def test_a_failure_and_its_end_are_reported_within_a_second(stores, ready):
    ready()
    stores.away, stores.at = True, REUSED_FOR
    for _ in range(3):
        with pytest.raises(Unavailable) as raised:
            ready()
        assert raised.value.retry_after == 7
    stores.away, stores.at = False, 2 * REUSED_FOR
    ready()
    assert stores.asked == 3


def test_parallel_readiness_requests_are_one_check(stores):
    gate, begun = threading.Event(), threading.Event()

    def slow():
        begun.set()
        gate.wait()
        stores.ready()

    ready = Readiness(slow, lambda: stores.at)
    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ready) for _ in range(8)]
        begun.wait()
        gate.set()
        assert [each.result() for each in asking] == [None] * 8
    assert stores.asked == 1
