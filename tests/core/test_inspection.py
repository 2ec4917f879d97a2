"""Whether access tokens are valid: one call for many tokens, each checked independently."""

import asyncio

import pytest
from tests.core.world import ADA, OPAQUE

from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import AccessToken, Selection
from reticket.core.people import Client
from reticket.core.ports import ROW_LOCKED, NotReplicated
from reticket.core.sessions.inspection import Inspection, admitted
from reticket.stores.memory import MemoryEphemeral

pytestmark = pytest.mark.anyio


@pytest.fixture
def ephemeral(world):
    return MemoryEphemeral(world.clock)


@pytest.fixture
def inspection(world, ephemeral):
    return Inspection(world.pool, world.store, ephemeral, world.people, world.engine.holder_of)


def access(family=b"", subject=ADA.id, version=ADA.credential_version):
    return AccessToken(OPAQUE.name, subject, family, None, 0, {}, version)


async def cause(awaitable):
    with pytest.raises(Refusal) as refused:
        await awaitable
    assert refused.value.code is Code.INVALID_ACCESS_TOKEN
    return refused.value.cause


async def test_an_access_token_is_valid_with_its_family_or_without_one(world, inspection):
    issued = await world.begin()
    assert await inspection.live(access(issued.family.id), "void") == (ADA, issued.family)
    assert await inspection.live(access(), "void") == (ADA, None)


async def test_each_token_of_a_batch_is_checked_independently(world, inspection, ephemeral):
    alive, ended = [await world.begin() for _ in range(2)]
    world.store.revoke(Selection(family=ended.family.id), "operator")
    ephemeral.put_if_absent("dead", 60)
    looks = [
        inspection.live(access(alive.family.id), "one"),
        inspection.live(access(ended.family.id), "two"),
        inspection.live(access(), "dead"),
        inspection.live(access(bytes(16)), "three"),
        inspection.live(access(alive.family.id, "nobody"), "four"),
        inspection.live(access(alive.family.id), "five"),
    ]
    before = world.people.catch_ups
    found = await asyncio.gather(*looks, return_exceptions=True)
    assert [each[0] if isinstance(each, tuple) else each.cause for each in found] == [
        ADA, Cause.REVOKED, Cause.REVOKED, Cause.UNKNOWN, Cause.SUBJECT_GONE, ADA,
    ]  # fmt: skip
    assert world.people.catch_ups == before + 1


async def test_an_access_token_is_invalid_after_its_credential_changes(world, inspection):
    old, new = access(), access(version=ADA.credential_version + 1)
    assert await cause(inspection.live(new, "void")) == Cause.CREDENTIAL_CHANGED
    world.people.change(credential_version=ADA.credential_version + 1)
    assert await cause(inspection.live(old, "void")) == Cause.CREDENTIAL_CHANGED
    assert (await inspection.live(new, "void")).holder.id == ADA.id


def test_a_token_without_a_credential_version_is_valid_except_for_clients():
    """Versions before the end of 2026 wrote none; such tokens live for an hour at most."""
    assert admitted(access(version=None), ADA) is ADA
    client = Client("backend", False, False, {}, 0, credential_version=5)
    with pytest.raises(Refusal) as refused:
        admitted(access(subject=client.id, version=None), client)
    assert refused.value.cause is Cause.CREDENTIAL_CHANGED
    assert admitted(access(subject=client.id, version=5), client) is client


async def test_an_access_token_is_invalid_after_its_family_ends(world, inspection):
    issued = await world.begin()
    world.clock.forward(world.policy.absolute)
    assert await cause(inspection.live(access(issued.family.id), "void")) == Cause.EXPIRED


async def test_an_inspection_waits_for_a_locked_family(world, inspection, monkeypatch):
    issued, transact, asked = await world.begin(), world.store.transact, []

    def held_once(batch):
        asked.append(len(batch))
        return [ROW_LOCKED for _ in batch] if len(asked) == 1 else transact(batch)

    monkeypatch.setattr(world.store, "transact", held_once)
    assert (await inspection.live(access(issued.family.id), "void")).holder is ADA
    assert asked == [1, 1]


async def test_a_row_that_is_not_replicated_is_inspected_too(world, inspection, monkeypatch):
    issued, transact = await world.begin(), world.store.transact
    monkeypatch.setattr(
        world.store, "transact", lambda batch: [NotReplicated(each) for each in transact(batch)]
    )
    assert (await inspection.live(access(issued.family.id), "void")).holder is ADA


async def test_a_pending_change_delays_the_inspection(world, inspection):
    issued = await world.begin()
    world.people.waiting.add(ADA.id)
    with pytest.raises(Unavailable):
        await inspection.live(access(issued.family.id), "void")
