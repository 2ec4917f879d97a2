"""The networks from which programs have authenticated; these have separate failure counters."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from reticket.core.access.remembered import Recent
from reticket.core.errors import Unavailable
from reticket.core.policy import DAY, SECOND
from reticket.core.ports import Clock
from reticket.core.storage.budget import of_client
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral

ProgramAt = tuple[str, str]
"""A program's name in counters, and a network."""

Mark = tuple[ProgramAt, int]
"""A program at a network, and the period in which it authenticated there (periods since
1970-01-01Z).
"""

PERIOD = DAY // 2
"""Seconds of a period; a mark is written once in each."""

PERIODS = 4
"""Periods, including that of a mark, in which the program is known: at least a day and a half. So a
program that signs in daily may be late.
"""


class KnownPrograms:
    """Owns what this process knows, and shares it twice a day. So a program stays known after a
    restart and at other workers.

    Args:
        ephemeral: shared by all processes.
        clock: milliseconds.
    """

    def __init__(self, ephemeral: BudgetedEphemeral, clock: Clock) -> None:
        self._ephemeral = ephemeral
        self._clock = clock
        self._here = Recent()
        self._shared = Recent()

    def __contains__(self, program: ProgramAt) -> bool:
        """Whether this process knows the program; costs no round trip."""
        return program in self._here

    def learn(self, programs: Sequence[ProgramAt]) -> None:
        """Look up, in one round trip, the programs that this process does not know yet.
        Unavailable.
        """
        strangers = [each for each in programs if each not in self._here]
        keys = {_key_of(mark): mark for each in strangers for mark in self._marks_of(each)}
        for key in self._ephemeral.present(list(keys)) if keys else ():
            self._here.add(keys[key][0])
            self._shared.add(keys[key])

    def add(self, program: ProgramAt) -> None:
        """The program has authenticated. Without room to share that, only this process knows it."""
        self._here.add(program)
        newest = self._marks_of(program)[0]
        if newest in self._shared:
            return
        self._shared.add(newest)
        lifetime, owner = PERIOD * PERIODS, of_client(program[0])
        with suppress(Unavailable):
            self._ephemeral.put_if_absent(_key_of(newest), lifetime, "verified", owner)

    def _marks_of(self, program: ProgramAt) -> list[Mark]:
        """The marks that show that the program is known, newest first."""
        now = self._clock() // (PERIOD * SECOND)
        return [(program, now - age) for age in range(PERIODS)]


def _key_of(mark: Mark) -> str:
    (program, network), period = mark
    return f"known-program:{period}:{program}:{network}"
