"""Commands to the engine: sent to the nodes that have their keys, redirections followed.

Nothing is sent twice whose answer was lost: what became of it the caller's retry finds out. So a
call ends within a time that does not grow with the number of its commands. A node that has lost
its replicas is not waited for long by every lasting write anew.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from valkey.exceptions import (
    AskError,
    MovedError,
    NoScriptError,
    ResponseError,
    ValkeyClusterException,
    ValkeyError,
)

from reticket.core.errors import Unavailable
from reticket.stores.valkey.nodes import Nodes, Pool
from reticket.stores.valkey.scripts import Command, Word
from reticket.stores.valkey.trips import Barrier, Errand, Lost, Short, exchange

REDIRECTIONS = 8
SCANNED = 1000
"""Keys, about, that one SCAN looks at."""

MOVING = b"["
"""In what a node says of its slots: one that is being handed over."""

CLOCK = b"rt:clock"
"""No such key; the node that would have it tells the time of sign-ins and of floors."""

HURRY = 20
"""Milliseconds that copies get at a node that had none lately."""

HURRIED_FOR = 10.0
"""Seconds after which such a node is trusted to have replicas again."""

Numbered = tuple[int, Command]


class Engine:
    """Every command of a port goes through here. Thread-safe.

    Args:
        nodes: which server has a key.
        barriers: what makes a lasting write last.
    """

    def __init__(self, nodes: Nodes, barriers: Sequence[Barrier] = ()) -> None:
        self._nodes = nodes
        self._barriers = barriers
        self._short_at: dict[Pool, float] = {}
        self._lock = threading.Lock()
        self._stale = False
        self._suspect: Pool | None = None
        self._closed = False

    @property
    def guards(self) -> bool:
        """Whether it can make a lasting write last longer than others."""
        return bool(self._barriers)

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands and return their replies in order; a lasting write that is done, but has
        too few copies, has Short for a reply. Unavailable when any of them failed; the others may
        have done their work.
        """
        replies: list[Any] = [None] * len(commands)
        with self._mapped():
            self._refresh()
            waiting = [
                (self._nodes.place(command.key), (index, command))
                for index, command in enumerate(commands)
            ]
            for _ in range(REDIRECTIONS):
                waiting = list(self._round(waiting, replies))
                if not waiting:
                    return replies
        raise Unavailable("the nodes of Valkey send a key to each other")

    def place(self, key: bytes) -> Pool:
        """Something that keys of one node have in common."""
        with self._mapped():
            return self._nodes.place(key)

    def now(self) -> int:
        """The engine's clock: milliseconds."""
        return self.milliseconds(self.ask([Command(CLOCK, ("TIME",))])[0])

    @staticmethod
    def milliseconds(reply: Any) -> int:
        """What TIME says."""
        seconds, microseconds = reply
        return int(seconds) * 1000 + int(microseconds) // 1000

    def info(self) -> list[dict[str, str]]:
        """What every primary says of itself."""
        texts = [self._at(pool, "INFO").decode() for pool in self._primaries()]
        return [
            dict(line.split(":", 1) for line in text.splitlines() if ":" in line) for text in texts
        ]

    def keys(self, pattern: bytes) -> Iterator[list[bytes]]:
        """All keys that fit, node by node, in no order, some perhaps twice. Unavailable at the end
        when slots were on their way meanwhile: a key that moves with its slot may be met nowhere.
        """
        primaries = self._primaries()
        before = self._layout(primaries)
        for pool in primaries:
            cursor = b""
            while cursor != b"0":
                scan = ("SCAN", cursor or b"0", "MATCH", pattern, "COUNT", SCANNED)
                cursor, found = self._at(pool, *scan)
                yield found
        if before != self._layout(primaries) or any(MOVING in slots for slots in before):
            raise Unavailable("slots of Valkey have moved while all keys were looked at")

    def _layout(self, primaries: Sequence[Pool]) -> list[bytes]:
        """What each says of its own slots."""
        words = self._nodes.layout
        tables = [self._at(pool, *words) for pool in primaries] if words else []
        return [
            b" ".join(line.split()[8:])
            for table in tables
            for line in table.splitlines()
            if b"myself" in line
        ]

    def close(self) -> None:
        """Close all connections."""
        self._closed = True
        self._nodes.close()

    def _round(
        self,
        waiting: Sequence[tuple[Pool, Numbered]],
        replies: list[Any],
    ) -> Iterator[tuple[Pool, Numbered]]:
        """Send what waits and note the replies; what has to be sent elsewhere, and where."""
        queues: dict[Pool, list[Numbered]] = defaultdict(list)
        for pool, numbered in waiting:
            queues[pool].append(numbered)
        errands = {
            pool: self._errand(pool, [command for _, command in queue])
            for pool, queue in queues.items()
        }
        for pool, found in exchange(errands):
            self._remember(pool, found)
            for (index, command), reply in zip(queues[pool], found, strict=True):
                replies[index] = reply
                if isinstance(reply, ResponseError):
                    place, again = self._redirected(pool, command, reply)
                    yield place, (index, again)

    def _errand(self, pool: Pool, commands: Sequence[Command]) -> Errand:
        if not self._barriers or not any(command.lasting for command in commands):
            return Errand(commands)
        if time.monotonic() - self._short_at.get(pool, -HURRIED_FOR) < HURRIED_FOR:
            return Errand(commands, [barrier.hurried(HURRY) for barrier in self._barriers])
        return Errand(commands, self._barriers)

    def _remember(self, pool: Pool, replies: Sequence[Any]) -> None:
        """Copies are late at that node; the first to miss them begins the hurry."""
        if any(isinstance(reply, Short) for reply in replies):
            since = self._short_at.get(pool, -HURRIED_FOR)
            if time.monotonic() - since >= HURRIED_FOR:
                self._short_at[pool] = time.monotonic()

    def _redirected(
        self, pool: Pool, command: Command, error: ResponseError
    ) -> tuple[Pool, Command]:
        if isinstance(error, NoScriptError) and command.source:
            return pool, command.in_full()
        if not isinstance(error, AskError):
            raise error
        self._stale = True
        host = error.host or pool.connection_kwargs["host"]
        asking = not isinstance(error, MovedError)
        return self._nodes.at(host, error.port), command._replace(asking=asking)

    def _primaries(self) -> list[Pool]:
        with self._mapped():
            self._refresh()
            return self._nodes.primaries()

    def _at(self, pool: Pool, *words: Word) -> Any:
        with self._mapped():
            ((_, replies),) = exchange({pool: Errand([Command(b"", words)])})
            if isinstance(replies[0], ResponseError):
                raise replies[0]
            return replies[0]

    def _refresh(self) -> None:
        """Learn anew who has what, after a redirection or a failure. One thread does it."""
        if self._closed:
            raise Unavailable("the store is closed")
        if not self._stale:
            return
        with self._lock:
            if self._stale:
                self._nodes.refresh(self._suspect)
                self._stale, self._suspect = False, None

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except Lost as error:
            self._stale, self._suspect = True, error.pool
            raise Unavailable(f"Valkey cannot be reached: {error}") from error
        except (ValkeyError, ValkeyClusterException, OSError) as error:
            self._stale = True
            raise Unavailable(f"Valkey cannot answer: {reason(error)}") from error


def reason(error: Exception) -> str:
    """What happened, in a word or a line; never what was sent, which a server may repeat."""
    if isinstance(error, ResponseError):
        return type(error).__name__
    return " ".join(str(error).split()) or type(error).__name__
