"""Whose turn it is where much waits for little: fair among networks and accounts, and pure.

Strangers take turns by network, because names of accounts cost them nothing. A network with few
turns lately goes ahead of one with many. Whoever signed in from the same network before goes first
and takes turns by account, because each was earned.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, NamedTuple, TypeVar

from reticket.core.queues.recent_events import RecentEvents

T = TypeVar("T")

IN_A_ROW = 3
"""Turns of known ones after which a stranger that waits has one; fewer where fewer known accounts
wait, so that one account alone does not take more than all strangers.
"""
OLDEST_EVERY = 8
"""One of so many turns of strangers goes to the network whose turn is longest ago, however many
networks come for the first time.
"""
FOR_STRANGERS = 4
"""A fourth of the places is for strangers who want them, the rest for known ones."""
CROWD = 16
"""Networks that wait at once above which the newest goes first. Those that come together to guess
would all be ahead of a person who comes a moment later, and in the order of arrival everybody
would wait for too long.
"""


class Requester(NamedTuple):
    """For whom something is done.

    Args:
        network: as `addresses.network_of` says.
        account: which account or program the caller wants to be.
        known: whether that account has signed in from that network before.
    """

    network: str
    account: str
    known: bool

    @property
    def path(self) -> tuple[str, str]:
        """By what turns are shared, and what shares a turn within that."""
        return (self.account, self.network) if self.known else (self.network, self.account)


class RoundRobin(Generic[T]):
    """Groups that take turns, each of groups that take turns again."""

    def __init__(self) -> None:
        self._groups: OrderedDict[str, OrderedDict[str, deque[T]]] = OrderedDict()
        self._lately = RecentEvents()
        self.size = 0

    def __len__(self) -> int:
        return len(self._groups)

    def append(self, whose: Requester, item: T) -> None:
        """At the end of its group."""
        outer, inner = whose.path
        self._groups.setdefault(outer, OrderedDict()).setdefault(inner, deque()).append(item)
        self.size += 1

    def pop(self) -> T:
        """The oldest item of the group whose turn is longest ago."""
        return self._pop(next(iter(self._groups)))

    def pop_rarest(self) -> T:
        """The oldest item of the group that has had the fewest turns lately: of the one that waits
        longest or, in a crowd, of the one that came last.
        """
        groups = reversed(self._groups) if len(self._groups) > CROWD else iter(self._groups)
        return self._pop(min(groups, key=self._lately.times))

    def _pop(self, outer: str) -> T:
        group = self._groups[outer]
        inner, items = next(iter(group.items()))
        item = items.popleft()
        self._groups.move_to_end(outer)
        group.move_to_end(inner)
        self._shrunk(outer, inner)
        return item

    def remove(self, whose: Requester, item: T) -> bool:
        """Whether it waited here, and does not any more."""
        outer, inner = whose.path
        items = self._groups.get(outer, OrderedDict()).get(inner)
        if items is None or item not in items:
            return False
        items.remove(item)
        self._shrunk(outer, inner)
        return True

    def crowd(self, whose: Requester) -> int:
        """How many wait in the group of somebody."""
        return self._count(self._groups.get(whose.path[0], OrderedDict()))

    def largest(self) -> int:
        """How many wait in the largest group."""
        return max(map(self._count, self._groups.values()), default=0)

    def has_one_before(self, whose: Requester, crowd: int) -> bool:
        """Whether a group of that size has had more turns lately than somebody's."""
        mine = self._lately.times(whose.path[0])
        return any(
            self._count(group) >= crowd and self._lately.times(name) > mine
            for name, group in self._groups.items()
        )

    def drop(self) -> T:
        """Take the newest item out of the largest group; of equal ones, out of the group that has
        had the most turns lately.
        """
        outer = max(self._groups, key=self._weight)
        inner = max(self._groups[outer], key=lambda name: len(self._groups[outer][name]))
        item = self._groups[outer][inner].pop()
        self._shrunk(outer, inner)
        return item

    def _shrunk(self, outer: str, inner: str) -> None:
        """A wait that ended in any way counts as a turn: a group that goes away and comes back is
        not a new one.
        """
        self._lately.note(outer)
        self.size -= 1
        if not self._groups[outer][inner]:
            del self._groups[outer][inner]
        if not self._groups[outer]:
            del self._groups[outer]

    def _weight(self, outer: str) -> tuple[int, int]:
        return self._count(self._groups[outer]), self._lately.times(outer)

    @staticmethod
    def _count(group: OrderedDict[str, deque[T]]) -> int:
        return sum(map(len, group.values()))


class FairQueue(Generic[T]):
    """What waits, in at most so many places."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._known: RoundRobin[T] = RoundRobin()
        self._strangers: RoundRobin[T] = RoundRobin()
        self._in_a_row = 0
        self._strangers_turns = 0

    def __len__(self) -> int:
        return self._known.size + self._strangers.size

    def join(self, whose: Requester, item: T) -> T | None:
        """Wait. Returns what has no place from now on: None, an item of the largest group, or
        the item itself where no group is larger than its own, nor as large with more turns lately.
        """
        mine = self._round_of(whose)
        dropped = None
        if len(self) >= self._places:
            crowded = self._crowded(whose, mine, mine.crowd(whose) + 1)
            if crowded is None:
                return item
            dropped = crowded.drop()
        mine.append(whose, item)
        return dropped

    def next(self) -> T | None:
        """The item whose turn it is; None where nothing waits."""
        strangers_turn = self._in_a_row >= min(IN_A_ROW, len(self._known))
        if self._strangers.size and strangers_turn:
            self._in_a_row = 0
            return self._next_stranger()
        if not self._known.size:
            return None
        self._in_a_row += 1
        return self._known.pop()

    def _next_stranger(self) -> T:
        self._strangers_turns += 1
        if self._strangers_turns % OLDEST_EVERY:
            return self._strangers.pop_rarest()
        return self._strangers.pop()

    def leave(self, whose: Requester, item: T) -> bool:
        """Whether it waited, and does not any more."""
        return self._round_of(whose).remove(whose, item)

    def _round_of(self, whose: Requester) -> RoundRobin[T]:
        return self._known if whose.known else self._strangers

    def _crowded(self, whose: Requester, mine: RoundRobin[T], crowd: int) -> RoundRobin[T] | None:
        """What must give a place up to a group that will be `crowd`: the largest group, or one
        as large of the other kind, if that kind has more than its share, or one as large of the
        same kind that has had more turns lately.
        """
        largest = max(self._known, self._strangers, key=RoundRobin.largest)
        if largest.largest() > crowd:
            return largest
        spare = self._places // FOR_STRANGERS
        known = self._strangers, spare
        other, share = known if whose.known else (self._known, self._places - spare)
        if other.size > share and other.largest() >= crowd:
            return other
        return mine if mine.has_one_before(whose, crowd) else None
