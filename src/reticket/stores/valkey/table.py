"""Families by their keys: read with the time of their node, and changed by compare-and-set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from reticket.core.errors import Unavailable
from reticket.core.model import Family
from reticket.stores.valkey.engine import Engine
from reticket.stores.valkey.rows import UNSURE, Seen, key_of, left, pack, unpack
from reticket.stores.valkey.scripts import SWAP, Command
from reticket.stores.valkey.trips import Short

ATTEMPTS = 16
"""Lost races in a row, of one family, before it is Unavailable."""

Change = Callable[[bytes, Seen], Family | None]
"""The row after, or the same object where nothing changes."""


class Swap(NamedTuple):
    """What writes a row, and what says later that it will last, where that has to be said."""

    command: Command
    then: Command | None = None


class Written(NamedTuple):
    """What became of a write: the rows that were kept, the ids whose race was lost, those whose
    revocation may not outlive its node, and the replies to what went along.
    """

    kept: dict[bytes, Family]
    lost: set[bytes]
    short: dict[bytes, Short]
    more: list[Any]


class Table:
    """The families of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, families: Iterable[bytes]) -> dict[bytes, Seen]:
        """What is there, and the clock of each node: the node that has a family decides when it
        is, so that nodes whose clocks differ don't make thieves.
        """
        keys = {family: key_of(family) for family in families}
        nodes = {family: self._engine.place(key) for family, key in keys.items()}
        clocks = {nodes[family]: Command(key, ("TIME",)) for family, key in keys.items()}
        looks = [Command(key, ("GET", key)) for key in keys.values()]
        replies = self._engine.ask([*clocks.values(), *looks])
        times = map(self._engine.milliseconds, replies)
        now_at = dict(zip(clocks, times, strict=False))
        found = zip(keys, replies[len(clocks) :], strict=True)
        return {
            family: Seen(raw or b"", unpack(family, raw), now_at[nodes[family]])
            for family, raw in found
        }

    def write(
        self,
        seen: Mapping[bytes, Seen],
        rows: Mapping[bytes, Family | None],
        more: Sequence[Command] = (),
    ) -> Written:
        """Keep what changed. A revocation waits for its copies; `more` goes along."""
        changed = {family: row for family, row in rows.items() if row and row != seen[family].row}
        swaps = self._swaps(seen, changed | _unsure(seen, rows.keys() - changed.keys()))
        replies = self._engine.ask([*(swap.command for swap in swaps.values()), *more])
        won = dict(zip(swaps, replies, strict=False))
        self._make_sure(swaps, won)
        return Written(
            kept={family: row for family, row in changed.items() if won[family]},
            lost={family for family in won if not won[family]},
            short={family: said for family, said in won.items() if isinstance(said, Short)},
            more=replies[len(swaps) :],
        )

    def _swaps(self, seen: Mapping[bytes, Seen], rows: Mapping[bytes, Family]) -> dict[bytes, Swap]:
        guards = self._engine.guards
        return {family: _swap(seen[family], row, guards) for family, row in rows.items()}

    def _make_sure(self, swaps: Mapping[bytes, Swap], won: Mapping[bytes, Any]) -> None:
        """Revocations that have their copies; one whose word for it is lost is only copied anew."""
        sure = [swap.then for family, swap in swaps.items() if swap.then and won[family] == 1]
        if sure:
            self._engine.ask(sure)

    def change(self, families: Iterable[bytes], change: Change) -> list[Family]:
        """Change each of them on its own; the rows that this changed, after. Unavailable, once
        all are done, when a revocation among them may not outlive its node.
        """
        changed: list[Family] = []
        short: list[Short] = []

        def attempt(waiting: Sequence[bytes]) -> set[bytes]:
            seen = self.read(waiting)
            rows = {family: change(family, each) for family, each in seen.items()}
            written = self.write(seen, rows)
            changed.extend(written.kept.values())
            short.extend(written.short.values())
            return written.lost

        self.settle(families, attempt)
        if short:
            raise Unavailable(f"a revocation was written, but not copied: {short[0]}")
        return changed

    def remove(self, seen: Mapping[bytes, Seen]) -> int:
        """Delete what has not changed since; how many."""
        gone = [SWAP(key_of(family), each.raw, b"", 0) for family, each in seen.items()]
        return sum(self._engine.ask(gone))

    def settle(
        self, families: Iterable[bytes], attempt: Callable[[Sequence[bytes]], set[bytes]]
    ) -> None:
        """Attempt it until no family is left over."""
        waiting = list(families)
        for _ in range(ATTEMPTS):
            if not waiting:
                return
            waiting = list(attempt(waiting))
        raise Unavailable("others change the same families all the time")


def _unsure(seen: Mapping[bytes, Seen], families: Iterable[bytes]) -> dict[bytes, Family]:
    """Rows whose revocation may have no copy: whoever is told that they are over is told so behind
    a barrier of his own, for which they are written once more.
    """
    rows = ((family, seen[family]) for family in families)
    return {family: each.row for family, each in rows if each.row and each.raw.endswith(UNSURE)}


def _swap(seen: Seen, row: Family, guards: bool) -> Swap:
    key, value, lasts = key_of(row.id), pack(row), left(row.expires_at, seen.now)
    if row.revoked_at is None or not guards:
        return Swap(SWAP(key, seen.raw, value, lasts))
    unsure = value + UNSURE
    lasting = SWAP(key, seen.raw, unsure, lasts)._replace(lasting=True)
    return Swap(lasting, SWAP(key, unsure, value, lasts))
