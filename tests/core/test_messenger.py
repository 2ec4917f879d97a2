"""Messages to people: when they are tried again, and what the audit log hears of them."""

import asyncio

import pytest

from reticket.core.commands import SendMessage
from reticket.core.messages import Failure, Message, without_mailer
from reticket.core.messenger import MOST_WAITING, PAUSES, Messenger
from reticket.core.model import Caller
from reticket.core.policy import SECOND
from reticket.core.queues.batch_queue import WorkerPool
from reticket.testing.clock import FakeClock

pytestmark = pytest.mark.anyio

CALLER = Caller("192.0.2.1", "")
SECRET = "482913"
LATER, NEVER = Failure("timed_out", is_final=False), Failure("refused", is_final=True)


class World:
    """A messenger; `failures` are those of the attempts to come."""

    def __init__(self, *failures):
        self.clock, self.pool = FakeClock(), WorkerPool("messages")
        self.failures, self.lines, self.slept, self.delivered = list(failures), [], [], []
        self.messenger = Messenger(self.deliver, self.pool, self.note, self.clock, self.sleep)

    def deliver(self, message):
        failure = self.failures.pop(0) if self.failures else None
        if failure is None:
            self.delivered.append(message)
        return failure

    def note(self, command, caller):
        self.lines.append((command, caller))

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.clock.forward(seconds)
        await asyncio.sleep(0)

    def message(self, lifetime=1800):
        until = self.clock() + lifetime * SECOND
        text = f"Your code is {SECRET}."
        return Message(
            "password_reset", "u1", "ada@example.com", "Reset", text, {"code": SECRET}, until
        )

    async def send(self, **said):
        await self.messenger.send(SendMessage(self.message(**said)), CALLER)
        while self.messenger._tasks:
            await asyncio.sleep(0)

    @property
    def told(self):
        return [(line.event, line.cause) for line, _ in self.lines]


@pytest.fixture
def world(request):
    made = World(*getattr(request, "param", ()))
    yield made
    made.pool.close()


async def test_a_message_is_delivered_once(world):
    await world.send()
    assert len(world.delivered) == 1
    assert world.told == [("message_sent", None)]


async def test_the_audit_log_has_topic_person_and_caller_and_nothing_of_the_message(world):
    await world.send()
    line, caller = world.lines[0]
    assert (line.subject, line.detail, caller) == ("u1", {"topic": "password_reset"}, CALLER)
    assert SECRET not in repr(world.lines)


async def test_no_secret_is_in_the_text_form_of_a_message(world):
    assert SECRET not in repr(SendMessage(world.message()))


@pytest.mark.parametrize("world", [(LATER, LATER)], indirect=True)
async def test_a_failure_that_may_pass_is_tried_again(world):
    await world.send()
    assert world.slept == list(PAUSES[:3])
    assert world.told == [("message_sent", None)]


@pytest.mark.parametrize("world", [(NEVER,)], indirect=True)
async def test_a_failure_that_cannot_pass_is_not_tried_again(world):
    await world.send()
    assert world.told == [("message_given_up", "refused")]
    assert world.delivered == []


@pytest.mark.parametrize("world", [[LATER] * 9], indirect=True)
async def test_the_attempts_end(world):
    await world.send()
    assert len(world.slept) == len(PAUSES)
    assert world.told == [("message_given_up", "timed_out")]


@pytest.mark.parametrize("world", [[LATER] * 9], indirect=True)
async def test_nothing_is_delivered_after_its_time(world):
    await world.send(lifetime=6)
    assert world.slept == [0, 5, 30]
    assert world.told == [("message_given_up", "timed_out")]


async def test_without_a_mailer_the_audit_log_says_so(world):
    world.deliver = without_mailer
    world.messenger = Messenger(without_mailer, world.pool, world.note, world.clock, world.sleep)
    await world.send()
    assert world.told == [("message_given_up", "no_mailer")]


async def test_messages_beyond_the_limit_are_given_up(world):
    gate = asyncio.Event()

    async def wait(seconds):
        await gate.wait()

    world.messenger = Messenger(world.deliver, world.pool, world.note, world.clock, wait)
    for _ in range(MOST_WAITING + 1):
        await world.messenger.send(SendMessage(world.message()), CALLER)
    assert world.told == [("message_given_up", "too_many")]
    await world.messenger.stop()


async def test_a_stop_gives_up_what_waits_and_says_so(world):
    async def wait(seconds):
        await asyncio.Event().wait()

    world.messenger = Messenger(world.deliver, world.pool, world.note, world.clock, wait)
    await world.messenger.send(SendMessage(world.message()), CALLER)
    await asyncio.sleep(0)
    await world.messenger.stop()
    assert world.told == [("message_given_up", "stopped")]


async def test_a_closed_pool_is_no_end_of_the_process(world):
    world.pool.close()
    await world.send()
    assert world.told == [("message_given_up", "busy")]
