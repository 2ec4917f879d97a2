"""The contract that every engine of short-lived entries must pass; no engine may skip a test."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from reticket.core.errors import Unavailable
from reticket.core.ports import Clock, Ephemeral
from reticket.core.storage.budget import COVERED, OVERHEAD, Budget, Owner, OwnerKind
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.testing.clock import FakeClock
from reticket.testing.leap_contract import LeapContract
from reticket.testing.threads import THREADS, at_once

SIZE = 1000
SHARE = 8
"""Entries that one address may have of the budget below: half of what it may hold at once."""
SMALL = Budget(room=(SIZE + OVERHEAD + 16) * SHARE * 2 * 100, reserve=OVERHEAD * 2 * 100 * SHARE)
CLIENT, ACCOUNT = Owner(OwnerKind.CLIENT, "backend"), Owner(OwnerKind.ACCOUNT, "ada")
STRANGER, ANOTHER = (Owner(OwnerKind.ADDRESS, name) for name in ("192.0.2.1", "192.0.2.2"))


def _kept(
    shared: BudgetedEphemeral, numbers: Iterator[int], value: str = "", owner: Owner = STRANGER
) -> bool:
    """Whether there was room for one more entry."""
    try:
        return shared.put_if_absent(f"entry {next(numbers):06d}", 100, value, owner)
    except Unavailable:
        return False


def _counted(shared: BudgetedEphemeral, numbers: Iterator[int], owner: Owner) -> bool:
    """Whether there was room for one more counter."""
    try:
        return shared.count(f"tries {next(numbers):06d}", 100, 1, owner).total == 1
    except Unavailable:
        return False


def _guessed(shared: BudgetedEphemeral, numbers: Iterator[int], owner: Owner) -> bool:
    """Whether there was room for one more counter of guesses."""
    try:
        return len(shared.guess({f"guess {next(numbers):06d}": 100}, (), owner)) == 1
    except Unavailable:
        return False


def _live(ephemeral: Ephemeral, count: int) -> int:
    return len(ephemeral.present([f"entry {number:06d}" for number in range(count)]))


class EphemeralContract(LeapContract):
    """The promises of `core.ports.Ephemeral`."""

    def open_ephemeral(self, folder: Path, clock: Clock) -> Ephemeral:
        """Open an empty store."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def ephemeral(self, tmp_path: Path, clock: FakeClock) -> Iterator[Ephemeral]:
        opened = self.open_ephemeral(tmp_path, clock)
        yield opened
        opened.close()

    def test_of_many_keys_those_that_are_there(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        ephemeral.put_if_absent("short", 5, "value")
        for number in range(0, 256, 2):
            ephemeral.put_if_absent(f"key {number}", 10)
        asked = [f"key {number}" for number in range(256)]
        there = {f"key {number}" for number in range(0, 256, 2)}
        assert ephemeral.present([*asked, "short"]) == there | {"short"}
        clock.forward(5)
        assert ephemeral.present([*asked, "short"]) == there
        assert ephemeral.present(["key 1", 'a "key"', ""]) == set()
        assert ephemeral.present([]) == set()

    def test_a_key_is_set_once(self, ephemeral: Ephemeral, clock: FakeClock) -> None:
        assert ephemeral.put_if_absent("key", 10, "first")
        assert not ephemeral.put_if_absent("key", 10, "second")
        assert ephemeral.peek("key") == "first"
        clock.forward(9.999)
        assert not ephemeral.put_if_absent("key", 10, "third")
        clock.forward(0.001)
        assert ephemeral.peek("key") is None
        assert ephemeral.put_if_absent("key", 10, "fourth")
        assert ephemeral.peek("key") == "fourth"

    def test_of_many_who_set_a_key_one_does(self, ephemeral: Ephemeral) -> None:
        assert sum(at_once([lambda: ephemeral.put_if_absent("key", 10)] * THREADS)) == 1

    def test_of_many_who_take_a_key_one_gets_it(self, ephemeral: Ephemeral) -> None:
        ephemeral.put_if_absent("key", 10, "value")
        got = at_once([lambda: ephemeral.pop("key")] * THREADS)
        assert [value for value in got if value is not None] == ["value"]
        assert ephemeral.peek("key") is None

    def test_what_is_over_cannot_be_taken(self, ephemeral: Ephemeral, clock: FakeClock) -> None:
        ephemeral.put_if_absent("key", 10, "value")
        clock.forward(10)
        assert ephemeral.pop("key") is None
        assert ephemeral.pop("never set") is None

    def test_no_addition_is_lost(self, ephemeral: Ephemeral) -> None:
        counted = at_once([lambda: ephemeral.count("key", 10)] * THREADS)
        assert sorted(each.total for each in counted) == list(range(1, THREADS + 1))
        assert ephemeral.count("key", 10, add=0).total == THREADS

    def test_a_window_begins_with_the_first_addition(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        assert ephemeral.count("key", 10, add=0) == (0, 0)
        assert ephemeral.count("key", 10).total == 1
        clock.forward(9.9)
        assert ephemeral.count("key", 10, add=2).total == 3
        clock.forward(0.1)
        assert ephemeral.count("key", 10, add=0) == (0, 0)
        assert ephemeral.count("key", 10).total == 1

    def test_a_counter_says_when_it_is_forgotten(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        """An engine with its own clock runs on meanwhile, so neither bound is exact."""
        assert 500_000 < ephemeral.count("key", 1000).left <= 1_000_000
        clock.forward(600)
        for add in (0, 1, -1):
            assert 0 < ephemeral.count("key", 1000, add).left <= 410_000

    def test_what_was_counted_is_given_back_and_not_more(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        ephemeral.count("key", 10, add=3)
        assert ephemeral.count("key", 10, add=-2).total == 1
        assert ephemeral.count("key", 10, add=-2).total == 0
        assert ephemeral.count("key", 10).total == 1
        clock.forward(10)
        assert ephemeral.count("key", 10, add=-1) == (0, 0)
        assert ephemeral.count("never counted", 10, add=-1) == (0, 0)
        assert ephemeral.count("key", 10, add=0) == (0, 0)

    def test_several_counters_are_counted_in_their_order(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        ephemeral.count("b", 10, add=4)
        assert [each.total for each in ephemeral.count_each({"c": 10, "b": 20, "a": 30})] == [
            1,
            5,
            1,
        ]
        clock.forward(15)
        windows = {"a": 30, "never counted": 10, "b": 20, "c": 10}
        assert [each.total for each in ephemeral.count_each(windows, add=0)] == [1, 0, 0, 0]
        assert [each.total for each in ephemeral.count_each(windows, add=-1)] == [0, 0, 0, 0]
        assert ephemeral.count_each({}) == []

    def test_several_counters_lose_no_addition(self, ephemeral: Ephemeral) -> None:
        orders = [{"a": 10, "b": 10, "c": 10}, {"c": 10, "b": 10, "a": 10}]
        at_once([partial(ephemeral.count_each, order) for order in orders * (THREADS // 2)])
        assert [each.total for each in ephemeral.count_each(orders[0], 0)] == [THREADS] * 3

    def test_counters_are_forgotten(self, ephemeral: Ephemeral) -> None:
        for key in ("key", "another", "kept"):
            ephemeral.count(key, 10)
        ephemeral.forget("key", "another", "never counted")
        ephemeral.forget()
        counted = ephemeral.count_each({"key": 10, "another": 10, "kept": 10}, add=0)
        assert [each.total for each in counted] == [0, 0, 1]

    def test_keys_and_counters_do_not_meet(self, ephemeral: Ephemeral) -> None:
        ephemeral.count("name", 10)
        assert ephemeral.put_if_absent("name", 10)
        assert ephemeral.count("name", 10).total == 2

    def test_odd_keys_and_values(self, ephemeral: Ephemeral) -> None:
        for key in ("", "\x00", "ключ", "a" * 5000, "'; --"):
            assert ephemeral.put_if_absent(key, 10, key)
            assert ephemeral.pop(key) == key

    def test_a_sweep_removes_exactly_the_expired_entries(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        for number in range(5):
            ephemeral.put_if_absent(f"old {number}", 1)
            ephemeral.count(f"old {number}", 1)
        ephemeral.put_if_absent("young", 100)
        ephemeral.count("young", 100)
        clock.forward(2)
        swept = [ephemeral.sweep(3) for _ in range(5)]
        assert max(swept) <= 3
        assert sum(swept) == 10
        assert ephemeral.peek("young") == ""
        assert ephemeral.count("young", 100, add=0).total == 1

    def test_no_owner_exceeds_its_share_however_many_at_once(self, ephemeral: Ephemeral) -> None:
        """When two collide, neither may be stored; together they never exceed the share."""
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        entries = partial(_kept, shared, numbers, "x" * SIZE, owner=STRANGER)
        assert sum(at_once([entries] * THREADS)) <= SHARE
        for _ in range(THREADS):
            entries()
        assert _live(ephemeral, next(numbers)) == SHARE
        assert _kept(shared, numbers, "x" * SIZE, owner=ANOTHER)

    def test_a_client_that_has_authenticated_has_a_larger_share(self, ephemeral: Ephemeral) -> None:
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        kept = [_kept(shared, numbers, "x" * SIZE, owner=CLIENT) for _ in range(20 * SHARE)]
        assert sum(kept) == 10 * SHARE

    def test_strangers_together_leave_half_of_the_room_to_clients_and_holders(
        self, ephemeral: Ephemeral
    ) -> None:
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        strangers = [Owner(OwnerKind.ADDRESS, str(each)) for each in range(100 * SHARE)]
        kept = [_kept(shared, numbers, "x" * SIZE, each) for each in strangers]
        assert 40 * SHARE < sum(kept) <= 50 * SHARE
        marks = [_kept(shared, numbers, "", each) for each in strangers]
        assert not all(marks)
        assert not any(_counted(shared, numbers, each) for each in strangers[-5:])
        for owner in (ACCOUNT, CLIENT):
            assert _kept(shared, numbers, "x" * SIZE, owner)
            assert _kept(shared, numbers, "", owner)
            assert _counted(shared, numbers, owner)

    def test_clients_and_holders_together_keep_no_more_than_there_is_room_for(
        self, ephemeral: Ephemeral
    ) -> None:
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        holders = [Owner(OwnerKind.ACCOUNT, str(each)) for each in range(100 * SHARE)]
        kept = [_kept(shared, numbers, "x" * SIZE, each) for each in holders]
        assert 40 * SHARE < sum(kept) <= 50 * SHARE
        assert _kept(shared, numbers, "x" * SIZE, STRANGER)

    def test_marks_have_a_reserve_of_their_own(self, ephemeral: Ephemeral) -> None:
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        while _kept(shared, numbers, "x" * SIZE, ACCOUNT):
            pass
        assert shared.put_if_absent("mark", 100, "", ACCOUNT)
        assert not shared.put_if_absent("mark", 100, "", ACCOUNT)

    def test_guesses_have_a_reserve_that_nothing_else_fills(self, ephemeral: Ephemeral) -> None:
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        for owner in (STRANGER, ACCOUNT):
            for value in ("", "x" * SIZE):
                while _kept(shared, numbers, value, owner):
                    pass
        assert [each.total for each in shared.guess({"guesses": 100}, (), STRANGER)] == [1]

    def test_a_full_reserve_fails_closed(self, ephemeral: Ephemeral) -> None:
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        assert shared.put_if_absent("older mark", 100, "", ACCOUNT)
        while _kept(shared, numbers, "", ACCOUNT):
            pass
        with pytest.raises(Unavailable) as raised:
            shared.put_if_absent("mark", 100, "", ACCOUNT)
        assert 0 < raised.value.retry_after <= 60
        assert ephemeral.peek("mark") is None
        assert not shared.put_if_absent("older mark", 100, "", ANOTHER)
        assert _kept(shared, numbers, "x", ACCOUNT)

    def test_a_guess_that_cannot_be_counted_is_not_made(self, ephemeral: Ephemeral) -> None:
        """Nothing is counted for it, neither an existing counter nor a covered one."""
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        assert shared.guess({"older": 100}, (), STRANGER)[0].total == 1
        while _guessed(shared, numbers, STRANGER):
            pass
        windows = {"older": 100, "new": 100, "covered": 100}
        with pytest.raises(Unavailable) as raised:
            shared.guess(windows, {"covered"}, STRANGER)
        assert 0 < raised.value.retry_after <= 60
        assert [each.total for each in ephemeral.count_each(windows, 0)] == [1, 0, 0]
        assert shared.guess({"older": 100}, (), STRANGER)[0].total == 2
        assert shared.guess({"covered": 100}, {"covered"}, STRANGER)[0].total == 1
        assert _guessed(shared, numbers, ANOTHER)

    def test_what_is_covered_is_kept_however_full_a_pool_is(self, ephemeral: Ephemeral) -> None:
        nothing = Budget(room=0, reserve=0)
        assert BudgetedEphemeral(ephemeral, nothing).put_if_absent("mark", 100, "", COVERED)
        assert not BudgetedEphemeral(ephemeral, nothing).put_if_absent("mark", 100, "", COVERED)

    def test_what_is_there_already_is_charged_once(self, ephemeral: Ephemeral) -> None:
        shared = BudgetedEphemeral(ephemeral, SMALL)
        assert shared.put_if_absent("key", 100, "x" * SIZE, STRANGER)
        for _ in range(3 * SHARE):
            assert not shared.put_if_absent("key", 100, "x" * SIZE, STRANGER)
            assert shared.count("tries", 100, 1, STRANGER).total
            assert shared.guess({"guesses": 100}, (), STRANGER)[0].total
        assert shared.put_if_absent("another", 100, "x" * SIZE, STRANGER)

    def test_when_it_is_over_there_is_room_again(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        for _ in range(2):
            kept = [_kept(shared, numbers, "x" * SIZE, owner=STRANGER) for _ in range(2 * SHARE)]
            assert sum(kept) == SHARE
            clock.forward(150)

    def test_a_pool_that_was_full_of_what_is_over_refuses_no_newcomer(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        """However far the sweep has come: ended entries are not counted."""
        shared, numbers = BudgetedEphemeral(ephemeral, SMALL), iter(range(10**6))
        strangers = [Owner(OwnerKind.ADDRESS, str(each)) for each in range(100 * SHARE)]
        kept = [_kept(shared, numbers, "x" * SIZE, each) for each in strangers]
        assert not all(kept)
        clock.forward(150)
        newcomers = [Owner(OwnerKind.ADDRESS, f"new {each}") for each in range(SHARE)]
        assert all(_kept(shared, numbers, "x" * SIZE, each) for each in newcomers)
        assert ephemeral.sweep(1) == 1

    def test_a_closed_one_is_unavailable(self, ephemeral: Ephemeral) -> None:
        ephemeral.close()
        with pytest.raises(Unavailable):
            ephemeral.peek("key")
