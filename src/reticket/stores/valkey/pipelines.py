"""One round trip: a pipeline to every node at once, then the replies of each.

All pipelines are sent before any reply is read, so that the nodes work at the same time. Lasting
writes are followed by barriers; one that falls short affects no other command.
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
"""The two kinds of barrier."""


class Barrier(NamedTuple):
    """A command that waits for the copies of the lasting writes before it.

    Args:
        name / numbers: the command, and the numbers of copies that it waits for.
        timeout: milliseconds that it waits.
        least: the copies required.
    """

    name: str
    numbers: tuple[int, ...]
    timeout: int
    least: int

    @property
    def words(self) -> tuple[Word, ...]:
        return self.name, *self.numbers, self.timeout

    def with_timeout(self, timeout: int) -> Barrier:
        """The same with a shorter wait in milliseconds. The wait for the node's own disk stays as
        it is.
        """
        if self.name != REPLICAS:
            return self
        return self._replace(timeout=min(self.timeout, timeout))


class Lost(Exception):
    """A node could not be reached, or its replies were lost."""

    def __init__(self, pool: Pool, cause: Exception) -> None:
        super().__init__(str(cause))
        self.pool = pool


class Short(Exception):
    """A lasting write was done, but has fewer copies than required."""


class Pipeline(NamedTuple):
    """The commands for one node, and the barriers after its lasting writes."""

    commands: Sequence[Command]
    barriers: Sequence[Barrier] = ()

    def words(self) -> Iterator[tuple[Word, ...]]:
        for command in self.commands:
            if command.asking:
                yield ASKING
            yield command.words
        for barrier in self.barriers:
            yield barrier.words


def run_pipelines(pipelines: Mapping[Pool, Pipeline]) -> list[tuple[Pool, list[Any]]]:
    """Run every node's pipeline and return its replies, in order.

    A refused command has its error as its reply, a lasting write without enough copies has Short.

    Raises:
        Lost: a node could not be reached.
    """
    found = []
    with ExitStack() as stack:
        open_pipelines = [
            (pool, stack.enter_context(_connection(pool)), pipelines[pool]) for pool in pipelines
        ]
        for pool, connection, pipeline in open_pipelines:
            with _mapped(pool):
                connection.send_packed_command(connection.pack_commands(pipeline.words()))
        for pool, connection, pipeline in open_pipelines:
            with _mapped(pool):
                replies = [_reply_to(command, connection) for command in pipeline.commands]
                copies = [_reply(connection) for _ in pipeline.barriers]
            found.append(
                (
                    pool,
                    _with_shortage(pipeline, replies, _first_shortage(pipeline.barriers, copies)),
                )
            )
    return found


@contextmanager
def _connection(pool: Pool) -> Iterator[Any]:
    """A connection for this pipeline; closed after an error, as replies may be unread."""
    with _mapped(pool):
        connection: Any = pool.get_connection("")
    try:
        yield connection
    except BaseException:
        connection.disconnect()
        raise
    finally:
        pool.release(connection)


@contextmanager
def _mapped(pool: Pool) -> Iterator[None]:
    try:
        yield
    except (ValkeyError, OSError) as error:
        raise Lost(pool, error) from error


def _reply_to(command: Command, connection: Any) -> Any:
    if command.asking:
        _reply(connection)
    return _reply(connection)


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error


def _first_shortage(barriers: Sequence[Barrier], copies: Sequence[Any]) -> Short | None:
    for barrier, answer in zip(barriers, copies, strict=True):
        reached = answer[0] if isinstance(answer, list) else answer
        if isinstance(reached, ResponseError):
            return Short(f"{barrier.name} is refused")
        if reached < barrier.least:
            return Short(f"{barrier.name} reached {reached} of {barrier.least}")
    return None


def _with_shortage(pipeline: Pipeline, replies: list[Any], short: Short | None) -> list[Any]:
    """The replies, where a lasting write with too few copies gets `short` in place of its own."""
    if short is None:
        return replies
    return [
        short if command.lasting and reply and not isinstance(reply, ResponseError) else reply
        for command, reply in zip(pipeline.commands, replies, strict=True)
    ]
