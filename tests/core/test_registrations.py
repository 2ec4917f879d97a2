"""Clients that registered themselves: when their use is noted in the directory."""

import pytest

from reticket.core import registrations
from reticket.core.commands import NoteClientUse, RegisterClient
from reticket.core.errors import Unavailable
from reticket.core.model import Caller
from reticket.core.policy import DAY
from reticket.core.registrations import Registrations
from reticket.testing.clock import FakeClock

pytestmark = pytest.mark.anyio

HERE = Caller("192.0.2.1", "")


class Directory:
    """The pool and the registrar; `down` makes notes fail."""

    def __init__(self):
        self.noted, self.added, self.down = [], [], False
        self.surplus, self.told = [], []

    async def run(self, work, *arguments):
        return work(*arguments)

    def add(self, *said):
        self.added.append(said)

    def giving_way(self, most, limit):
        self.told.append(("giving way", most))
        return self.surplus

    def block(self, client_id):
        self.told.append(("block", client_id))

    def revoke(self, selection, cause):
        self.told.append((cause, selection.client))

    def remove(self, client_id):
        self.told.append(("remove", client_id))

    def note_use(self, client_id, at):
        if self.down:
            raise Unavailable("scripted")
        self.noted.append(client_id)


@pytest.fixture
def directory():
    return Directory()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def made(directory, clock):
    return Registrations(directory, directory, None, directory, directory, None, clock)


@pytest.fixture
def use(made):
    return lambda client_id: made.note_use(NoteClientUse(client_id), HERE)


async def test_a_use_is_noted_once_a_day(directory, clock, use):
    for _ in range(4):
        await use("notes")
    assert directory.noted == ["notes"]
    clock.forward(DAY)
    await use("notes")
    assert directory.noted == ["notes", "notes"]


async def test_a_use_that_could_not_be_noted_is_noted_later(directory, use):
    directory.down = True
    with pytest.raises(Unavailable):
        await use("notes")
    directory.down = False
    await use("notes")
    assert directory.noted == ["notes"]


async def test_the_oldest_note_is_dropped(directory, clock, use, monkeypatch):
    monkeypatch.setattr(registrations, "MOST_NOTED", 2)
    await use("a")
    await use("b")
    clock.forward(DAY)
    for client_id in ("a", "c", "a"):
        await use(client_id)
    assert directory.noted == ["a", "b", "a", "c"]
    await use("b")
    assert directory.noted == ["a", "b", "a", "c", "b"]


async def test_the_use_of_a_client_that_comes_back_is_noted(directory, use, made):
    await use("notes")
    await made.register(RegisterClient("notes", {}, None, None, 9), HERE)
    await use("notes")
    assert directory.noted == ["notes", "notes"]
    assert directory.added == [("notes", {}, None, "", 9, 0)]


async def test_clients_of_documents_give_way_to_another_one_with_their_sessions(directory, made):
    directory.surplus = ["stale"]
    gone = await made.register(RegisterClient("notes", {}, None, None, 9), HERE)
    assert gone == ["stale"]
    assert directory.told == [
        ("giving way", 9), ("block", "stale"), ("client_removed", "stale"), ("remove", "stale"),
    ]  # fmt: skip


async def test_nobody_gives_way_to_a_client_that_registers_itself(directory, made):
    directory.surplus = ["stale"]
    assert await made.register(RegisterClient("notes", {}, None, "token", 9), HERE) == ()
    assert directory.told == []
