"""Sends commands to the nodes that have their keys, and follows redirections.

A command whose reply was lost is not sent again; the caller's retry finds out what it did. So the
duration of a call does not grow with the number of its commands. After a node has missed its
replicas once, later writes wait only briefly for them.
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
from reticket.stores.valkey.pipelines import Barrier, Lost, Pipeline, Short, run_pipelines
from reticket.stores.valkey.scripts import Command, Word

REDIRECTIONS = 8
SCANNED = 1000
"""Keys that one SCAN inspects, approximately."""

MIGRATING = b"["
"""In CLUSTER NODES, the start of a slot that is being migrated."""

CLOCK = b"rt:clock"
"""A key that is never set; its node's clock gives the time of sign-ins and of revocation marks."""

SHORT_WAIT = 20
"""Milliseconds to wait for replicas at a node that recently had too few."""

SHORT_WAIT_FOR = 10.0
"""Seconds after which such a node gets the full wait again."""

Numbered = tuple[int, Command]


class Engine:
    """Every command of a port passes through here. Thread-safe.

    Args:
        nodes: which server has a key.
        barriers: the commands that wait for the copies of a lasting write.
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
    def waits_for_copies(self) -> bool:
        """Whether lasting writes wait for copies."""
        return bool(self._barriers)

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands and return their replies in order.

        A lasting write that was done with too few copies has `Short` as its reply.

        Raises:
            Unavailable: a command failed; the others may have been done.
        """
        replies: list[Any] = [None] * len(commands)
        with self._mapped():
            self._refresh()
            waiting = [
                (self._nodes.pool_of(command.key), (index, command))
                for index, command in enumerate(commands)
            ]
            for _ in range(REDIRECTIONS):
                waiting = list(self._round(waiting, replies))
                if not waiting:
                    return replies
        raise Unavailable("the nodes of Valkey redirect a key in a circle")

    def pool_of(self, key: bytes) -> Pool:
        """The connection pool of a key's node; keys of one node have the same."""
        with self._mapped():
            return self._nodes.pool_of(key)

    def now(self) -> int:
        """The engine's clock: milliseconds."""
        return self.milliseconds(self.ask([Command(CLOCK, ("TIME",))])[0])

    @staticmethod
    def milliseconds(reply: Any) -> int:
        """The reply to TIME in milliseconds."""
        seconds, microseconds = reply
        return int(seconds) * 1000 + int(microseconds) // 1000

    def info(self) -> list[dict[str, str]]:
        """The reply to INFO of every primary."""
        texts = [self._at(pool, "INFO").decode() for pool in self._primaries()]
        return [
            dict(line.split(":", 1) for line in text.splitlines() if ":" in line) for text in texts
        ]

    def keys(self, pattern: bytes) -> Iterator[list[bytes]]:
        """All keys that match, node by node, in no order, some perhaps twice.

        Raises:
            Unavailable: at the end, when slots have moved meanwhile; keys in them may be missing.
        """
        primaries = self._primaries()
        before = self._layout(primaries)
        for pool in primaries:
            cursor = b""
            while cursor != b"0":
                scan = ("SCAN", cursor or b"0", "MATCH", pattern, "COUNT", SCANNED)
                cursor, found = self._at(pool, *scan)
                yield found
        if before != self._layout(primaries) or any(MIGRATING in slots for slots in before):
            raise Unavailable("slots of Valkey moved during a scan of all keys")

    def _layout(self, primaries: Sequence[Pool]) -> list[bytes]:
        """The slots that each primary reports as its own."""
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
        """Send the waiting commands and store their replies. Yields the redirected ones with their
        pool.
        """
        queues: dict[Pool, list[Numbered]] = defaultdict(list)
        for pool, numbered in waiting:
            queues[pool].append(numbered)
        pipelines = {
            pool: self._pipeline(pool, [command for _, command in queue])
            for pool, queue in queues.items()
        }
        for pool, found in run_pipelines(pipelines):
            self._note_shortage(pool, found)
            for (index, command), reply in zip(queues[pool], found, strict=True):
                replies[index] = reply
                if isinstance(reply, ResponseError):
                    target, command = self._redirected(pool, command, reply)
                    yield target, (index, command)

    def _pipeline(self, pool: Pool, commands: Sequence[Command]) -> Pipeline:
        if not self._barriers or not any(command.lasting for command in commands):
            return Pipeline(commands)
        if time.monotonic() - self._short_at.get(pool, -SHORT_WAIT_FOR) < SHORT_WAIT_FOR:
            return Pipeline(
                commands, [barrier.with_timeout(SHORT_WAIT) for barrier in self._barriers]
            )
        return Pipeline(commands, self._barriers)

    def _note_shortage(self, pool: Pool, replies: Sequence[Any]) -> None:
        """Note when a node first missed its replicas."""
        if any(isinstance(reply, Short) for reply in replies):
            since = self._short_at.get(pool, -SHORT_WAIT_FOR)
            if time.monotonic() - since >= SHORT_WAIT_FOR:
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
            ((_, replies),) = run_pipelines({pool: Pipeline([Command(b"", words)])})
            if isinstance(replies[0], ResponseError):
                raise replies[0]
            return replies[0]

    def _refresh(self) -> None:
        """Read the slot table again after a redirection or a failure. One thread does it."""
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
    """One line about an error. Never a server's text, which may repeat what was sent."""
    if isinstance(error, ResponseError):
        return type(error).__name__
    return " ".join(str(error).split()) or type(error).__name__
