"""`Idempotency-Key` when the storage for responses is full: 503 before anything is executed."""

import json
import os

import pytest
from tests.core.operations import ran

from reticket.admin.errors import Declined
from reticket.admin.idempotency import LONGEST_FLIGHT, ROOM, once
from reticket.core.commands import (
    Peek,
    Pop,
    PutIfAbsent,
    PutReserved,
    RandomBytes,
    Release,
    Reserve,
)
from reticket.core.errors import Code, Refusal, ReticketError, Unavailable
from reticket.core.model import Caller
from reticket.core.storage.budget import Budget
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.crypto.sealing import Sealer
from reticket.stores.memory import MemoryEphemeral
from reticket.testing import FakeClock
from reticket.wire import WireRequest, WireResponse


class AdminContext:
    """An operation that counts what it does, behind the keys; and a store that may go away."""

    def __init__(self, room=2**20):
        self.done, self.answer, self.gone, self.refused = 0, b"x" * 1000, (), None
        self.clock = FakeClock()
        store = MemoryEphemeral(self.clock)
        self.shared = shared = BudgetedEphemeral(store, Budget(room=room, reserve=room))
        self._operate = once(Sealer(lambda: b"k" * 32, os.urandom), self._deed)
        self._performers = {
            PutIfAbsent: lambda said: shared.put_if_absent(
                said.key, said.lifetime, said.value, said.owner
            ),
            Reserve: lambda said: shared.reserve(said.key, said.lifetime, said.size, said.owner),
            PutReserved: lambda said: shared.put_reserved(said.reserved, said.value),
            Release: lambda said: shared.release(said.reserved),
            Peek: lambda said: shared.peek(said.key),
            Pop: lambda said: shared.pop(said.key),
            RandomBytes: lambda said: bytes(said.size),
        }

    def _deed(self, request, operator):
        yield RandomBytes(1)
        if self.refused:
            raise self.refused
        self.done += 1
        return WireResponse(201, json.dumps([self.done, self.answer.decode()]).encode())

    def ask(self, key):
        return ran(self.operation(key), self.perform)

    def operation(self, key):
        headers = [(b"idempotency-key", key.encode())]
        request = WireRequest("POST", "/sessions", b"", headers, b"{}", Caller("", "0" * 32))
        return self._operate(request, "app")

    def perform(self, command):
        if isinstance(command, self.gone):
            raise Unavailable("the store is away")
        return self._performers[type(command)](command)

    def fill(self):
        """Store keys until there is no room. Returns how many there are."""
        for number in range(10**6):
            try:
                self.ask(f"key {number}")
                self.clock.forward(1)
            except Unavailable:
                return number
        raise AssertionError("there is no limit")


class Going:
    """A request of an context that is held up on its way."""

    def __init__(self, context, key):
        self._context, self._operation = context, context.operation(key)
        self._command = next(self._operation)

    def until(self, kind):
        """Its next command is of that kind, and not performed yet."""
        while not isinstance(self._command, kind):
            self._step()
        return self

    def end(self):
        try:
            while True:
                self._step()
        except StopIteration as done:
            return done.value

    def _step(self):
        try:
            result = self._context.perform(self._command)
        except ReticketError as error:
            self._command = self._operation.throw(error)
        else:
            self._command = self._operation.send(result)


def test_a_delayed_request_does_nothing_after_another_has_taken_its_key():
    context = AdminContext()
    first = Going(context, "k").until(Reserve)
    context.clock.forward(LONGEST_FLIGHT)
    second = Going(context, "k").until(RandomBytes)
    with pytest.raises(Declined):
        first.end()
    assert context.done == 0
    assert second.end().status == 201
    assert context.ask("k").body == json.dumps([1, context.answer.decode()]).encode()
    assert context.done == 1


def test_a_delayed_request_does_not_delete_the_mark_of_another_one():
    context = AdminContext()
    first = Going(context, "k").until(RandomBytes)
    context.clock.forward(LONGEST_FLIGHT)
    second = Going(context, "k").until(RandomBytes)
    context.refused = Refusal(Code.NOT_FOUND)
    with pytest.raises(Refusal):
        first.end()
    context.refused = None
    with pytest.raises(Declined):
        context.ask("k")
    assert second.end().status == 201
    assert context.done == 1


def test_a_request_is_never_executed_without_space_for_its_response():
    context = AdminContext()
    full = context.fill()
    assert context.done == full > 0
    for _ in range(3):
        with pytest.raises(Unavailable):
            context.ask(f"key {full}")
    assert context.done == full


@pytest.mark.parametrize("size", [10, ROOM, 4 * ROOM])
def test_the_response_of_an_executed_request_is_stored_whatever_its_size(size):
    context = AdminContext()
    context.answer = b"x" * size
    assert context.ask("big").body == context.ask("big").body
    assert context.done == 1


def test_a_stored_response_counts_with_its_real_size_not_with_the_reserved_size():
    small, large = AdminContext(), AdminContext()
    small.answer, large.answer = b"x", b"x" * ROOM
    assert small.fill() > 4 * large.fill() > 0


def test_by_default_a_client_can_store_45_000_responses_a_day():
    """The figure of docs/admin.md, for answers with two tokens: 2.4 KB when they are sealed."""
    context = AdminContext(room=2**30 // 64)
    context.answer = b"x" * 1_280
    assert context.fill() * 64 > 45_000


def test_a_refused_request_uses_no_space():
    context = AdminContext()
    context.refused = Refusal(Code.NOT_FOUND)
    for number in range(1000):
        with pytest.raises(Refusal):
            context.ask(f"key {number}")
        context.clock.forward(1)
    context.refused = None
    assert context.ask("key 1").status == 201


def test_an_executed_request_is_answered_even_if_its_response_cannot_be_stored():
    context = AdminContext()
    context.gone = (PutReserved,)
    assert context.ask("lost").status == 201
    context.gone = ()
    with pytest.raises(Declined):
        context.ask("lost")
    assert context.done == 1


def test_a_stored_response_is_sent_even_if_the_store_fails_afterwards():
    context = AdminContext()
    context.gone = (Pop,)
    first = context.ask("kept")
    context.gone = ()
    assert context.ask("kept").body == first.body
    assert context.done == 1
