"""One family, its store and those who hold its tokens, and every move that one of them can make.

Time goes in half windows; ages and lifetimes are counted up to the longest lifetime.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from reticket.core.model import Family, Outcome, RefreshToken
from reticket.core.policy import SECOND, Policy
from reticket.core.sessions.rotation import Decision
from reticket.dialects.akinon.user import AKINON_2026

POLICY = AKINON_2026
HALF = POLICY.window * SECOND // 2
SHUT = 2
LONG, SHORT = 5, 3
"""Lifetimes of a refresh token that the operator may set."""
NOW = 1_800_000_000_000

Rule = Callable[[Family | None, RefreshToken, int, Policy], Decision]


class Row(NamedTuple):
    """What the rule moves of a stored row; `age` since its rotation, `left` until a purge."""

    generation: int
    parent: int
    floor: int
    open_from: int
    age: int
    left: int


class Said(NamedTuple):
    """A token; `left` until the end that was stated with it."""

    generation: int
    left: int


class Stored(NamedTuple):
    """The token that a client keeps, and the time since it came."""

    said: Said
    age: int


class Flight(NamedTuple):
    """A request on its way, or its answer on the way back; ends one window after it was sent."""

    presented: Said
    answer: Said | None
    age: int


class Theft(NamedTuple):
    """What a thief holds, the newest generation at the theft, and who has used a newer one."""

    held: Said
    newest: int
    client_used: bool = False
    thief_used: bool = False
    thief_rotated: bool = False


class World(NamedTuple):
    """One moment.

    `stored` is what the client's tabs share, `copy` what a backup, a log or an idle second client
    has of it, `kept` the row that the store may fall back to, `answered` which successor each
    generation got in this window, `life` the lifetime that is set.
    """

    row: Row
    stored: Stored
    flights: tuple[Flight, ...] = ()
    copy: Said | None = None
    kept: Row | None = None
    fell_back: bool = False
    answered: tuple[tuple[int, int], ...] = ()
    theft: Theft | None = None
    life: int = LONG
    ended: bool = False
    fault: str | None = None


Step = tuple[str, World]
Move = Callable[[World, Rule], Iterator[Step]]

START = World(Row(1, 0, 0, 1, SHUT, LONG), Stored(Said(1, LONG), SHUT))


def send(world: World, _: Rule) -> Iterator[Step]:
    """A tab sends the stored token when it is older than a window: one rotation per window."""
    if len(world.flights) < 2 and world.stored.age == SHUT:
        flights = (*world.flights, Flight(world.stored.said, None, 0))
        yield "send", world._replace(flights=flights)


def arrive(world: World, rule: Rule) -> Iterator[Step]:
    """A request reaches the server, which decides and writes. Refused, the client is out."""
    for flight, others in _each(world.flights):
        if flight.answer is None and not _rides(world, by_thief=False):
            after, answer = _serve(world, flight.presented, rule)
            if answer is None:
                out = flight.presented.left and world.theft is None
                fault = after.fault or ("signed out" if out else None)
                after = after._replace(ended=True, fault=fault)
            else:
                flights = (*others, flight._replace(answer=answer))
                after = _used(after, flight.presented, by_thief=False)._replace(flights=flights)
            yield f"arrive {flight.presented.generation}", after


def deliver(world: World, _: Rule) -> Iterator[Step]:
    """An answer comes back, in any order, and is stored over what was there."""
    for flight, others in _each(world.flights):
        if flight.answer is not None:
            stored = Stored(flight.answer, 0)
            name = f"deliver {flight.answer.generation}"
            yield name, world._replace(flights=others, stored=stored)


def lose(world: World, _: Rule) -> Iterator[Step]:
    """A request or an answer is lost."""
    for flight, others in _each(world.flights):
        yield f"lose {flight.presented.generation}", world._replace(flights=others)


def wait(world: World, _: Rule) -> Iterator[Step]:
    """Half a window passes. Messages that were on their way for a whole window are lost."""
    row, theft = _older(world.row), world.theft
    yield (
        "wait",
        world._replace(
            row=row,
            stored=Stored(_nearer(world.stored.said), min(world.stored.age + 1, SHUT)),
            flights=tuple(
                Flight(_nearer(f.presented), f.answer and _nearer(f.answer), f.age + 1)
                for f in world.flights
                if f.age + 1 < SHUT
            ),
            copy=world.copy and _nearer(world.copy),
            kept=world.kept and _older(world.kept),
            answered=() if row.age >= SHUT else world.answered,
            theft=theft and theft._replace(held=_nearer(theft.held)),
        ),
    )


def copy(world: World, _: Rule) -> Iterator[Step]:
    """An honest client keeps a copy of the stored token."""
    if world.copy is None:
        yield "copy", world._replace(copy=world.stored.said)


def turn_up(world: World, rule: Rule) -> Iterator[Step]:
    """The copy is presented once it has expired."""
    if world.copy is not None and not world.copy.left:
        after, _ = _serve(world, world.copy, rule)
        yield f"turn up {world.copy.generation}", after._replace(copy=None)


def share(world: World, rule: Rule) -> Iterator[Step]:
    """The copy is another client's, who uses it and tells nobody; a lenient policy bears that."""
    if world.copy is not None and world.copy.left:
        after, answer = _serve(world, world.copy, rule)
        fault = after.fault or (None if answer else "signed out")
        yield f"share {world.copy.generation}", after._replace(copy=answer, fault=fault)


def change(world: World, _: Rule) -> Iterator[Step]:
    """The operator sets another lifetime."""
    yield "change", world._replace(life=SHORT if world.life == LONG else LONG)


def keep(world: World, _: Rule) -> Iterator[Step]:
    """The store's last durable moment: what comes now will be lost."""
    if world.kept is None and not world.fell_back:
        yield "keep", world._replace(kept=world.row)


def fall_back(world: World, _: Rule) -> Iterator[Step]:
    """A backup is restored: acknowledged writes are gone, and rows last for a lifetime from now
    (`reticket replay`).
    """
    if world.kept is not None:
        row = world.kept._replace(left=max(world.kept.left, world.life))
        yield "fall back", world._replace(row=row, kept=None, fell_back=True, answered=())


def steal(world: World, _: Rule) -> Iterator[Step]:
    """A thief copies the stored token."""
    if world.theft is None:
        yield "steal", world._replace(theft=Theft(world.stored.said, world.row.generation))


def misuse(world: World, rule: Rule) -> Iterator[Step]:
    """The thief refreshes, and no answer to him is ever lost; with an expired token he is out."""
    if world.theft is not None and not _rides(world, by_thief=True):
        presented = world.theft.held
        after, answer = _serve(world, presented, rule)
        if answer is not None:
            after = _used(after, presented, by_thief=True)
            after = after._replace(theft=after.theft and after.theft._replace(held=answer))
        elif presented.left:
            after = after._replace(ended=True)
        else:
            after = after._replace(theft=None)
        yield f"misuse {presented.generation}", after


HONEST: tuple[Move, ...] = (send, arrive, deliver, lose, wait)
COPYING: tuple[Move, ...] = (*HONEST, copy, turn_up)
CHANGING: tuple[Move, ...] = (*HONEST, change)
SHARING: tuple[Move, ...] = (*HONEST, copy, turn_up, share, change)
FALLING_BACK: tuple[Move, ...] = (*HONEST, keep, fall_back)
THIEVING: tuple[Move, ...] = (*HONEST, steal, misuse)


def _each(flights: tuple[Flight, ...]) -> Iterator[tuple[Flight, tuple[Flight, ...]]]:
    for place, flight in enumerate(flights):
        yield flight, flights[:place] + flights[place + 1 :]


def _older(row: Row) -> Row:
    return row._replace(age=min(row.age + 1, LONG), left=max(row.left - 1, 0))


def _nearer(said: Said) -> Said:
    return said._replace(left=max(said.left - 1, 0))


def _rides(world: World, *, by_thief: bool) -> bool:
    """Whether a request now would get the answer of the other's window."""
    theft = world.theft
    return theft is not None and world.row.age < SHUT and theft.thief_rotated != by_thief


def _serve(world: World, presented: Said, rule: Rule) -> tuple[World, Said | None]:
    row, answer, outcome = _decided(rule, world.row, presented, world.life)
    if not presented.left and (answer is not None or outcome is Outcome.REUSED):
        verb = "ended" if answer is None else "opened"
        return world._replace(fault=f"an expired token {verb} something"), answer
    if answer is None:
        return world, None
    answered, fault = dict(world.answered), None
    if outcome is not Outcome.TOLERATED:
        two = answered.setdefault(presented.generation, row.generation) != row.generation
        fault = "two successors" if two and world.theft is world.copy is None else None
    return world._replace(row=row, answered=tuple(sorted(answered.items())), fault=fault), answer


def _used(after: World, presented: Said, *, by_thief: bool) -> World:
    theft = after.theft
    if theft is None:
        return after
    newer = presented.generation > theft.newest
    theft = theft._replace(
        client_used=theft.client_used or (newer and not by_thief),
        thief_used=theft.thief_used or (newer and by_thief),
        thief_rotated=by_thief if after.row.age == 0 else theft.thief_rotated,
    )
    unseen = theft.client_used and theft.thief_used
    return after._replace(theft=theft, fault="a thief unseen" if unseen else after.fault)


@cache
def _decided(rule: Rule, row: Row, presented: Said, life: int) -> tuple[Row, Said | None, Outcome]:
    """The real rule on a real row, which a purge has taken at its end; the end of the answer as
    the mint states it.
    """
    policy = replace(POLICY, refresh=life * HALF // SECOND)
    token = RefreshToken(
        bytes(16), presented.generation, None, NOW - HALF, NOW + presented.left * HALF
    )
    decision = rule(_family(row) if row.left else None, token, NOW, policy)
    after = decision.row
    if after is None or after.revoked_at is not None or decision.outcome in REFUSED:
        return row, None, decision.outcome
    age = row.age if after.rotated_at != NOW else 0
    left = (after.expires_at - NOW) // HALF
    lived = age if decision.outcome is Outcome.REPLAYED else 0
    answer = Said(after.generation, min(left, life - lived))
    row = Row(after.generation, after.parent, after.floor, after.open_from, age, left)
    return row, answer, decision.outcome


REFUSED = (Outcome.UNKNOWN, Outcome.EXPIRED, Outcome.REUSED, Outcome.REVOKED)


def _family(row: Row) -> Family:
    return Family(
        id=bytes(16), resource="akinon", subject="ada", client=None, context=None, scope=None,
        policy=POLICY.name, ends_at=NOW * 2, expires_at=NOW + row.left * HALF,
        generation=row.generation, parent=row.parent, floor=row.floor, open_from=row.open_from,
        rotated_at=NOW - row.age * HALF,
    )  # fmt: skip
