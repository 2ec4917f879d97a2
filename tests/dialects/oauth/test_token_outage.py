"""Store failures and cancelled requests while a family begins: a client without a response can
retry.
"""

import asyncio
from itertools import count

import pytest
from tests.dialects.oauth.test_token_device import CODE, DIGEST, GRANT, consent
from tests.dialects.oauth.token_world import claims_of

from reticket.core.commands import BeginSession, Pop, PutIfAbsent
from reticket.core.errors import Unavailable
from reticket.core.policy import SECOND
from reticket.dialects.oauth.grants.codes import CODE_LIFETIME
from reticket.dialects.oauth.grants.device_codes import DEVICE_CODE_LIFETIME as DEVICE_LIFETIME
from reticket.dialects.oauth.grants.device_codes import (
    KNOWN_LIFETIME,
    POLL_INTERVAL,
    DeviceRequest,
    known_key,
    request_key,
)
from reticket.oauth.grant_use import CLAIM_LIFETIME

FORM = {"grant_type": GRANT, "device_code": CODE}


class Outage:
    """From one command of a request on, the store cannot be reached."""

    def __init__(self, world, at, is_done):
        self._perform = world.serve
        self._world, self._at, self._is_done = world, at, is_done
        self._numbers = count()
        self.begins = None
        world.serve = self.perform

    async def perform(self, command, caller):
        number = next(self._numbers)
        if number < self._at:
            return await self._perform(command, caller)
        if number == self._at:
            self.begins = command
            if self._is_done:
                await self._perform(command, caller)
        raise Unavailable("away")

    def end(self):
        self._world.serve = self._perform

    @property
    def was_answerable(self):
        """Whether the outage began with the result of the last command, so that nobody knows that
        it was done.
        """
        spent = isinstance(self.begins, Pop) and not self.begins.key.endswith(":claimed")
        return self._is_done and spent


def living(world):
    return [family for family in world.families() if not family.revoked_at]


def device(world, age=0):
    family = f"{world.clock() - age * SECOND:012x}70018000000000000001"
    written = DeviceRequest("tv", "openid orders.read").to_json()
    world.ephemeral.put_if_absent(request_key(DIGEST), DEVICE_LIFETIME - age, written)
    world.ephemeral.put_if_absent(known_key(DIGEST), KNOWN_LIFETIME)
    consent(world, family=family)


@pytest.fixture(params=["code", "device"])
def ask(request, world):
    """Requests the tokens of a consent."""
    if request.param == "code":
        code = world.code("spa")
        return lambda: world.exchange(code)
    device(world)
    return lambda: world.token("tv", **FORM)


@pytest.mark.parametrize("is_done", [False, True], ids=["not done", "done, unanswered"])
@pytest.mark.parametrize("at", range(12))
def test_after_a_503_the_request_can_be_repeated(world, ask, at, is_done):
    outage = Outage(world, at, is_done)
    reply = ask()
    outage.end()
    if outage.begins is None:
        assert reply.status == 200
        return
    assert reply.status == 503
    world.clock.forward(CLAIM_LIFETIME)
    again = ask()
    if outage.was_answerable:
        assert again.status == 400
        return
    assert again.status == 200
    (family,) = living(world)
    assert family.id.hex() == claims_of(again.said["access_token"])["sid"]


@pytest.mark.parametrize("is_done", [False, True], ids=["not done", "done, unanswered"])
@pytest.mark.parametrize("at", range(12))
def test_after_any_failed_command_the_request_can_be_repeated(world, ask, at, is_done, monkeypatch):
    """Also when the last command was done and its result was lost: the client's retry succeeds."""
    numbers, perform = count(), world.serve

    async def fail_once(command, caller):
        if next(numbers) != at:
            return await perform(command, caller)
        if is_done:
            await perform(command, caller)
        raise Unavailable("away")

    monkeypatch.setattr(world, "serve", fail_once)
    reply = ask()
    if reply.status == 503:
        world.clock.forward(CLAIM_LIFETIME)
        reply = ask()
    assert reply.status == 200
    (family,) = living(world)
    assert family.id.hex() == claims_of(reply.said["access_token"])["sid"]


@pytest.mark.parametrize("at", range(12))
def test_after_a_cancelled_request_it_can_be_repeated(world, ask, at, monkeypatch):
    """As the deadline of a request does it."""
    numbers, perform = count(), world.serve

    async def cut(command, caller):
        if next(numbers) == at:
            raise asyncio.CancelledError
        return await perform(command, caller)

    monkeypatch.setattr(world, "serve", cut)
    try:
        reply = ask()
    except asyncio.CancelledError:
        monkeypatch.undo()
        world.clock.forward(CLAIM_LIFETIME)
        reply = ask()
    assert reply.status == 200
    assert len(living(world)) == 1


@pytest.fixture(params=["before", "after"])
def no_family(request, world, monkeypatch):
    """The store fails once: before it has written a family, or with the answer on its way."""

    def fail(families):
        monkeypatch.undo()
        if request.param == "after":
            world.store.create(families)
        raise Unavailable("the disk is full")

    return lambda: monkeypatch.setattr(world.store, "create", fail)


def test_if_only_the_family_store_fails_the_request_can_be_repeated_at_once(world, no_family):
    code = world.code("spa")
    no_family()
    assert world.exchange(code).status == 503
    pair = world.exchange(code).said
    assert [family.id.hex() for family in living(world)] == [claims_of(pair["access_token"])["sid"]]
    assert world.refresh(pair["refresh_token"]).status == 200


def test_a_second_use_revokes_the_tokens_of_a_repeated_request(world, no_family):
    code = world.code("spa")
    no_family()
    assert world.exchange(code).status == 503
    assert world.exchange(code).status == 200
    assert world.exchange(code).error == "invalid_grant"
    assert living(world) == []


def test_an_outage_does_not_extend_the_lifetime_of_a_code(world, no_family):
    code = world.code("spa")
    world.clock.forward(CODE_LIFETIME - 2)
    no_family()
    assert world.exchange(code).status == 503
    world.clock.forward(2)
    assert world.exchange(code).error == "invalid_grant"
    assert living(world) == []


def test_a_code_that_expires_during_the_exchange_is_refused(world):
    code = world.code("spa")

    async def wait(command):
        if isinstance(command, Pop):
            world.clock.forward(CODE_LIFETIME)

    world.before = wait
    assert world.exchange(code).error == "invalid_grant"
    assert living(world) == []


def test_an_outage_does_not_extend_the_lifetime_of_a_device_code(world, no_family):
    device(world, age=DEVICE_LIFETIME - 2 * POLL_INTERVAL)
    no_family()
    assert world.token("tv", **FORM).status == 503
    world.clock.forward(2 * POLL_INTERVAL)
    assert world.token("tv", **FORM).error == "expired_token"


def test_a_device_gets_its_pair_after_the_store_recovers(world, no_family):
    device(world)
    no_family()
    assert world.token("tv", **FORM).status == 503
    world.clock.forward(POLL_INTERVAL)
    assert world.token("tv", **FORM).status == 200
    world.clock.forward(POLL_INTERVAL)
    assert world.token("tv", **FORM).error == "expired_token"
    assert len(living(world)) == 1


@pytest.mark.parametrize("later", [0, CLAIM_LIFETIME])
@pytest.mark.parametrize("kind", [PutIfAbsent, BeginSession, Pop])
def test_a_delayed_request_does_not_end_a_family_that_was_answered_meanwhile(world, kind, later):
    """A process is frozen for longer than its claim, while the client asks another process."""
    code = world.code("spa")
    answered = []

    async def stand_still(command):
        if isinstance(command, kind):
            world.before = None
            world.clock.forward(CLAIM_LIFETIME)
            answered.append(await world._answer(world.exchange_of(code)))
            world.clock.forward(later)

    world.before = stand_still
    assert world.exchange(code).status in (400, 503)
    (reply,) = answered
    assert world.refresh(reply.said["refresh_token"]).status == 200
    assert len(living(world)) == 1
