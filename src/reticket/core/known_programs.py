"""From which networks programs have proved who they are, for a budget of failures of their own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from reticket.core.budget import Budgeted, of_client
from reticket.core.errors import Unavailable
from reticket.core.policy import DAY
from reticket.core.recent import Recent

ProgramAt = tuple[str, str]
"""The name of a program in counts, and a network."""


class KnownPrograms:
    """Owns what this process knows, and shares it: after a start, or at another worker, a program
    is no stranger where it was verified within a day.

    Args:
        ephemeral: what all processes see.
    """

    def __init__(self, ephemeral: Budgeted) -> None:
        self._ephemeral = ephemeral
        self._here = Recent()

    def __contains__(self, program: ProgramAt) -> bool:
        """Whether this process knows it; costs no trip."""
        return program in self._here

    def learn(self, programs: Sequence[ProgramAt]) -> None:
        """Look, in one trip, for those that this process does not know yet. Unavailable."""
        keys = {_key_of(each): each for each in programs if each not in self._here}
        for key in self._ephemeral.present(list(keys)) if keys else ():
            self._here.add(keys[key])

    def add(self, program: ProgramAt) -> None:
        """It was verified. Where there is no room to share that, this process knows it alone."""
        self._here.add(program)
        with suppress(Unavailable):
            self._ephemeral.once(_key_of(program), DAY, "verified", of_client(program[0]))


def _key_of(program: ProgramAt) -> str:
    return "known-program:" + ":".join(program)
