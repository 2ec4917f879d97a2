"""Families in motion: who gets a pair, what is spent, and what the audit log is told."""

import asyncio
from dataclasses import replace

import pytest
from tests.core.world import ADA, CALLER, JWT, OPAQUE, World

from reticket.core.commands import Begin, End
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import Outcome, Selection
from reticket.core.policy import Reuse

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def world():
    made = World()
    yield made
    made.close()


@pytest.fixture(params=[OPAQUE, JWT], ids=lambda resource: resource.name)
def resource(request):
    return request.param


async def cause_of(refreshing):
    with pytest.raises(Refusal) as refused:
        await refreshing
    return refused.value.code, refused.value.cause


async def test_a_hundred_at_once_are_one_rotation_and_the_same_bytes(world, resource):
    begun = await world.begin(resource)
    token = begun.refresh_token
    answers = await asyncio.gather(*(world.refresh(token, resource) for _ in range(100)))
    assert len({(one.access_token, one.refresh_token) for one in answers}) == 1
    assert world.family(begun).generation == 2
    assert world.audit.names.count("issued") == 1
    assert world.audit.names.count("replayed") == 99


async def test_a_retry_a_minute_later_in_a_long_window_gets_a_fresh_access_token(resource):
    world = World(window=300)
    begun = await world.begin(resource)
    first = await world.refresh(begun.refresh_token, resource)
    world.clock.forward(59)
    assert (await world.refresh(begun.refresh_token, resource)).access_token == first.access_token
    world.clock.forward(2)
    later = await world.refresh(begun.refresh_token, resource)
    assert later.refresh_token == first.refresh_token
    assert later.access_token != first.access_token
    world.close()


async def test_a_retry_is_signed_by_the_key_of_its_rotation(world, resource):
    begun = await world.begin(resource)
    first = await world.refresh(begun.refresh_token, resource)
    world.clock.forward(5)
    world.keys.turns.append((world.clock(), "two"))
    again = await world.refresh(begun.refresh_token, resource)
    assert (again.access_token, again.refresh_token) == (first.access_token, first.refresh_token)
    newer = await world.refresh(first.refresh_token, resource)
    world.keys.dead.add("one")
    assert (await world.refresh(newer.refresh_token, resource)).outcome is Outcome.ADVANCED
    assert await cause_of(world.refresh(first.refresh_token, resource)) == (
        Code.INVALID_TOKEN, Cause.FORGED,
    )  # fmt: skip


async def test_a_forgery_asks_no_store(world, resource, monkeypatch):
    token = (await world.begin(resource)).refresh_token
    monkeypatch.setattr(world.store, "transact", None)
    for bent in ("", "x", token[:-1], token + "A", token[:-1] + "*", token * 2, "é" + token):
        code, cause = await cause_of(world.refresh(bent, resource))
        assert (code, cause) == (Code.INVALID_TOKEN, Cause.FORGED), bent
    await world.engine._notes.put(world.audit.events[0])
    assert world.audit.names.count("refused") == 7


async def test_a_token_of_one_resource_is_garbage_at_another(world):
    opaque, jwt = await world.begin(OPAQUE), await world.begin(JWT)
    assert (await cause_of(world.refresh(opaque.refresh_token, JWT)))[1] is Cause.FORGED
    assert (await cause_of(world.refresh(jwt.refresh_token, OPAQUE)))[1] is Cause.FORGED
    assert (await cause_of(world.refresh(jwt.access_token, JWT)))[1] is Cause.FORGED
    assert (await world.refresh(jwt.refresh_token, JWT)).outcome is Outcome.ADVANCED


@pytest.mark.parametrize(
    ("hinder", "code", "cause"),
    [
        (lambda w: w.people.users.clear(), Code.INVALID_TOKEN, Cause.SUBJECT_GONE),
        (lambda w: w.people.change(disabled=True), Code.INVALID_TOKEN, Cause.SUBJECT_GONE),
        (lambda w: w.people.change(active=False), Code.INVALID_TOKEN, Cause.SUBJECT_GONE),
        (lambda w: w.people.waiting.add(ADA.id), Code.INVALID_TOKEN, Cause.SUBJECT_GONE),
    ],
)
async def test_who_has_no_standing_is_refused_and_nothing_is_spent(world, hinder, code, cause):
    begun = await world.begin()
    hinder(world)
    assert await cause_of(world.refresh(begun.refresh_token)) == (code, cause)
    assert world.family(begun) == begun.family
    world.people.users[ADA.id] = ADA
    world.people.waiting.clear()
    assert (await world.refresh(begun.refresh_token)).outcome is Outcome.ADVANCED


async def test_a_refused_switch_or_another_subject_spends_nothing(world):
    begun = await world.begin(context="1000")
    token = begun.refresh_token
    refused = world.refresh(token, context="1001", permits=lambda holder, context: False)
    assert await cause_of(refused) == (Code.ACCESS_DENIED, Cause.NO_ACCESS)
    assert (await cause_of(world.refresh(token, subject="b" * 32)))[1] is Cause.WRONG_CLIENT
    assert world.family(begun) == begun.family


async def test_a_switch_is_the_answers_and_the_presented_context_stays(world):
    begun = await world.begin(context="1000")
    there = await world.refresh(begun.refresh_token, context="1001")
    here = await world.refresh(begun.refresh_token)
    assert (there.context, here.context) == ("1001", "1000")
    assert there.family.generation == here.family.generation
    assert (await world.refresh(there.refresh_token)).context == "1001"
    assert world.audit.names.count("switched") == 1


async def test_reuse_ends_the_family_durably_and_says_so(world):
    begun = await world.begin()
    second = await world.refresh(begun.refresh_token)
    world.clock.forward(100)
    third = await world.refresh(second.refresh_token)
    assert (await cause_of(world.refresh(begun.refresh_token)))[1] is Cause.REUSED
    assert [event.event for event in world.audit.durable] == ["reused"]
    for token in (begun, second, third):
        assert (await cause_of(world.refresh(token.refresh_token)))[1] is Cause.REVOKED


async def test_reuse_may_be_tolerated():
    world = World(reuse=Reuse.TOLERATE)
    begun = await world.begin()
    second = await world.refresh(begun.refresh_token)
    world.clock.forward(100)
    third = await world.refresh(second.refresh_token)
    tolerated = await world.refresh(begun.refresh_token)
    assert tolerated.outcome is Outcome.TOLERATED
    assert tolerated.refresh_token == third.refresh_token
    assert world.audit.names[-1] == "tolerated"
    world.close()


async def test_any_generation_signs_out_and_then_none_is_good(world):
    begun = await world.begin()
    second = await world.refresh(begun.refresh_token)
    ended = await world.engine.end(End(OPAQUE.name, begun.refresh_token), CALLER)
    assert ended.revoked_cause == "sign_out"
    assert (await cause_of(world.refresh(second.refresh_token)))[1] is Cause.REVOKED
    with pytest.raises(Refusal):
        await world.engine.end(End(OPAQUE.name, begun.refresh_token), CALLER)


async def test_a_store_that_fails_is_no_refusal_and_spends_nothing(world, monkeypatch):
    begun = await world.begin()
    transact = world.store.transact

    def broken(batch):
        raise Unavailable("no disk")

    monkeypatch.setattr(world.store, "transact", broken)
    with pytest.raises(Unavailable):
        await world.refresh(begun.refresh_token)
    monkeypatch.setattr(world.store, "transact", transact)
    assert (await world.refresh(begun.refresh_token)).outcome is Outcome.ADVANCED
    assert set(world.audit.names) <= {"sign_in", "issued"}


async def test_who_changed_between_check_and_insert_gets_no_family(world):
    world.people.change(credential_version=2)
    with pytest.raises(Refusal) as refused:
        await world.engine.begin(Begin(OPAQUE.name, ADA), None, CALLER)
    assert refused.value.code is Code.INVALID_CREDENTIALS
    (family,) = world.store.page(Selection(subject=ADA.id), 10).families
    assert family.revoked_cause == "subject_changed"


async def test_every_line_of_the_audit_log_says_whose_it_is(world):
    begun = await world.begin()
    await world.refresh(begun.refresh_token)
    for event in world.audit.events:
        assert (event.family, event.subject) == (begun.family.id.hex(), ADA.id)
        assert (event.address, event.device, event.correlation_id) == (
            CALLER.address, CALLER.device, CALLER.correlation_id,
        )  # fmt: skip


async def test_ends_are_told_as_the_policy_has_them(resource):
    world = World(access=600, refresh=3600, absolute=5000)
    begun = await world.begin(resource)
    started = world.clock()
    assert begun.access_expires_at == started + 600_000
    assert begun.refresh_expires_at == started + 3_600_000
    world.clock.forward(3000)
    second = await world.refresh(begun.refresh_token, resource)
    assert second.refresh_expires_at == started + 5_000_000
    world.clock.forward(1900)
    third = await world.refresh(second.refresh_token, resource)
    assert third.access_expires_at == started + 5_000_000
    world.clock.forward(100)
    assert (await cause_of(world.refresh(third.refresh_token, resource)))[1] is Cause.EXPIRED
    world.close()


def test_a_gone_holder_is_no_holder(world):
    world.people.users[ADA.id] = replace(ADA, disabled=True)
    assert world.engine.holder_of(OPAQUE.name, ADA.id) is None
