"""What failed sign-ins are counted by, and how many there may be: pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reticket.core.policy import DAY
from reticket.core.ports import Recognised

NOBODYS_COUNTERS = 2**18
"""80 MiB of counters at most, however many e-mails are made up."""


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """At most `failures` failed attempts in `window` seconds."""

    failures: int
    window: int


@dataclass(frozen=True, slots=True)
class FailureLimits:
    """What failed sign-ins are limited by.

    Args:
        account: of one account from one network.
        strangers: of one account from all the networks together that are not known for it, and
            from each known one: 100 in a row (NIST SP 800-63B-4 §3.2.2). The count ends after
            a day at the latest, so that a person who has no known network left is not shut out
            for good.
        address: of people from one network.
        program: of programs from one network, and of one program where it is known.
    """

    account: FailureLimit = FailureLimit(10, 300)
    strangers: FailureLimit = FailureLimit(100, DAY)
    address: FailureLimit = FailureLimit(200, 300)
    program: FailureLimit = FailureLimit(200, 300)

    def of_person(self, whom: Recognised, network: str) -> FailureCounters:
        """What counts a wrong password. A known network has budgets of its own for its account:
        what its neighbours spend is theirs.
        """
        place = f"{_together(whom.account)}:{network}"
        here = FailureCounter(f"account:{place}", self.account, forgiven=True, covered=whom.known)
        if whom.known:
            return here, FailureCounter(
                f"known:{place}", self.strangers, forgiven=True, covered=True
            )
        neighbours = FailureCounter(f"people:{network}", self.address)
        return neighbours, here, self.of_strangers(_counter_of(whom))

    def of_strangers(self, account: str) -> FailureCounter:
        """What counts the wrong passwords of all unknown networks; the owner's success anywhere
        forgets them.
        """
        return FailureCounter(
            f"strangers:{_together(account)}", self.strangers, forgiven=True, covered=True
        )

    def of_factor(self, whom: Recognised, network: str) -> FailureCounters:
        """What counts a wrong one-time password, apart: a right password must not make wrong
        codes forgotten. Strangers share a budget here, too.
        """
        account = _together(whom.account)
        place = f"{account}:{network}" if whom.known else account
        return (FailureCounter(f"factor:{place}", self.account, forgiven=True, covered=True),)

    def of_program(self, program: str, network: str, known: bool) -> FailureCounters:
        """What counts a wrong secret: a network that the program is known from has a budget of
        its own for it, so that its neighbours do not spend it.
        """
        name = f"program:{program}:{network}" if known else f"programs:{network}"
        return (FailureCounter(name, self.program, covered=known),)


class FailureCounter(NamedTuple):
    """One count of failures.

    Args:
        name: what is counted.
        forgiven: whether a success forgets the failures before it.
        covered: whether it is kept however full the pool of guesses is. There are only so many of
            those: for each account one, for each of its known networks three, and
            `NOBODYS_COUNTERS`.
    """

    name: str
    limit: FailureLimit
    forgiven: bool = False
    covered: bool = False

    @property
    def key(self) -> str:
        """Under which it is counted."""
        return f"failures:{self.name}"


FailureCounters = Sequence[FailureCounter]


def _counter_of(whom: Recognised) -> str:
    """An account has a counter of its own. E-mails that nobody has share so many, since they are
    made up without end; which ones share, only the holder of the key can tell.
    """
    if whom.exists:
        return whom.account
    return f"nobody:{int(whom.account, 16) % NOBODYS_COUNTERS}"


def _together(account: str) -> str:
    """What all counts of an account have in common. A store of several nodes keeps names with the
    same text in braces at one of them: they are counted and forgotten together, or none of them is.
    """
    return f"{{{account}}}"


def program_of(kind: str, name: str) -> str:
    """The name of a program in counts and turns."""
    return _digest(f"{kind}:{name}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
