"""One exchange: a pipeline to every node at once, then the replies of each.

Written to all before any is read, so that the nodes work and flush at the same time. What must
outlive its node is followed by barriers; a short one spoils nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from valkey.exceptions import ResponseError, ValkeyError

from reticket.stores.valkey.nodes import Pool
from reticket.stores.valkey.scripts import Command, Word

ASKING: tuple[Word, ...] = ("ASKING",)
DISK, REPLICAS = "WAITAOF", "WAIT"
"""The two barriers that there are."""


class Barrier(NamedTuple):
    """What is sent behind lasting writes, and the least that it must answer.

    Args:
        name / numbers: the command and how many copies it waits for.
        patience: milliseconds that it waits.
        least: copies that there must be.
    """

    name: str
    numbers: tuple[int, ...]
    patience: int
    least: int

    @property
    def words(self) -> tuple[Word, ...]:
        return self.name, *self.numbers, self.patience

    def hurried(self, patience: int) -> Barrier:
        """The same, and waiting no longer than that many milliseconds for other nodes; a node's
        own disk takes its time.
        """
        if self.name != REPLICAS:
            return self
        return self._replace(patience=min(self.patience, patience))


class Lost(Exception):
    """A node was not to be reached, or its answers were lost."""

    def __init__(self, pool: Pool, cause: Exception) -> None:
        super().__init__(str(cause))
        self.pool = pool


class Short(Exception):
    """A lasting write is done, but has fewer copies than were asked for."""


class Errand(NamedTuple):
    """What goes to a node, and the barriers behind what of it must last."""

    commands: Sequence[Command]
    barriers: Sequence[Barrier] = ()

    def words(self) -> Iterator[tuple[Word, ...]]:
        for command in self.commands:
            if command.asking:
                yield ASKING
            yield command.words
        for barrier in self.barriers:
            yield barrier.words


def exchange(errands: Mapping[Pool, Errand]) -> list[tuple[Pool, list[Any]]]:
    """Run every node's errand; each node's replies, in order. A refused command has its error
    for a reply, a lasting one without its copies has Short. Raises Lost.
    """
    found = []
    with ExitStack() as stack:
        lines = [(pool, stack.enter_context(_line(pool)), errands[pool]) for pool in errands]
        for pool, line, errand in lines:
            with _losing(pool):
                line.send_packed_command(line.pack_commands(errand.words()))
        for pool, line, errand in lines:
            with _losing(pool):
                replies = [_reply_to(command, line) for command in errand.commands]
                copies = [_reply(line) for _ in errand.barriers]
            found.append((pool, _judged(errand, replies, _shortage(errand.barriers, copies))))
    return found


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


def _shortage(barriers: Sequence[Barrier], copies: Sequence[Any]) -> Short | None:
    for barrier, answer in zip(barriers, copies, strict=True):
        reached = answer[0] if isinstance(answer, list) else answer
        if isinstance(reached, ResponseError):
            return Short(f"{barrier.name} is refused")
        if reached < barrier.least:
            return Short(f"{barrier.name} reached {reached} of {barrier.least}")
    return None


def _judged(errand: Errand, replies: list[Any], short: Short | None) -> list[Any]:
    """The replies; where copies are missing a lasting write that was done is not good enough."""
    if short is None:
        return replies
    return [
        short if command.lasting and reply and not isinstance(reply, ResponseError) else reply
        for command, reply in zip(errand.commands, replies, strict=True)
    ]
