"""The owner and the size of an entry in the budget of stored entries."""

from itertools import count, islice

import pytest

from reticket.core.errors import Unavailable
from reticket.core.storage.budget import (
    COVERED,
    SHARDS,
    WINDOWS,
    Budget,
    Pool,
    of_account,
    of_address,
    of_client,
)
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral, shard_of
from reticket.stores.memory import MemoryEphemeral
from reticket.testing import FakeClock


def test_an_ipv6_subnet_counts_as_one_address():
    assert of_address("2001:db8::1") == of_address("2001:db8::ffff")
    assert of_address("2001:db8::1") != of_address("2001:db8:0:1::1")
    assert of_address("::ffff:192.0.2.1") == of_address("192.0.2.1")


def test_a_client_and_an_address_with_the_same_text_are_different_owners():
    assert len({of_client("x"), of_account("x"), of_address("x")}) == 3


def test_a_window_has_half_of_a_share_because_entries_of_the_last_one_may_be_valid():
    budget = Budget(room=2000, reserve=1000, share=1, client_share=10)
    assert budget.share_of(of_address("192.0.2.1"), Pool.STRANGERS) == 10
    assert budget.share_of(of_account("ada"), Pool.ENTRIES) == 10
    assert budget.share_of(of_client("web"), Pool.ENTRIES) == 100
    assert budget.of_shard(Pool.STRANGERS) == budget.of_shard(Pool.ENTRIES) == 500 // SHARDS
    assert budget.of_shard(Pool.MARKS) == budget.of_shard(Pool.GUESSES) == 500 // SHARDS


def kept(small, name, lifetime):
    """How many entries of one address there was room for."""
    try:
        for number in range(10**6):
            small.put_if_absent(f"{name} {number}", lifetime, "value", of_address("192.0.2.1"))
    except Unavailable:
        pass
    return number


@pytest.mark.parametrize("lifetime", [1, 150, 151, 1200, 1201, 3900, 3901, 86_400, 86_401])
def test_an_entry_is_counted_at_least_for_its_lifetime(lifetime):
    clock = FakeClock()
    small = BudgetedEphemeral(MemoryEphemeral(clock), Budget(room=2**16, reserve=2**16, share=100))
    first = kept(small, "first", lifetime)
    assert first > 0
    clock.forward(lifetime - 1)
    assert kept(small, "second", lifetime) < first
    clock.forward(max(*WINDOWS, lifetime))
    assert kept(small, "third", lifetime) > 0


def lives(small, owner, lifetime, value=""):
    """How many entries of one owner there was room for."""
    for number in range(10**6):
        try:
            small.put_if_absent(f"oauth:assertion:{number:064}", lifetime, value, owner)
        except Unavailable:
            return number
    raise AssertionError("there is no limit")


@pytest.mark.parametrize(
    ("lifetime", "free_after"), [(61, 150), (601, 1200), (3601, 3900), (3750, 3900)]
)
def test_a_client_can_store_again_soon_after_its_entries_expire(lifetime, free_after):
    clock = FakeClock()
    small = BudgetedEphemeral(MemoryEphemeral(clock), Budget(reserve=2**20))
    first = lives(small, of_client("keyed"), lifetime)
    clock.forward(free_after)
    assert lives(small, of_client("keyed"), lifetime) == first > 0


def test_by_default_a_client_can_store_ten_entries_a_second_for_an_hour():
    """The figures of docs/running.md: assertions that live for a minute, ten minutes, an hour."""
    small = BudgetedEphemeral(MemoryEphemeral(FakeClock()), Budget(reserve=2**28 // 64))
    marks = lives(small, of_client("keyed"), 3601) * 64
    assert [marks // window for window in WINDOWS[:3]] == [266, 33, 10]


def test_a_prepaid_counter_works_even_if_its_pool_is_full():
    full = BudgetedEphemeral(MemoryEphemeral(FakeClock()), Budget(room=0, reserve=0))
    counted = [full.count("one of a fixed number", 300, 1, COVERED).total for _ in range(3)]
    assert counted == [1, 2, 3]


def test_a_caller_that_chooses_the_keys_of_entries_uses_only_its_share():
    """A client chooses the `jti` of an assertion. Its share would fill a shard of everybody's
    counter, if it knew which names have the same.
    """
    small = BudgetedEphemeral(MemoryEphemeral(FakeClock()), Budget(reserve=2**22), b"nobody knows")
    names = (name for number in count() if not shard_of(name := f"{number:064}", b""))

    def fill():
        for name in names:
            small.put_if_absent(name, 60, "", of_client("greedy"))

    with pytest.raises(Unavailable, match="one client has used its share"):
        fill()
    assert all(small.put_if_absent(name, 60, "", of_client("honest")) for name in islice(names, 16))
