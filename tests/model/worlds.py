"""Every order of events around one family, breadth first, and the shortest way to a fault.

Time goes in half windows, ages are counted up to one window, and generations from the oldest in
sight, so that worlds that will go on alike are one world, and the search comes to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from reticket.core.model import Family, Outcome, RefreshToken
from reticket.core.policy import AKINON_2026, SECOND, Policy
from reticket.core.rotation import Decision

POLICY = AKINON_2026
HALF = POLICY.window * SECOND // 2
SHUT = 2
NOW = 1_800_000_000_000

Rule = Callable[[Family, RefreshToken, int, Policy], Decision]


class Row(NamedTuple):
    """What the rule moves of a stored row; `age` in half windows since its rotation."""

    generation: int
    parent: int
    floor: int
    open_from: int
    age: int


class Token(NamedTuple):
    """A token that somebody keeps; `age` in half windows since it came."""

    generation: int
    age: int


class Flight(NamedTuple):
    """A request on its way, or its answer on the way back; ends one window after it was sent."""

    presented: int
    answer: int | None
    age: int


class Theft(NamedTuple):
    """What a thief holds, the newest generation at the theft, and who has used a newer one."""

    generation: int
    newest: int
    client_used: bool = False
    thief_used: bool = False
    thief_rotated: bool = False


class World(NamedTuple):
    """One moment.

    `stored` is what the client's tabs share, `kept` the row that the store may fall back to,
    `answered` which successor each generation got in this window.
    """

    row: Row
    stored: Token
    flights: tuple[Flight, ...] = ()
    kept: Row | None = None
    fell_back: bool = False
    answered: tuple[tuple[int, int], ...] = ()
    theft: Theft | None = None
    ended: bool = False
    fault: str | None = None


Step = tuple[str, World]
Move = Callable[[World, Rule], Iterator[Step]]

START = World(Row(1, 0, 0, 1, SHUT), Token(1, SHUT))


def send(world: World, _: Rule) -> Iterator[Step]:
    """A tab sends what is stored, once that is older than a window: one rotation per window."""
    if len(world.flights) < 2 and world.stored.age == SHUT:
        flights = (*world.flights, Flight(world.stored.generation, None, 0))
        yield "send", world._replace(flights=flights)


def arrive(world: World, rule: Rule) -> Iterator[Step]:
    """A request reaches the server, which decides and writes."""
    for flight, others in _each(world.flights):
        if flight.answer is None and not _rides(world, by_thief=False):
            after, answer = _serve(world, flight.presented, rule)
            if answer is None:
                ended = after._replace(ended=True, fault=world.theft is None and "signed out")
                yield f"arrive {flight.presented}", ended._replace(fault=ended.fault or None)
            else:
                flights = (*others, flight._replace(answer=answer))
                after = _used(after, flight.presented, by_thief=False)
                yield f"arrive {flight.presented}", after._replace(flights=flights)


def deliver(world: World, _: Rule) -> Iterator[Step]:
    """An answer comes back, in any order, and is stored over what was there."""
    for flight, others in _each(world.flights):
        if flight.answer is not None:
            stored = Token(flight.answer, 0)
            yield f"deliver {flight.answer}", world._replace(flights=others, stored=stored)


def lose(world: World, _: Rule) -> Iterator[Step]:
    """A request or an answer is lost."""
    for flight, others in _each(world.flights):
        yield f"lose {flight.presented}", world._replace(flights=others)


def wait(world: World, _: Rule) -> Iterator[Step]:
    """Half a window passes; what was under way for a whole one has timed out."""
    flights = tuple(f._replace(age=f.age + 1) for f in world.flights if f.age + 1 < SHUT)
    row = _older(world.row)
    yield (
        "wait",
        world._replace(
            row=row,
            stored=world.stored._replace(age=min(world.stored.age + 1, SHUT)),
            flights=flights,
            kept=world.kept and _older(world.kept),
            answered=() if row.age == SHUT else world.answered,
        ),
    )


def keep(world: World, _: Rule) -> Iterator[Step]:
    """The store's last durable moment: what comes now will be lost."""
    if world.kept is None and not world.fell_back:
        yield "keep", world._replace(kept=world.row)


def fall_back(world: World, _: Rule) -> Iterator[Step]:
    """A fail-over or an old backup: acknowledged writes are gone."""
    if world.kept is not None:
        yield "fall back", world._replace(row=world.kept, kept=None, fell_back=True, answered=())


def steal(world: World, _: Rule) -> Iterator[Step]:
    """Somebody copies what is stored."""
    if world.theft is None:
        theft = Theft(world.stored.generation, world.row.generation)
        yield "steal", world._replace(theft=theft)


def misuse(world: World, rule: Rule) -> Iterator[Step]:
    """The thief refreshes, and no answer to him is ever lost."""
    if world.theft is not None and not _rides(world, by_thief=True):
        presented = world.theft.generation
        after, answer = _serve(world, presented, rule)
        if answer is None:
            yield f"misuse {presented}", after._replace(ended=True)
        else:
            after = _used(after, presented, by_thief=True)
            theft = after.theft and after.theft._replace(generation=answer)
            yield f"misuse {presented}", after._replace(theft=theft)


HONEST: tuple[Move, ...] = (send, arrive, deliver, lose, wait)
FALLING_BACK: tuple[Move, ...] = (*HONEST, keep, fall_back)
THIEVING: tuple[Move, ...] = (*HONEST, steal, misuse)


def _each(flights: tuple[Flight, ...]) -> Iterator[tuple[Flight, tuple[Flight, ...]]]:
    for place, flight in enumerate(flights):
        yield flight, flights[:place] + flights[place + 1 :]


def _older(row: Row) -> Row:
    return row._replace(age=min(row.age + 1, SHUT))


def _rides(world: World, *, by_thief: bool) -> bool:
    """Whether who asks now would be answered from the other's window."""
    theft = world.theft
    return theft is not None and world.row.age < SHUT and theft.thief_rotated != by_thief


def _serve(world: World, presented: int, rule: Rule) -> tuple[World, int | None]:
    row, refused = _decided(rule, world.row, presented)
    if refused:
        return world, None
    answered = dict(world.answered)
    two = answered.setdefault(presented, row.generation) != row.generation
    fault = "two successors" if two and world.theft is None else None
    return world._replace(row=row, answered=tuple(sorted(answered.items())), fault=fault), (
        row.generation
    )


def _used(after: World, presented: int, *, by_thief: bool) -> World:
    theft = after.theft
    if theft is None:
        return after
    newer = presented > theft.newest
    theft = theft._replace(
        client_used=theft.client_used or (newer and not by_thief),
        thief_used=theft.thief_used or (newer and by_thief),
        thief_rotated=by_thief if after.row.age == 0 else theft.thief_rotated,
    )
    unseen = theft.client_used and theft.thief_used
    return after._replace(theft=theft, fault="a thief unseen" if unseen else after.fault)


@cache
def _decided(rule: Rule, row: Row, presented: int) -> tuple[Row, bool]:
    """The real rule on a real row."""
    family = Family(
        id=bytes(16), resource="akinon", subject="ada", client=None, context=None, scope=None,
        policy=POLICY.name, ends_at=NOW * 2, expires_at=NOW * 2, generation=row.generation,
        parent=row.parent, floor=row.floor, open_from=row.open_from,
        rotated_at=NOW - row.age * HALF,
    )  # fmt: skip
    decision = rule(family, RefreshToken(bytes(16), presented, None, NOW), NOW, POLICY)
    after = decision.row
    if after is None or decision.outcome in (Outcome.REUSED, Outcome.REVOKED):
        return row, True
    age = 0 if after.rotated_at == NOW else row.age
    return Row(after.generation, after.parent, after.floor, after.open_from, age), False


def _seen_from_the_oldest(world: World) -> World:
    """The same world with its generations counted from the oldest in sight."""
    row, kept, theft = world.row, world.kept, world.theft
    seen = [row.parent, row.floor, row.open_from, world.stored.generation]
    seen += [flight.presented for flight in world.flights]
    seen += [kept.parent, kept.floor, kept.open_from] if kept else []
    seen += [theft.generation] if theft else []
    base = min(seen)
    if base == 0 and world.flights == tuple(sorted(world.flights, key=repr)):
        return world
    return world._replace(
        row=_lowered(row, base),
        stored=world.stored._replace(generation=world.stored.generation - base),
        flights=tuple(sorted((_in_flight(f, base) for f in world.flights), key=repr)),
        kept=kept and _lowered(kept, base),
        answered=tuple((g - base, successor - base) for g, successor in world.answered),
        theft=theft
        and theft._replace(generation=theft.generation - base, newest=theft.newest - base),
    )


def _lowered(row: Row, base: int) -> Row:
    generation, parent, floor, open_from, age = row
    return Row(generation - base, parent - base, floor - base, open_from - base, age)


def _in_flight(flight: Flight, base: int) -> Flight:
    answer = None if flight.answer is None else flight.answer - base
    return Flight(flight.presented - base, answer, flight.age)


class Found(NamedTuple):
    """How many worlds were met, how deep, whether there were no more, and the way to a fault."""

    worlds: int
    depth: int
    whole: bool
    fault: str | None
    way: tuple[str, ...]


def explore(rule: Rule, moves: tuple[Move, ...], depth: int) -> Found:
    """Meet every world that `moves` lead to in at most `depth` steps."""
    came_from: dict[World, tuple[World, str] | None] = {START: None}
    frontier = [START]
    for level in range(1, depth + 1):
        reached = []
        for world in frontier:
            for move in moves:
                for name, after in move(world, rule):
                    found = _seen_from_the_oldest(after)
                    if found not in came_from:
                        came_from[found] = world, name
                        if found.fault:
                            way = _way(came_from, found)
                            return Found(len(came_from), level, False, found.fault, way)
                        if not found.ended:
                            reached.append(found)
        frontier = reached
        if not frontier:
            return Found(len(came_from), level, True, None, ())
    return Found(len(came_from), depth, False, None, ())


def _way(came_from: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    steps = []
    step = came_from[world]
    while step is not None:
        world, name = step
        steps.append(name)
        step = came_from[world]
    return tuple(reversed(steps))
