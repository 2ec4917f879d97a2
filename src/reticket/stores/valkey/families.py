"""The port `Store` on Valkey: read, decide here, compare and set there.

A batch is two exchanges, one pipeline a node. Families are changed one by one, each in one go;
whoever loses a race reads again and decides again. When a batch ends in Unavailable some of its
families may have been changed: the tokens' rule forgives that (ADR 0001), as it does a lost answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reticket.core.errors import StartupError
from reticket.core.model import Family, Selection
from reticket.core.ports import NotReplicated, Page, Step
from reticket.core.sessions.rotation import merge, revoked
from reticket.stores.valkey.engine import Engine
from reticket.stores.valkey.floors import Floor, answers, lasting, questions, raise_floor, struck
from reticket.stores.valkey.members import forget_the_gone, listed, members
from reticket.stores.valkey.rows import PREFIX, Seen, fits, pack
from reticket.stores.valkey.table import Table
from reticket.stores.valkey.walks import Walk

LOOKS = 16
"""SCANs, at most, of one `expire`: the engine's own deletion finds the rest."""


class ValkeyStore:
    """The port `Store`, over an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._table = Table(engine)
        self._walk = Walk(engine, PREFIX + b"*")

    def check(self) -> None:
        """The servers look after their own files."""

    def now(self) -> int:
        """The engine's clock: milliseconds."""
        return self._engine.now()

    def transact(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        """Read, run the steps, compare and set. The subjects' floors travel with the writes: who
        stands under one is read again and, revoked by then, decided again.
        """
        steps: dict[bytes, list[int]] = defaultdict(list)
        for index, (family, _) in enumerate(batch):
            steps[family].append(index)
        results: list[Any] = [None] * len(batch)
        floors: dict[str, Sequence[Floor]] = {}

        def run(family: bytes, seen: Seen) -> Family | None:
            row = struck(seen.row, floors)
            for index in steps[family]:
                after, results[index] = batch[index][1](row, seen.now)
                row = after or row
            return row

        def attempt(waiting: Sequence[bytes]) -> set[bytes]:
            seen = self._table.read(waiting)
            rows = {family: run(family, each) for family, each in seen.items()}
            given = [struck(each.row, floors) for each in seen.values()]
            subjects = {row.subject for row in given if row and row.revoked_at is None}
            written = self._table.write(seen, rows, questions(subjects))
            floors.update(answers(subjects, written.more))
            for family in written.short:
                for index in steps[family]:
                    results[index] = NotReplicated(results[index])
            under = {row.id for row in given if row and struck(row, floors) is not row}
            return written.lost | under

        self._table.settle(steps, attempt)
        return results

    def create(self, batch: Sequence[Family]) -> None:
        """KeyError for an id that is there already; what was written by then is taken back."""
        fresh = {row.id: row for row in batch}
        seen = self._table.read(fresh)
        if len(fresh) < len(batch) or any(each.raw for each in seen.values()):
            raise KeyError("a family with that id is there already")
        listing = [listed(row, seen[row.id].now) for row in batch]
        written = self._table.write(seen, fresh, listing)
        if written.lost:
            self._table.remove({row.id: Seen(pack(row), row, 0) for row in written.kept.values()})
            raise KeyError("a family with that id is there already")
        forget_the_gone(self._engine, batch, written.more)

    def find(self, family: bytes) -> Family | None:
        """The row, and its subject's floors."""
        shown = self._shown([family])
        return shown[0] if shown else None

    def page(self, selection: Selection, limit: int, after: bytes | None = None) -> Page:
        """By the subject's list where the selection names one. Else every page looks at the key
        of every family, since the engine keeps them in no order: fit for a million of them.
        """
        found: list[Family] = []
        for families in self._candidates(selection):
            worst = found[-1].id if len(found) > limit else None
            near = [
                each
                for each in families
                if (after is None or each > after) and (worst is None or each < worst)
            ]
            rows = {row.id: row for row in (*found, *self._shown(near))}
            fitting = (row for row in rows.values() if fits(row, selection))
            found = sorted(fitting, key=lambda row: row.id)[: limit + 1]
        rest = len(found) > limit
        return Page(found[:limit], found[limit - 1].id if rest else None)

    def walk(self) -> Iterator[Sequence[Family]]:
        """As the engine keeps them: each key is looked at once."""
        for families in self._candidates(Selection()):
            yield self._shown(families)

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """First the subject's floor, where it can say what is selected: from that write on all of
        it is over. Then row by row, which is what lists show and who ended is told by.
        """
        at = self._engine.now()
        if lasting(selection) and selection.subject is not None:
            floor = Floor(selection.resource, selection.client, at, cause)
            raise_floor(self._engine, selection.subject, floor)
        ended: list[Family] = []

        def end(family: bytes, seen: Seen) -> Family | None:
            if seen.row is None or not fits(seen.row, selection):
                return seen.row
            return revoked(seen.row, at, cause)

        for families in self._candidates(selection):
            ended += self._table.change(families, end)
        return sorted(ended, key=lambda row: row.id)

    def absorb(self, batch: Sequence[Family]) -> None:
        """Each with what is there, as one compare-and-set."""
        copies: dict[bytes, list[Family]] = defaultdict(list)
        for row in batch:
            copies[row.id].append(row)

        def join(family: bytes, seen: Seen) -> Family | None:
            row = seen.row or copies[family][0]
            for copy in copies[family]:
                row = merge(row, copy)
            return row if row != seen.row else seen.row

        self._table.change(copies, join)
        now = self._engine.now()
        self._engine.ask([listed(row, now) for row in batch])

    def expire(self, before: int, limit: int) -> int:
        """A bounded look. The engine itself deletes a row a while after its last token has died,
        so that what is left to find here are rows of that while, and those that came in dead.
        """
        removed = 0
        for _ in range(LOOKS):
            if removed == limit:
                break
            keys = self._walk.look(limit - removed)
            seen = self._table.read(key.removeprefix(PREFIX) for key in keys)
            dead = {
                family: each
                for family, each in seen.items()
                if each.row and each.row.expires_at < before
            }
            removed += self._table.remove(dead)
        return removed

    def backup(self, path: Path) -> None:
        """A server is copied by its own tools."""
        raise StartupError(
            "families are in Valkey, which is copied by its own tools: use replicas, and BGSAVE "
            "or the append-only file"
        )

    def close(self) -> None:
        """Close the connections."""
        self._engine.close()

    def _candidates(self, selection: Selection) -> Iterator[list[bytes]]:
        """Ids among which is all that the selection means."""
        if selection.family is not None:
            yield [selection.family]
        elif selection.subject is not None:
            yield from members(self._engine, selection.subject)
        else:
            for keys in self._engine.keys(PREFIX + b"*"):
                yield [key.removeprefix(PREFIX) for key in keys]

    def _shown(self, families: Sequence[bytes]) -> list[Family]:
        """The rows as their subjects' floors leave them."""
        rows = [each.row for each in self._table.read(families).values()]
        subjects = {row.subject for row in rows if row and row.revoked_at is None}
        floors = answers(subjects, self._engine.ask(questions(subjects)))
        shown = (struck(row, floors) for row in rows)
        return [row for row in shown if row]
