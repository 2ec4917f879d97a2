"""The contract of every engine of short-lived entries about a clock that ran ahead for a while."""

from __future__ import annotations

from reticket.core.ports import LEAP, Ephemeral
from reticket.testing.clock import FakeClock

AHEAD = 1_000_000
"""Seconds."""


class LeapContract:
    """A part of `EphemeralContract`. Entries written meanwhile must not last that long: marks that
    postpone purges, and counters that refuse callers.
    """

    def test_a_key_of_a_clock_that_ran_ahead_may_be_set_anew(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        clock.forward(AHEAD)
        assert ephemeral.put_if_absent("key", 10, "first")
        clock.forward(-AHEAD)
        assert ephemeral.put_if_absent("key", 10, "second")
        assert ephemeral.peek("key") == "second"
        assert not ephemeral.put_if_absent("key", 10, "third")

    def test_a_counter_of_a_clock_that_ran_ahead_begins_anew(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        clock.forward(AHEAD)
        assert ephemeral.count("key", 10, add=5).total == 5
        clock.forward(-AHEAD)
        assert ephemeral.count("key", 10, add=0) == (0, 0)
        assert ephemeral.count("key", 10, add=-1) == (0, 0)
        counted = ephemeral.count("key", 10, add=2)
        assert counted.total == 2
        assert 0 < counted.left <= 10_000
        assert ephemeral.count("key", 10, add=-1).total == 1

    def test_a_clock_that_is_set_back_a_little_forgets_nothing(
        self, ephemeral: Ephemeral, clock: FakeClock
    ) -> None:
        assert ephemeral.put_if_absent("key", 10)
        assert ephemeral.count("key", 10).total == 1
        clock.forward(5 - LEAP)
        assert not ephemeral.put_if_absent("key", 10)
        assert [ephemeral.count("key", 10, add).total for add in (0, 1, -1)] == [1, 2, 1]
