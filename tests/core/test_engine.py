"""The engine of families: issued pairs, used tokens and audit events."""

import asyncio
import gc
import os
import threading
from dataclasses import replace

import pytest
from tests.core.world import ADA, CALLER, JWT, OPAQUE, SHOP, World

from reticket.core.commands import BeginSession, DryRunRefresh, EndSession, Refresh
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import Outcome, Selection
from reticket.core.people import Application
from reticket.core.policy import Reuse
from reticket.core.ports import ROW_LOCKED, NotReplicated
from reticket.core.sessions.engine import Engine
from reticket.core.tokens.mint import Mint

pytestmark = pytest.mark.anyio


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


async def test_a_pair_that_cannot_be_made_fails_no_other_of_the_batch(world, resource, monkeypatch):
    begun = [await world.begin(resource) for _ in range(3)]
    real = Mint.issue

    def issue(mint, resource, policy, outcome, family, *rest):
        if family.id == begun[1].family.id:
            raise ValueError("a claim that no JSON can hold")
        return real(mint, resource, policy, outcome, family, *rest)

    monkeypatch.setattr(Mint, "issue", issue)
    asked = (world.refresh(each.refresh_token, resource) for each in begun)
    first, second, third = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(second, ValueError)
    assert [first.family.id, third.family.id] == [begun[0].family.id, begun[2].family.id]


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


async def test_a_forged_token_causes_no_store_access(world, resource, monkeypatch):
    token = (await world.begin(resource)).refresh_token
    monkeypatch.setattr(world.store, "transact", None)
    for bent in ("", "x", token[:-1], token + "A", token[:-1] + "*", token * 2, "é" + token):
        code, cause = await cause_of(world.refresh(bent, resource))
        assert (code, cause) == (Code.INVALID_TOKEN, Cause.FORGED), bent
    await world.engine._notes.put(world.audit.events[0])
    assert world.audit.names.count("refused") == 7


async def test_a_token_of_one_kind_is_invalid_as_another_kind(world):
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
    ],
)
async def test_an_inactive_subject_is_refused_and_the_token_stays_valid(world, hinder, code, cause):
    begun = await world.begin()
    hinder(world)
    assert await cause_of(world.refresh(begun.refresh_token)) == (code, cause)
    assert world.family(begun) == begun.family
    world.people.users[ADA.id] = ADA
    world.people.waiting.clear()
    assert (await world.refresh(begun.refresh_token)).outcome is Outcome.ADVANCED


async def test_a_pending_change_delays_the_decision_and_no_token_is_used(world):
    begun = await world.begin()
    world.people.waiting.add(ADA.id)
    with pytest.raises(Unavailable):
        await world.refresh(begun.refresh_token)
    with pytest.raises(Unavailable):
        await world.begin()
    assert world.audit.names == ["sign_in", "revoked"]
    assert world.family(begun) == begun.family
    world.people.waiting.clear()
    assert (await world.refresh(begun.refresh_token)).outcome is Outcome.ADVANCED


async def test_a_refused_switch_or_subject_does_not_use_the_token(world):
    begun = await world.begin(context="1000")
    token = begun.refresh_token
    refused = world.refresh(token, context="1001", part="elsewhere")
    assert await cause_of(refused) == (Code.ACCESS_DENIED, Cause.NO_ACCESS)
    assert (await cause_of(world.refresh(token, subject="b" * 32)))[1] is Cause.WRONG_CLIENT
    assert world.family(begun) == begun.family


async def test_a_switch_changes_the_new_token_and_not_the_presented_one(world):
    begun = await world.begin(context="1000")
    there = await world.refresh(begun.refresh_token, context="1001")
    here = await world.refresh(begun.refresh_token)
    assert (there.context, here.context) == ("1001", "1000")
    assert there.family.generation == here.family.generation
    assert (await world.refresh(there.refresh_token)).context == "1001"
    assert world.audit.names.count("switched") == 1


async def test_reuse_ends_the_family_durably_and_is_audited(world):
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


async def test_any_generation_signs_out_and_then_none_is_valid(world):
    begun = await world.begin()
    second = await world.refresh(begun.refresh_token)
    ended = await world.engine.end(EndSession(OPAQUE.name, begun.refresh_token), CALLER)
    assert ended.revoked_cause == "sign_out"
    assert (await cause_of(world.refresh(second.refresh_token)))[1] is Cause.REVOKED
    with pytest.raises(Refusal):
        await world.engine.end(EndSession(OPAQUE.name, begun.refresh_token), CALLER)


async def test_a_subject_changed_between_check_and_insert_gets_no_family(world):
    world.people.change(credential_version=2)
    with pytest.raises(Refusal) as refused:
        await world.engine.begin(BeginSession(OPAQUE.name, ADA), None, CALLER)
    assert refused.value.code is Code.INVALID_CREDENTIALS
    (family,) = world.store.page(Selection(subject=ADA.id), 10).families
    assert family.revoked_cause == "subject_changed"
    assert [event.event for event in world.audit.durable] == ["revoked"]


@pytest.mark.parametrize("gone", [None, replace(SHOP, disabled=True)], ids=["removed", "blocked"])
async def test_a_client_deleted_before_the_insert_gets_no_family(world, gone):
    """The revocation of its families did not include this one."""
    begin = BeginSession(OPAQUE.name, ADA, client=SHOP.id)
    assert (await world.engine.begin(begin, None, CALLER)).family.revoked_at is None
    world.people.clients[SHOP.id] = gone
    code, cause = await cause_of(world.engine.begin(begin, None, CALLER))
    assert (code, cause) == (Code.INVALID_CREDENTIALS, Cause.SUBJECT_GONE)
    families = world.store.page(Selection(client=SHOP.id), 10).families
    assert [family.revoked_cause for family in families] == [None, "subject_changed"]


async def test_changes_of_other_processes_are_seen_before_a_family_is_created(world):
    world.people.catch_up_now = lambda: world.people.change(credential_version=2)
    code, cause = await cause_of(world.begin())
    assert (code, cause) == (Code.INVALID_CREDENTIALS, Cause.SUBJECT_GONE)


async def test_every_audit_line_names_the_family_and_the_subject(world):
    begun = await world.begin()
    await world.refresh(begun.refresh_token)
    for event in world.audit.events:
        assert (event.family, event.subject) == (begun.family.id.hex(), ADA.id)
        assert (event.address, event.device, event.correlation_id) == (
            CALLER.address, CALLER.device, CALLER.correlation_id,
        )  # fmt: skip


async def test_the_ends_in_the_response_follow_the_policy(resource):
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


def test_a_disabled_holder_is_not_returned(world):
    world.people.users[ADA.id] = replace(ADA, disabled=True)
    assert world.engine.holder_of(OPAQUE.name, ADA.id) is None


async def test_parallel_refreshes_are_one_transaction_and_one_refusal_affects_no_other(
    world, monkeypatch
):
    begun = [await world.begin() for _ in range(5)]
    await world.engine.end(EndSession(OPAQUE.name, begun[2].refresh_token), CALLER)
    sizes, transact = [], world.store.transact
    monkeypatch.setattr(
        world.store, "transact", lambda batch: sizes.append(len(batch)) or transact(batch)
    )
    refreshes = (world.refresh(one.refresh_token) for one in begun)
    answers = await asyncio.gather(*refreshes, return_exceptions=True)
    assert sizes == [5]
    refused = answers.pop(2)
    assert (refused.code, refused.cause) == (Code.INVALID_TOKEN, Cause.REVOKED)
    assert [one.outcome for one in answers] == [Outcome.ADVANCED] * 4
    assert [one.family.id for one in answers] == [b.family.id for b in begun[:2] + begun[3:]]


async def test_two_tabs_keep_their_own_contexts(world, resource):
    begun = await world.begin(resource, "1000")
    there = await world.refresh(begun.refresh_token, resource, context="1001")
    tabs = {"1000": begun, "1001": there}
    for _ in range(5):
        world.clock.forward(1)
        tokens = [tab.refresh_token for tab in tabs.values()]
        answers = await asyncio.gather(*(world.refresh(token, resource) for token in tokens))
        tabs = {answer.context: answer for answer in answers}
        assert set(tabs) == {"1000", "1001"}


async def test_a_failing_store_is_unavailable_and_no_token_is_used(world, monkeypatch):
    begun = [await world.begin() for _ in range(3)]
    told = list(world.audit.events)

    def broken(batch):
        raise Unavailable("no disk")

    monkeypatch.setattr(world.store, "transact", broken)
    monkeypatch.setattr(world.store, "create", broken)
    answers = await asyncio.gather(
        *(world.refresh(one.refresh_token) for one in begun),
        world.engine.end(EndSession(OPAQUE.name, begun[0].refresh_token), CALLER),
        world.begin(),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Unavailable] * 5
    assert world.audit.events == told
    assert [world.family(one) for one in begun] == [one.family for one in begun]
    monkeypatch.undo()
    assert (await world.refresh(begun[0].refresh_token)).outcome is Outcome.ADVANCED


async def test_a_newer_token_repairs_a_store_that_lost_writes(world, resource):
    begun = await world.begin(resource)
    newer = begun.family._replace(generation=9, rotated_at=world.clock())
    lost = world.mint.issue(
        resource, world.policy, Outcome.ADVANCED, newer, ADA, None, world.clock()
    )
    healed = await world.refresh(lost.refresh_token, resource)
    assert (healed.outcome, healed.family.generation) == (Outcome.HEALED, 10)
    assert world.audit.names == ["sign_in", "healed"]
    assert (await world.refresh(healed.refresh_token, resource)).outcome is Outcome.ADVANCED


async def test_a_client_that_lost_a_response_may_retry_at_any_time(world, resource):
    begun = await world.begin(resource)
    lost = await world.refresh(begun.refresh_token, resource)
    world.clock.forward(5 * 86_400)
    again = await world.refresh(begun.refresh_token, resource)
    assert (again.outcome, world.audit.names[-1]) == (Outcome.REISSUED, "reissued")
    assert (await world.refresh(again.refresh_token, resource)).outcome is Outcome.ADVANCED
    world.clock.forward(100)
    code_and_cause = await cause_of(world.refresh(begun.refresh_token, resource))
    assert code_and_cause == (Code.INVALID_TOKEN, Cause.REUSED)
    assert (await cause_of(world.refresh(lost.refresh_token, resource)))[1] is Cause.REVOKED


async def test_a_policy_that_does_not_rotate_keeps_the_generation(resource):
    world = World(rotates=False)
    begun = await world.begin(resource)
    world.clock.forward(100)
    kept = await world.refresh(begun.refresh_token, resource)
    assert (kept.outcome, kept.family.generation) == (Outcome.KEPT, 1)
    assert kept.refresh_expires_at == begun.refresh_expires_at + 100_000
    assert world.audit.names == ["sign_in", "issued"]
    world.close()


async def test_of_many_sign_outs_one_ends_the_family_and_is_audited_durably(world):
    token = (await world.begin()).refresh_token
    answers = await asyncio.gather(
        *(world.engine.end(EndSession(OPAQUE.name, token), CALLER) for _ in range(5)),
        return_exceptions=True,
    )
    assert [getattr(answer, "cause", None) for answer in answers] == [None] + [Cause.REVOKED] * 4
    assert world.audit.names.count("revoked") == 1
    assert "revoked" in [event.event for event in world.audit.durable]


async def test_changes_of_other_processes_are_seen_before_each_batch(world):
    token = (await world.begin()).refresh_token
    seen = world.people.catch_ups
    await world.refresh(token)
    assert world.people.catch_ups == seen + 1
    world.people.catch_up = lambda: world.people.change(disabled=True)
    assert (await cause_of(world.refresh(token)))[1] is Cause.SUBJECT_GONE


async def test_changes_of_other_processes_are_seen_before_each_read(world):
    begun = await world.begin()
    world.people.catch_up = lambda: world.people.change(disabled=True)
    rehearsing = DryRunRefresh(Refresh(OPAQUE.name, begun.refresh_token))
    code, cause = await cause_of(world.engine.rehearse(rehearsing, CALLER))
    assert (code, cause) == (Code.INVALID_TOKEN, Cause.SUBJECT_GONE)


async def test_the_first_pair_is_signed_on_a_thread_as_every_later_one(world):
    """A signature with RSA takes a millisecond. On the event loop it would delay all other
    requests.
    """
    made, issue = [], world.mint.issue
    world.mint.issue = lambda *facts: made.append(threading.current_thread()) or issue(*facts)
    token = (await world.begin()).refresh_token
    await world.refresh(token)
    assert len(made) == 2
    assert threading.main_thread() not in made


async def test_a_family_begins_with_what_is_known_of_its_sign_in(world):
    begun = await world.engine.begin(BeginSession(OPAQUE.name, ADA, "1000"), 12345, CALLER)
    family = world.family(begun)
    assert (family.subject, family.context, family.device) == (ADA.id, "1000", CALLER.device)
    assert (family.previous_sign_in, family.policy) == (12345, world.policy.name)
    assert family.created_at == family.rotated_at == world.clock()
    assert (family.generation, family.parent, family.floor, family.open_from) == (1, 0, 0, 1)


async def test_an_application_refreshes_until_it_is_disabled_or_deleted(world):
    app = Application("shop.app", None, False)
    apps, name = {app.id: app}, OPAQUE.name
    world.people.application = apps.get
    engine = Engine(
        {name: replace(OPAQUE, subjects=Application)}, world.policies(), world.store, world.people,
        world.mint, world.audit, world.pool, world.clock, os.urandom, world.adopting,
    )  # fmt: skip
    token = (await engine.begin(BeginSession(name, app), None, CALLER)).refresh_token
    for gone in (replace(app, disabled=True), None):
        apps[app.id] = gone
        assert (await cause_of(engine.refresh(Refresh(name, token), CALLER)))[1] is (
            Cause.SUBJECT_GONE
        )
    apps[app.id] = app
    assert (await engine.refresh(Refresh(name, token), CALLER)).holder is app


async def test_a_refusal_is_audited_however_long_the_store_was_busy(world, monkeypatch):
    gate = threading.Event()
    world.pool.submit(gate.wait)
    monkeypatch.setattr(world.engine._ends, "_longest_wait", 0.0)
    with pytest.raises(Refusal):
        await world.refresh("rtk_forged")
    await asyncio.sleep(0.05)
    gate.set()
    await world.pool.run(int)
    assert world.audit.names == ["refused"]


async def test_a_revocation_that_is_not_replicated_is_only_audited(world, monkeypatch):
    begun = await world.begin()
    rest = world.store.transact
    monkeypatch.setattr(
        world.store, "transact", lambda batch: list(map(NotReplicated, rest(batch)))
    )
    with pytest.raises(Unavailable):
        await world.engine.end(EndSession(OPAQUE.name, begun.refresh_token), CALLER)
    assert world.audit.names == ["sign_in", "revoked"]
    assert world.audit.durable[-1].event == "revoked"


async def test_a_locked_family_waits_and_no_other_with_it(world, monkeypatch):
    kept, free = await world.begin(), await world.begin()
    rest, holding = world.store.transact, {kept.family.id}

    def transact(batch):
        results = rest([each for each in batch if each[0] not in holding])
        return [ROW_LOCKED if each[0] in holding else results.pop(0) for each in batch]

    monkeypatch.setattr(world.store, "transact", transact)
    waiting = asyncio.create_task(world.refresh(kept.refresh_token))
    assert (await world.refresh(free.refresh_token)).outcome is Outcome.ADVANCED
    assert not waiting.done()
    holding.clear()
    assert (await waiting).outcome is Outcome.ADVANCED
    assert world.audit.names.count("issued") == 2


async def test_a_family_is_read_with_the_time_of_the_store(world):
    begun = await world.begin()
    world.clock.forward(5)
    assert await world.engine.find(begun.family.id) == (begun.family, world.clock())
    assert await world.engine.find(bytes(16)) == (None, world.clock())


async def test_without_events_no_answer_waits_for_the_audit_log(world):
    await world.engine.noted()
    assert world.audit.names == []


async def test_events_beyond_the_buffer_are_counted_and_raise_no_error(world, monkeypatch):
    """The store is unavailable for long, and callers are refused meanwhile."""
    monkeypatch.setattr("reticket.core.queues.batch_queue.LONGEST_QUEUE", 3)
    unseen, gate = [], threading.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: unseen.append(context["message"]))
    world.pool.submit(gate.wait)
    for _ in range(10):
        assert (await cause_of(world.refresh("forged")))[1] is Cause.FORGED
    gate.set()
    await world.engine.noted()
    gc.collect()
    assert (world.audit.names, world.audit.lost, unseen) == (["refused"] * 3, 7, [])


async def test_a_family_id_that_another_process_just_used_is_no_internal_error(world):
    begin = BeginSession(OPAQUE.name, ADA, family=bytes(16))
    await world.engine.begin(begin, None, CALLER)
    with pytest.raises(Unavailable):
        await world.engine.begin(begin, None, CALLER)
