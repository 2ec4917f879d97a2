"""Performs `SendMessage`: delivers messages in the background, and tries again after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from reticket.core.commands import Audit, SendMessage
from reticket.core.errors import Unavailable
from reticket.core.messages import Deliver, Failure, Message
from reticket.core.model import Caller
from reticket.core.ports import Clock
from reticket.core.queues.batch_queue import WorkerPool

MOST_WAITING = 256
"""Messages that are not delivered yet. More are given up at once."""

PAUSES = (0, 5, 30, 120, 300)
"""Seconds before each attempt."""

Note = Callable[[Audit, Caller], None]
"""Writes to the audit log."""

EVENT_RESOURCE = "messages"


class Messenger:
    """Owns the messages of this process that are not delivered yet. Belongs to one event loop.

    They are kept in memory only, because they contain secrets: a stop of the process ends them.

    Args:
        deliver: makes one attempt; it runs in the pool.
        note: writes to the audit log.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        deliver: Deliver,
        pool: WorkerPool,
        note: Note,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._deliver = deliver
        self._pool = pool
        self._note = note
        self._clock = clock
        self._sleep = sleep
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, command: SendMessage, caller: Caller) -> None:
        """Accept a message."""
        if len(self._tasks) >= MOST_WAITING:
            self._given_up(command.message, caller, "too_many")
            return
        task = asyncio.create_task(self._delivered(command.message, caller))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up what is not delivered yet."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _delivered(self, message: Message, caller: Caller) -> None:
        try:
            failure = await self._tried(message)
        except asyncio.CancelledError:
            self._given_up(message, caller, "stopped")
            raise
        if failure:
            self._given_up(message, caller, failure.reason)
        else:
            self._note(_line("message_sent", message), caller)

    async def _tried(self, message: Message) -> Failure | None:
        """The last failure; None for a success."""
        failure: Failure | None = None
        for pause in PAUSES:
            await self._sleep(pause)
            if self._clock() >= message.until:
                return failure or Failure("expired", is_final=True)
            failure = await self._attempt(message)
            if failure is None or failure.is_final:
                return failure
        return failure

    async def _attempt(self, message: Message) -> Failure | None:
        try:
            return await self._pool.run(self._deliver, message)
        except Unavailable:
            return Failure("busy", is_final=False)

    def _given_up(self, message: Message, caller: Caller, reason: str) -> None:
        self._note(_line("message_given_up", message, reason), caller)


def _line(event: str, message: Message, reason: str | None = None) -> Audit:
    detail = {"topic": message.topic}
    return Audit(EVENT_RESOURCE, event, reason, subject=message.person, detail=detail)
