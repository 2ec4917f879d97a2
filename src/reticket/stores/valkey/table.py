"""Families by key: read with the time of their node, and changed by compare-and-set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from reticket.core.errors import Unavailable
from reticket.core.model import Family
from reticket.stores.valkey.engine import Engine
from reticket.stores.valkey.pipelines import Short
from reticket.stores.valkey.rows import UNSURE, Seen, key_of, pack, time_to_live, unpack
from reticket.stores.valkey.scripts import SWAP, Command

ATTEMPTS = 16
"""Lost races of one family in a row before Unavailable."""

Change = Callable[[bytes, Seen], Family | None]
"""The row after the change, or the same object when nothing changes."""


class Swap(NamedTuple):
    """The command that writes a row, and the one that later removes its `UNSURE` byte, if there is
    one.
    """

    command: Command
    then: Command | None = None


class Written(NamedTuple):
    """The result of a write.

    Args:
        kept: rows that were written, by id.
        lost: ids whose row another process changed meanwhile.
        short: ids of revocations that were written with too few copies.
        more: replies to the additional commands.
    """

    kept: dict[bytes, Family]
    lost: set[bytes]
    short: dict[bytes, Short]
    more: list[Any]


class Table:
    """The families of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, families: Iterable[bytes], more: Sequence[Command] = ()) -> dict[bytes, Seen]:
        """The rows, each with its own node's time. One clock decides for each family, so differing
        clocks of nodes cause no false reuse. The additional commands are sent together with it.
        """
        keys = {family: key_of(family) for family in families}
        nodes = {family: self._engine.pool_of(key) for family, key in keys.items()}
        clocks = {nodes[family]: Command(key, ("TIME",)) for family, key in keys.items()}
        reads = [Command(key, ("GET", key)) for key in keys.values()]
        replies = self._engine.ask([*clocks.values(), *reads, *more])
        times = map(self._engine.milliseconds, replies)
        now_at = dict(zip(clocks, times, strict=False))
        found = zip(keys, replies[len(clocks) : len(clocks) + len(reads)], strict=True)
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
        """Write the changed rows, together with the additional commands. A revocation waits for its
        copies.
        """
        changed = {family: row for family, row in rows.items() if row and row != seen[family].row}
        swaps = self._swaps(seen, changed | _unsure(seen, rows.keys() - changed.keys()))
        replies = self._engine.ask([*(swap.command for swap in swaps.values()), *more])
        swapped = dict(zip(swaps, replies, strict=False))
        self._confirm(swaps, swapped)
        return Written(
            kept={family: row for family, row in changed.items() if swapped[family]},
            lost={family for family in swapped if not swapped[family]},
            short={family: reply for family, reply in swapped.items() if isinstance(reply, Short)},
            more=replies[len(swaps) :],
        )

    def _swaps(self, seen: Mapping[bytes, Seen], rows: Mapping[bytes, Family]) -> dict[bytes, Swap]:
        waits_for_copies = self._engine.waits_for_copies
        return {family: _swap(seen[family], row, waits_for_copies) for family, row in rows.items()}

    def _confirm(self, swaps: Mapping[bytes, Swap], swapped: Mapping[bytes, Any]) -> None:
        """Remove the `UNSURE` byte of revocations that have their copies. When this command is
        lost, the row is copied once more later, which does no harm.
        """
        confirmations = [
            swap.then for family, swap in swaps.items() if swap.then and swapped[family] == 1
        ]
        if confirmations:
            self._engine.ask(confirmations)

    def change(self, families: Iterable[bytes], change: Change) -> list[Family]:
        """Change each family on its own; returns the changed rows.

        Raises:
            Unavailable: after all changes, when a revocation among them has too few copies.
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
        """Delete rows that have not changed since they were read; returns how many."""
        deletes = [SWAP(key_of(family), each.raw, b"", 0) for family, each in seen.items()]
        return sum(self._engine.ask(deletes))

    def settle(
        self, families: Iterable[bytes], attempt: Callable[[Sequence[bytes]], set[bytes]]
    ) -> None:
        """Call `attempt` until it leaves no family over. Unavailable after `ATTEMPTS` calls."""
        waiting = list(families)
        for _ in range(ATTEMPTS):
            if not waiting:
                return
            waiting = list(attempt(waiting))
        raise Unavailable("the same sessions were changed too often meanwhile; try again")


def _unsure(seen: Mapping[bytes, Seen], families: Iterable[bytes]) -> dict[bytes, Family]:
    """Revoked rows that may have no copy. They are written again, so that the answer "revoked"
    waits for a barrier of its own.
    """
    rows = ((family, seen[family]) for family in families)
    return {family: each.row for family, each in rows if each.row and each.raw.endswith(UNSURE)}


def _swap(seen: Seen, row: Family, waits_for_copies: bool) -> Swap:
    key, value, lasts = key_of(row.id), pack(row), time_to_live(row.expires_at, seen.now)
    if row.revoked_at is None or not waits_for_copies:
        return Swap(SWAP(key, seen.raw, value, lasts))
    unsure = value + UNSURE
    lasting = SWAP(key, seen.raw, unsure, lasts)._replace(lasting=True)
    return Swap(lasting, SWAP(key, unsure, value, lasts))
