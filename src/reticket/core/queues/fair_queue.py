"""Decides whose request is next when many wait for few threads: fair among networks and accounts.
Pure.

Strangers (requesters that are not known) take turns by network, because invented account names cost
them nothing. A network with few recent turns goes before one with many. Known requesters, who have
signed in from the same network before, go first and take turns by account.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, NamedTuple, TypeVar

from reticket.core.queues.recent_events import RecentEvents

T = TypeVar("T")

IN_A_ROW = 3
"""Turns of known requesters after which a waiting stranger has one. It is less when fewer known
accounts wait, so that one account does not get more turns than all strangers.
"""
OLDEST_EVERY = 8
"""One of this many turns of strangers goes to the network that has waited longest for a turn,
however many new networks arrive.
"""
FOR_STRANGERS = 4
"""A quarter of the places is for strangers who want them, the rest for known requesters."""
CROWD = 16
"""Waiting networks above which the newest goes first. A crowd that arrived together to guess
passwords would otherwise delay every user who comes a moment later.
"""


class Requester(NamedTuple):
    """The caller that work is done for, as the queue distinguishes callers.

    Args:
        network: as `addresses.network_of` returns it.
        account: the account or program that the caller claims to be.
        known: whether that account has signed in from that network before.
    """

    network: str
    account: str
    known: bool

    @property
    def path(self) -> tuple[str, str]:
        """The group that takes turns with other groups, and the subgroup that takes turns within
        it.
        """
        return (self.account, self.network) if self.known else (self.network, self.account)


class RoundRobin(Generic[T]):
    """Groups that take turns, each made of subgroups that take turns."""

    def __init__(self) -> None:
        self._groups: OrderedDict[str, OrderedDict[str, deque[T]]] = OrderedDict()
        self._lately = RecentEvents()
        self.size = 0

    def __len__(self) -> int:
        return len(self._groups)

    def append(self, requester: Requester, item: T) -> None:
        """Add an item at the end of its subgroup."""
        outer, inner = requester.path
        self._groups.setdefault(outer, OrderedDict()).setdefault(inner, deque()).append(item)
        self.size += 1

    def pop(self) -> T:
        """The oldest item of the group whose last turn is longest ago."""
        return self._pop(next(iter(self._groups)))

    def pop_rarest(self) -> T:
        """The oldest item of the group with the fewest recent turns. Among equal groups, the one
        that waits longest; in a crowd, the newest one.
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

    def remove(self, requester: Requester, item: T) -> bool:
        """Remove an item. Returns whether it was waiting here."""
        outer, inner = requester.path
        items = self._groups.get(outer, OrderedDict()).get(inner)
        if items is None or item not in items:
            return False
        items.remove(item)
        self._shrunk(outer, inner)
        return True

    def crowd(self, requester: Requester) -> int:
        """Items that wait in the requester's group."""
        return self._count(self._groups.get(requester.path[0], OrderedDict()))

    def largest(self) -> int:
        """Items that wait in the largest group."""
        return max(map(self._count, self._groups.values()), default=0)

    def has_one_before(self, requester: Requester, crowd: int) -> bool:
        """Whether a group of that size has had more recent turns than the requester's group."""
        own = self._lately.times(requester.path[0])
        return any(
            self._count(group) >= crowd and self._lately.times(name) > own
            for name, group in self._groups.items()
        )

    def drop(self) -> T:
        """Remove the newest item of the largest group; among equal groups, of the one with the most
        recent turns.
        """
        outer = max(self._groups, key=self._weight)
        inner = max(self._groups[outer], key=lambda name: len(self._groups[outer][name]))
        item = self._groups[outer][inner].pop()
        self._shrunk(outer, inner)
        return item

    def _shrunk(self, outer: str, inner: str) -> None:
        """Note that a group has become smaller. Every end of a wait counts as a turn, so that a
        group cannot leave and return as a new one.
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
    """A bounded queue of waiting items."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._known: RoundRobin[T] = RoundRobin()
        self._strangers: RoundRobin[T] = RoundRobin()
        self._in_a_row = 0
        self._strangers_turns = 0

    def __len__(self) -> int:
        return self._known.size + self._strangers.size

    def join(self, requester: Requester, item: T) -> T | None:
        """Add an item. Returns the item that loses its place: None, an item of the largest group,
        or the new item. The new item loses when no group is larger than its own, or as large with
        more recent turns.
        """
        own = self._round_of(requester)
        dropped = None
        if len(self) >= self._places:
            crowded = self._crowded(requester, own, own.crowd(requester) + 1)
            if crowded is None:
                return item
            dropped = crowded.drop()
        own.append(requester, item)
        return dropped

    def next(self) -> T | None:
        """The next item; None when nothing waits."""
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

    def leave(self, requester: Requester, item: T) -> bool:
        """Remove an item. Returns whether it was waiting."""
        return self._round_of(requester).remove(requester, item)

    def _round_of(self, requester: Requester) -> RoundRobin[T]:
        return self._known if requester.known else self._strangers

    def _crowded(
        self, requester: Requester, own: RoundRobin[T], crowd: int
    ) -> RoundRobin[T] | None:
        """The round-robin that must give a place to a group that will have `crowd` items, or None.

        That is the one with the largest group. Among equals it is the other kind, if that has more
        than its share. Else it is the same kind, if a group of it has had more recent turns.
        """
        largest = max(self._known, self._strangers, key=RoundRobin.largest)
        if largest.largest() > crowd:
            return largest
        spare = self._places // FOR_STRANGERS
        known = self._strangers, spare
        other, share = known if requester.known else (self._known, self._places - spare)
        if other.size > share and other.largest() >= crowd:
            return other
        return own if own.has_one_before(requester, crowd) else None
