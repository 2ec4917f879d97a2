"""One exchange: a pipeline to every node at once, then the replies of each.

Written to all before any is read, so that the nodes work and flush at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from valkey.exceptions import ResponseError, ValkeyError

from reticket.stores.valkey.nodes import Pool
from reticket.stores.valkey.scripts import Command, Word

ASKING: tuple[Word, ...] = ("ASKING",)


class Barrier(NamedTuple):
    """What is sent behind the writes of every node, and the least that it must answer."""

    name: str
    numbers: tuple[int, ...]
    least: int

    @property
    def words(self) -> tuple[Word, ...]:
        return self.name, *self.numbers


class Lost(Exception):
    """A node was not to be reached, or its answers were lost."""

    def __init__(self, pool: Pool, cause: Exception) -> None:
        super().__init__(str(cause))
        self.pool = pool


class Short(Exception):
    """The writes are done, but fewer copies of them than were asked for."""


def exchange(
    queues: Mapping[Pool, Sequence[Command]], barriers: Sequence[Barrier] = ()
) -> list[tuple[Pool, list[Any]]]:
    """Send every queue to its node; each node's replies, in order. A refused command has its
    error for a reply. Raises Lost, and Short once all have been read.
    """
    found = []
    with ExitStack() as stack:
        lines = [(pool, stack.enter_context(_line(pool)), queues[pool]) for pool in queues]
        for pool, line, queue in lines:
            with _losing(pool):
                line.send_packed_command(line.pack_commands(_words(queue, barriers)))
        for pool, line, queue in lines:
            with _losing(pool):
                replies = [_reply_to(command, line) for command in queue]
                copies = [_reply(line) for _ in barriers]
            found.append((pool, replies, copies))
    for _, _, copies in found:
        _check(barriers, copies)
    return [(pool, replies) for pool, replies, _ in found]


def _words(queue: Sequence[Command], barriers: Sequence[Barrier]) -> Iterator[tuple[Word, ...]]:
    for command in queue:
        if command.asking:
            yield ASKING
        yield command.words
    for barrier in barriers:
        yield barrier.words


@contextmanager
def _line(pool: Pool) -> Iterator[Any]:
    """A connection for this exchange; one with replies that nobody has read is hung up."""
    with _losing(pool):
        line: Any = pool.get_connection("")
    try:
        yield line
    except BaseException:
        line.disconnect()
        raise
    finally:
        pool.release(line)


@contextmanager
def _losing(pool: Pool) -> Iterator[None]:
    try:
        yield
    except (ValkeyError, OSError) as error:
        raise Lost(pool, error) from error


def _reply_to(command: Command, line: Any) -> Any:
    if command.asking:
        _reply(line)
    return _reply(line)


def _reply(line: Any) -> Any:
    try:
        return line.read_response()
    except ResponseError as error:
        return error


def _check(barriers: Sequence[Barrier], copies: Sequence[Any]) -> None:
    for barrier, answer in zip(barriers, copies, strict=True):
        reached = answer[0] if isinstance(answer, list) else answer
        if isinstance(reached, ResponseError):
            raise Short(f"{barrier.name} is refused")
        if reached < barrier.least:
            raise Short(f"{barrier.name} reached {reached} of {barrier.least}")
