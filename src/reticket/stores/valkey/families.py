"""The port `Store` on Valkey: read the row, decide in Python, write by compare-and-set.

A batch takes two round trips, with one pipeline for each node. Each family is changed on its own,
atomically. A family that another process changed meanwhile is read and decided again. A batch that
ends in Unavailable may have changed some families. The rotation rule tolerates that, as it does a
lost reply (ADR 0001).
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
from reticket.stores.valkey.members import list_command, members, remove_deleted
from reticket.stores.valkey.revocation_marks import (
    RevocationMark,
    apply_marks,
    can_mark,
    parse_replies,
    read_commands,
    set_mark,
)
from reticket.stores.valkey.rows import PREFIX, Seen, matches, pack
from reticket.stores.valkey.scans import Scan
from reticket.stores.valkey.table import Table

SCANS = 16
"""SCANs of one `expire` at most; the engine itself deletes the rest."""


class ValkeyStore:
    """The port `Store`, over an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._table = Table(engine)
        self._scan = Scan(engine, PREFIX + b"*")

    def check(self) -> None:
        """Do nothing: the servers check their own files."""

    def now(self) -> int:
        """The engine's clock: milliseconds."""
        return self._engine.now()

    def transact(self, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
        """Read, run the steps, compare and set.

        The subjects' revocation marks are read together with the writes. A family that a mark
        revokes is read and decided again, as revoked.
        """
        steps: dict[bytes, list[int]] = defaultdict(list)
        for index, (family, _) in enumerate(batch):
            steps[family].append(index)
        results: list[Any] = [None] * len(batch)
        marks: dict[str, Sequence[RevocationMark]] = {}

        def run(family: bytes, seen: Seen) -> Family | None:
            row = apply_marks(seen.row, marks)
            for index in steps[family]:
                after, results[index] = batch[index][1](row, seen.now)
                row = after or row
            return row

        def attempt(waiting: Sequence[bytes]) -> set[bytes]:
            seen = self._table.read(waiting)
            rows = {family: run(family, each) for family, each in seen.items()}
            decided_on = [apply_marks(each.row, marks) for each in seen.values()]
            subjects = {row.subject for row in decided_on if row and row.revoked_at is None}
            written = self._table.write(seen, rows, read_commands(subjects))
            marks.update(parse_replies(subjects, written.more))
            for family in written.short:
                for index in steps[family]:
                    results[index] = NotReplicated(results[index])
            revoked_meanwhile = {
                row.id for row in decided_on if row and apply_marks(row, marks) is not row
            }
            return written.lost | revoked_meanwhile

        self._table.settle(steps, attempt)
        return results

    def create(self, batch: Sequence[Family]) -> None:
        """KeyError when an id exists already; rows written before that are removed.

        A family is in its subject's set before it has a row: a process that is killed leaves no row
        that lists lack. It is added again with the row, since `remove_deleted` may have found it
        without one.
        """
        fresh = {row.id: row for row in batch}
        seen = self._table.read(fresh, [list_command(row, row.created_at) for row in batch])
        if len(fresh) < len(batch) or any(each.raw for each in seen.values()):
            raise KeyError("a family with that id is there already")
        list_commands = [list_command(row, seen[row.id].now) for row in batch]
        written = self._table.write(seen, fresh, list_commands)
        if written.lost:
            self._table.remove({row.id: Seen(pack(row), row, 0) for row in written.kept.values()})
            raise KeyError("a family with that id is there already")
        remove_deleted(self._engine, batch, written.more)

    def find(self, family: bytes) -> Family | None:
        """The row, with its subject's revocation marks applied."""
        shown = self._shown([family])
        return shown[0] if shown else None

    def page(self, selection: Selection, limit: int, after: bytes | None = None) -> Page:
        """Use the subject's set where the selection names a subject.

        Otherwise every page inspects the key of every family, because the engine keeps keys in no
        order. That is acceptable up to about a million families.
        """
        found: list[Family] = []
        for families in self._candidates(selection):
            last_kept = found[-1].id if len(found) > limit else None
            candidates = [
                each
                for each in families
                if (after is None or each > after) and (last_kept is None or each < last_kept)
            ]
            rows = {row.id: row for row in (*found, *self._shown(candidates))}
            matching = (row for row in rows.values() if matches(row, selection))
            found = sorted(matching, key=lambda row: row.id)[: limit + 1]
        more = len(found) > limit
        return Page(found[:limit], found[limit - 1].id if more else None)

    def walk(self) -> Iterator[Sequence[Family]]:
        """In the engine's order; each key is inspected once."""
        for families in self._candidates(Selection()):
            yield self._shown(families)

    def revoke(self, selection: Selection, cause: str) -> Sequence[Family]:
        """Set the subject's revocation mark first, where a mark can express the selection. From
        that write on all selected families are revoked. Then change each row, which lists and the
        result need.
        """
        at = self._engine.now()
        if can_mark(selection) and selection.subject is not None:
            mark = RevocationMark(selection.resource, selection.client, at, cause)
            set_mark(self._engine, selection.subject, mark)
        ended: list[Family] = []

        def end(family: bytes, seen: Seen) -> Family | None:
            if seen.row is None or not matches(seen.row, selection):
                return seen.row
            return revoked(seen.row, at, cause)

        for families in self._candidates(selection):
            ended += self._table.change(families, end)
        return sorted(ended, key=lambda row: row.id)

    def absorb(self, batch: Sequence[Family]) -> None:
        """Merge each copy with the row by compare-and-set."""
        copies: dict[bytes, list[Family]] = defaultdict(list)
        for row in batch:
            copies[row.id].append(row)

        def merge_copies(family: bytes, seen: Seen) -> Family | None:
            row = seen.row or copies[family][0]
            for copy in copies[family]:
                row = merge(row, copy)
            return row if row != seen.row else seen.row

        self._table.change(copies, merge_copies)
        now = self._engine.now()
        self._engine.ask([list_command(row, now) for row in batch])

    def expire(self, before: int, limit: int) -> int:
        """Inspect a bounded number of keys.

        The engine deletes a row itself some time after its last token has expired. Only rows in
        that time, and rows that were absorbed after it, remain to be deleted here.
        """
        removed = 0
        for _ in range(SCANS):
            if removed == limit:
                break
            keys = self._scan.next_keys(limit - removed)
            seen = self._table.read(key.removeprefix(PREFIX) for key in keys)
            dead = {
                family: each
                for family, each in seen.items()
                if each.row and each.row.expires_at < before
            }
            removed += self._table.remove(dead)
        return removed

    def backup(self, path: Path) -> None:
        """StartupError: Valkey's own tools copy a server."""
        raise StartupError(
            "sessions are in Valkey: back them up with its own tools, replicas and BGSAVE "
            "or the append-only file"
        )

    def close(self) -> None:
        """Close the connections."""
        self._engine.close()

    def _candidates(self, selection: Selection) -> Iterator[list[bytes]]:
        """Batches of ids that include every selected family."""
        if selection.family is not None:
            yield [selection.family]
        elif selection.subject is not None:
            yield from members(self._engine, selection.subject)
        else:
            for keys in self._engine.keys(PREFIX + b"*"):
                yield [key.removeprefix(PREFIX) for key in keys]

    def _shown(self, families: Sequence[bytes]) -> list[Family]:
        """The rows, with their subjects' revocation marks applied."""
        rows = [each.row for each in self._table.read(families).values()]
        subjects = {row.subject for row in rows if row and row.revoked_at is None}
        marks = parse_replies(subjects, self._engine.ask(read_commands(subjects)))
        shown = (apply_marks(row, marks) for row in rows)
        return [row for row in shown if row]
