"""From which networks programs have proved who they are, for a budget of failures of their own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from reticket.core.access.remembered import Recent
from reticket.core.errors import Unavailable
from reticket.core.policy import DAY, SECOND
from reticket.core.ports import Clock
from reticket.core.storage.budget import BudgetedEphemeral, of_client

ProgramAt = tuple[str, str]
"""The name of a program in counts, and a network."""

Mark = tuple[ProgramAt, int]
"""That it was verified there in that period (periods since 1970-01-01T00:00:00Z)."""

PERIOD = DAY // 2
"""Seconds; in each of them a mark is written once."""

PERIODS = 4
"""A program is known in the period of a mark and in so many less one after it: for a day and a half
at least, so that one that signs in daily may be late.
"""


class KnownPrograms:
    """Owns what this process knows, and shares it twice a day: after a start, or at another worker,
    a program is no stranger where it was verified lately.

    Args:
        ephemeral: what all processes see.
        clock: milliseconds.
    """

    def __init__(self, ephemeral: BudgetedEphemeral, clock: Clock) -> None:
        self._ephemeral = ephemeral
        self._clock = clock
        self._here = Recent()
        self._shared = Recent()

    def __contains__(self, program: ProgramAt) -> bool:
        """Whether this process knows it; costs no trip."""
        return program in self._here

    def learn(self, programs: Sequence[ProgramAt]) -> None:
        """Look, in one trip, for those that this process does not know yet. Unavailable."""
        strangers = [each for each in programs if each not in self._here]
        keys = {_key_of(mark): mark for each in strangers for mark in self._marks_of(each)}
        for key in self._ephemeral.present(list(keys)) if keys else ():
            self._here.add(keys[key][0])
            self._shared.add(keys[key])

    def add(self, program: ProgramAt) -> None:
        """It was verified. Where there is no room to share that, this process knows it alone."""
        self._here.add(program)
        newest = self._marks_of(program)[0]
        if newest in self._shared:
            return
        self._shared.add(newest)
        lifetime, owner = PERIOD * PERIODS, of_client(program[0])
        with suppress(Unavailable):
            self._ephemeral.once(_key_of(newest), lifetime, "verified", owner)

    def _marks_of(self, program: ProgramAt) -> list[Mark]:
        """Any of which tells that it is known; the newest first."""
        now = self._clock() // (PERIOD * SECOND)
        return [(program, now - age) for age in range(PERIODS)]


def _key_of(mark: Mark) -> str:
    (program, network), period = mark
    return f"known-program:{period}:{program}:{network}"
