"""Every order of events around one family, breadth first, and the shortest way to a fault.

Generations are counted from the oldest in sight, so that worlds that will go on alike are one
world, and the search comes to an end.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.model.worlds import START, Flight, Move, Row, Rule, Said, Stored, World


def _seen_from_the_oldest(world: World) -> World:
    """The same world with its generations counted from the oldest in sight; a copy that is older
    than all else is the one before.
    """
    row, kept, theft, held = world.row, world.kept, world.theft, world.copy
    seen = [row.parent, row.floor, row.open_from, world.stored.said.generation]
    seen += [flight.presented.generation for flight in world.flights]
    seen += [kept.parent, kept.floor, kept.open_from] if kept else []
    seen += [theft.held.generation] if theft else []
    base = min(seen)
    if held and held.generation < base:
        base -= 1
        held = held._replace(generation=base)
    flights = tuple(sorted(world.flights, key=_order))
    if base == 0:
        return world._replace(flights=flights, copy=held)
    return world._replace(
        row=_lowered(row, base),
        stored=Stored(_down(world.stored.said, base), world.stored.age),
        flights=tuple(_in_flight(flight, base) for flight in flights),
        copy=held and _down(held, base),
        kept=kept and _lowered(kept, base),
        answered=tuple((g - base, successor - base) for g, successor in world.answered),
        theft=theft and theft._replace(held=_down(theft.held, base), newest=theft.newest - base),
    )


def _lowered(row: Row, base: int) -> Row:
    generation, parent, floor, open_from, age, left = row
    return Row(generation - base, parent - base, floor - base, open_from - base, age, left)


def _down(said: Said, base: int) -> Said:
    return Said(said.generation - base, said.left)


def _in_flight(flight: Flight, base: int) -> Flight:
    answer = flight.answer and _down(flight.answer, base)
    return Flight(_down(flight.presented, base), answer, flight.age)


def _order(flight: Flight) -> tuple[Said, Said | tuple[()], int]:
    """Any order will do that is the same for the same flights."""
    return flight.presented, flight.answer or (), flight.age


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
