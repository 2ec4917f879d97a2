"""The counters of failed sign-ins and their limits. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reticket.core.access.origins import Asker, Origin
from reticket.core.policy import DAY
from reticket.core.ports import Recognised

NOBODYS_COUNTERS = 2**18
"""However many e-mail addresses are invented, their counters of passwords take at most 80 MiB.
Their counters of reset codes take at most 160 MiB, and entries in the place of codes 80 MiB.
"""


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """At most `failures` failed attempts in `window` seconds."""

    failures: int
    window: int


@dataclass(frozen=True, slots=True)
class FailureLimits:
    """The limits on failed sign-ins.

    Args:
        account: for one account from one origin, and for its reset codes.
        strangers: for one account from all unknown origins together, and from each known one: 100
            in a row (NIST SP 800-63B-4 §3.2.2). The count ends after a day at the latest. So a user
            whose known networks are all gone is not locked out for good.
        address: for users from one network.
        application: for users of one realm whose passwords one authenticated program sends.
        program: for programs from one network, and for one program where it is known.
    """

    account: FailureLimit = FailureLimit(10, 300)
    strangers: FailureLimit = FailureLimit(100, DAY)
    address: FailureLimit = FailureLimit(200, 300)
    application: FailureLimit = FailureLimit(2000, 300)
    program: FailureLimit = FailureLimit(200, 300)

    def of_person(self, account_state: Recognised, origin: Origin) -> FailureCounters:
        """The counters of a wrong password. A known origin has separate counters for its account,
        so that its neighbours cannot use them up.
        """
        place = f"{_hash_tag(account_state.account)}:{origin.place}"
        here = FailureCounter(
            f"account:{place}", self.account, forgiven=True, covered=account_state.known
        )
        if account_state.known:
            return here, FailureCounter(
                f"known:{place}", self.strangers, forgiven=True, covered=True
            )
        return self._of_neighbours(origin), here, self.of_strangers(counter_of(account_state))

    def _of_neighbours(self, origin: Origin) -> FailureCounter:
        """The counter of all people from an origin whom it does not know."""
        name = f"people:{origin.place}"
        if origin.asker is None:
            return FailureCounter(name, self.address)
        return FailureCounter(name, self.application, reported=origin.asker)

    def of_strangers(self, account: str) -> FailureCounter:
        """The counter of wrong passwords from all unknown origins; the owner's success anywhere
        resets it.
        """
        return FailureCounter(
            f"strangers:{_hash_tag(account)}", self.strangers, forgiven=True, covered=True
        )

    def of_code(self, account_state: Recognised) -> FailureCounters:
        """The counter of wrong reset codes, which is apart from that of wrong passwords."""
        account = _hash_tag(counter_of(account_state))
        return (FailureCounter(f"codes:{account}", self.account, covered=True),)

    def of_factor(self, account_state: Recognised, origin: Origin) -> FailureCounters:
        """The counters of a wrong one-time password. They are separate, because a right password
        must not reset them. Strangers share counters here too.
        """
        account = _hash_tag(account_state.account)
        place = f"{account}:{origin.place}" if account_state.known else account
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
            counters is bounded: two for each account, three for each of its known origins, and
            twice `NOBODYS_COUNTERS`.
        reported: the program of which the audit log is told when the counter reaches its limit.
    """

    name: str
    limit: FailureLimit
    forgiven: bool = False
    covered: bool = False
    reported: Asker | None = None

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
