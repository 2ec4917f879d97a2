"""The counters of failed sign-ins and their limits. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reticket.core.policy import DAY
from reticket.core.ports import Recognised

NOBODYS_COUNTERS = 2**18
"""At most 80 MiB of counters, however many e-mail addresses are invented."""


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """At most `failures` failed attempts in `window` seconds."""

    failures: int
    window: int


@dataclass(frozen=True, slots=True)
class FailureLimits:
    """The limits on failed sign-ins.

    Args:
        account: for one account from one network.
        strangers: for one account from all unknown networks together, and from each known one: 100
            in a row (NIST SP 800-63B-4 §3.2.2). The count ends after a day at the latest. So a user
            whose known networks are all gone is not locked out for good.
        address: for users from one network.
        program: for programs from one network, and for one program where it is known.
    """

    account: FailureLimit = FailureLimit(10, 300)
    strangers: FailureLimit = FailureLimit(100, DAY)
    address: FailureLimit = FailureLimit(200, 300)
    program: FailureLimit = FailureLimit(200, 300)

    def of_person(self, account_state: Recognised, network: str) -> FailureCounters:
        """The counters of a wrong password. A known network has separate counters for its account,
        so that its neighbours cannot use them up.
        """
        place = f"{_hash_tag(account_state.account)}:{network}"
        here = FailureCounter(
            f"account:{place}", self.account, forgiven=True, covered=account_state.known
        )
        if account_state.known:
            return here, FailureCounter(
                f"known:{place}", self.strangers, forgiven=True, covered=True
            )
        neighbours = FailureCounter(f"people:{network}", self.address)
        return neighbours, here, self.of_strangers(counter_of(account_state))

    def of_strangers(self, account: str) -> FailureCounter:
        """The counter of wrong passwords from all unknown networks; the owner's success anywhere
        resets it.
        """
        return FailureCounter(
            f"strangers:{_hash_tag(account)}", self.strangers, forgiven=True, covered=True
        )

    def of_factor(self, account_state: Recognised, network: str) -> FailureCounters:
        """The counters of a wrong one-time password. They are separate, because a right password
        must not reset them. Strangers share counters here too.
        """
        account = _hash_tag(account_state.account)
        place = f"{account}:{network}" if account_state.known else account
        return (FailureCounter(f"factor:{place}", self.account, forgiven=True, covered=True),)

    def of_program(self, program: str, network: str, known: bool) -> FailureCounters:
        """The counters of a wrong secret. A network that the program is known from has separate
        counters for it, so that its neighbours cannot use them up.
        """
        name = f"program:{program}:{network}" if known else f"programs:{network}"
        return (FailureCounter(name, self.program, covered=known),)


class FailureCounter(NamedTuple):
    """A counter of failures.

    Args:
        name: what is counted.
        limit: how many failures, in which time.
        forgiven: whether a success resets it.
        covered: whether it is stored however full the pool of guesses is. The number of such
            counters is bounded: one for each account, three for each of its known networks, and
            `NOBODYS_COUNTERS`.
    """

    name: str
    limit: FailureLimit
    forgiven: bool = False
    covered: bool = False

    @property
    def key(self) -> str:
        """The key of the counter."""
        return f"failures:{self.name}"


FailureCounters = Sequence[FailureCounter]


def counter_of(account_state: Recognised) -> str:
    """An account's counter name. Names without an account share a fixed number of counters, because
    they can be invented. Only the holder of the key knows which ones share.
    """
    if account_state.exists:
        return account_state.account
    return f"nobody:{int(account_state.account, 16) % NOBODYS_COUNTERS}"


def _hash_tag(account: str) -> str:
    """The common part of an account's counter names. A cluster stores names with the same text in
    braces on one node, so they are counted and reset together, or none is.
    """
    return f"{{{account}}}"


def program_of(kind: str, name: str) -> str:
    """A program's name in counters and queues."""
    return _digest(f"{kind}:{name}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
