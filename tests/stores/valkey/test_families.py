"""The promises of Valkey beyond the contracts: races, expiring keys, floors, lists, durability."""

import asyncio
from functools import partial

import pytest

from reticket.core.errors import Unavailable
from reticket.core.model import Outcome, Selection
from reticket.core.policy import SECOND
from reticket.core.queues.batch_queue import BatchQueue, WorkerPool
from reticket.stores.valkey.members import members_key
from reticket.stores.valkey.rows import LINGER, key_of, pack
from reticket.testing.clock import START
from reticket.testing.store_contract import Presenting, family_of
from reticket.testing.threads import THREADS, at_once


def begun_at(now, number):
    return now.to_bytes(6, "big") + b"\x70" + number.to_bytes(9, "big")


@pytest.fixture
def fresh(store):
    """Families that begin now, by the engine's clock, as real ones do."""
    now = store.now()

    def begin(number, **changes):
        times = {"rotated_at": now, "expires_at": now + 10**8, "ends_at": now + 10**9}
        return family_of(number, **{"id": begun_at(now, number), **times, **changes})

    return begin


def test_parallel_refreshes_through_two_stores_get_one_successor(opened, store, fresh):
    stores = [opened()[0], opened()[0]]
    families = [fresh(number) for number in range(3)]
    store.create(families)
    batch = [(family.id, Presenting(family.id, 1)) for family in families]
    results = at_once(
        [lambda each=stores[number % 2]: each.transact(batch) for number in range(THREADS)]
    )
    assert len(results) == THREADS
    for column in zip(*results, strict=True):
        assert {generation for _, generation in column} == {2}
        assert sum(outcome is Outcome.ADVANCED for outcome, _ in column) == 1
    assert [store.find(family.id).generation for family in families] == [2, 2, 2]


KINDS = ("set", "evalsha", "get")
"""What is written, how often it is tried, and looks: at the row, in the script, at the floor."""


@pytest.fixture
def calls(servers):
    """How often the servers have run a command since the start of the test."""
    for primary in servers.primaries():
        primary.config_resetstat()

    def calls(command):
        told = [primary.info("commandstats") for primary in servers.primaries()]
        return sum(each.get(f"cmdstat_{command}", {"calls": 0})["calls"] for each in told)

    return calls


def test_parallel_refreshes_of_one_family_are_one_write_a_batch(store, fresh, calls):
    family, pool = fresh(1), WorkerPool("store")
    store.create([family])
    before = list(map(calls, KINDS))

    async def refresh(generation):
        queue = BatchQueue(pool, store.transact)
        step = family.id, Presenting(family.id, generation)
        return await asyncio.gather(*[queue.put(step) for _ in range(THREADS)])

    for generation in range(1, 11):
        outcomes = asyncio.run(refresh(generation))
        assert outcomes[0] == (Outcome.ADVANCED, generation + 1)
        assert set(outcomes[1:]) == {(Outcome.REPLAYED, generation + 1)}
    pool.close()
    made = [after - former for after, former in zip(map(calls, KINDS), before, strict=True)]
    assert made == [10, 10, 30]


def test_refreshes_of_different_families_lose_no_race(store, fresh, calls):
    families = [fresh(number) for number in range(8)]
    store.create(families)
    before = calls("evalsha")

    def refresh(family):
        for generation in range(1, 26):
            store.transact([(family.id, Presenting(family.id, generation))])

    at_once([partial(refresh, family) for family in families])
    assert [store.find(family.id).generation for family in families] == [26] * 8
    assert calls("evalsha") - before == 200


def test_a_lost_race_is_decided_again(opened, store, fresh):
    family, other = fresh(1), opened()[0]
    store.create([family])
    met = []

    def overtaken(row, now):
        if not met:
            other.transact([(family.id, Presenting(family.id, 1))])
        met.append(row.generation)
        return Presenting(family.id, 1)(row, now)

    assert store.transact([(family.id, overtaken)]) == [(Outcome.REPLAYED, 2)]
    assert met == [1, 2]


def test_a_step_that_always_loses_the_race_is_unavailable(opened, store, fresh):
    family, other = fresh(1), opened()[0]
    store.create([family])

    def overtaken(row, now):
        other.transact([(family.id, Presenting(family.id, row.generation))])
        return (row._replace(context="mine"), None)

    with pytest.raises(Unavailable, match="too often"):
        store.transact([(family.id, overtaken)])
    assert store.find(family.id).context == "1000"


def test_a_batch_that_changes_nothing_writes_nothing(servers, store, fresh):
    store.create([fresh(1)])

    def writes():
        return [
            each.info("persistence")["rdb_changes_since_last_save"] for each in servers.primaries()
        ]

    before = writes()
    for after in (lambda row: row, lambda row: row._replace(), lambda row: None):
        step = partial(lambda kept, row, now: (kept(row), None), after)
        store.transact([(fresh(1).id, step)] * 10)
    assert writes() == before


def test_a_key_expires_some_time_after_the_last_token(servers, store, fresh):
    family = fresh(1)
    store.create([family])
    client = servers.client_for(key_of(family.id))

    def outlived(row):
        return store.now() + client.pttl(key_of(family.id)) - row.expires_at - LINGER

    assert abs(outlived(family)) < 5 * SECOND
    store.transact([(family.id, Presenting(family.id, 1))])
    refreshed = store.find(family.id)
    assert refreshed.expires_at > family.expires_at
    assert abs(outlived(refreshed)) < 5 * SECOND
    store.revoke(Selection(family=family.id), "operator")
    assert abs(outlived(refreshed)) < 5 * SECOND


def test_a_family_is_stored_as_one_row(servers, store, fresh):
    family = fresh(1)
    store.create([family])
    store.transact([(family.id, Presenting(family.id, 1))])
    kept = {key for primary in servers.primaries() for key in primary.scan_iter()}
    members = members_key(family.subject)
    assert kept == {b"rt:format", members, key_of(family.id)}
    raw = servers.client_for(key_of(family.id)).get(key_of(family.id))
    assert raw == pack(store.find(family.id))
    assert set(servers.client_for(members).smembers(members)) == {family.id}


def test_a_value_is_compact(store, fresh):
    assert len(pack(fresh(1, device="Mozilla/5.0 (X11; Linux x86_64)"))) <= 180


def test_a_sign_in_in_progress_is_revoked_by_the_mark(servers, store, fresh):
    """Its row is stored, but the list of its subject does not have it yet."""
    early = [fresh(number, subject="ada") for number in range(2)]
    store.create(early)
    members = members_key("ada")
    servers.client_for(members).srem(members, early[1].id)
    assert [row.id for row in store.revoke(Selection(subject="ada"), "password")] == [early[0].id]
    assert store.find(early[1].id).revoked_cause == "password"
    step = early[1].id, Presenting(early[1].id, 1)
    assert [outcome for outcome, _ in store.transact([step, step])] == [Outcome.REVOKED] * 2
    late = fresh(2, id=begun_at(store.now() + 1, 2), subject="ada")
    store.create([late])
    assert store.transact([(late.id, Presenting(late.id, 1))]) == [(Outcome.ADVANCED, 2)]
    live = store.page(Selection(subject="ada", live_at=store.now()), 10)
    assert [row.id for row in live.families] == [late.id]


def test_a_revocation_mark_set_during_a_step_is_seen(opened, store, fresh):
    family, other = fresh(0), opened()[0]
    store.create([family])
    met = []

    def ended_meanwhile(row, now):
        if not met:
            other.revoke(Selection(subject=family.subject), "operator")
        met.append(row.revoked_at is None)
        return Presenting(family.id, 1)(row, now)

    assert store.transact([(family.id, ended_meanwhile)]) == [(Outcome.REVOKED, 1)]
    assert met == [True, False]


@pytest.mark.parametrize(
    ("selection", "under"),
    [
        (Selection(subject="ada"), True),
        (Selection(subject="ada", resource="shop.admin"), True),
        (Selection(subject="ada", client="spa"), True),
        (Selection(subject="ada", resource="shop.developer"), False),
        (Selection(subject="ada", client="another"), False),
        (Selection(subject="ada", context="1000"), False),
        (Selection(subject="alan"), False),
    ],
)
def test_a_mark_selects_only_by_what_never_changes_in_a_row(
    servers, store, fresh, selection, under
):
    """A family may come into a context after its revocation, and is not meant by it."""
    store.revoke(selection, "operator")
    family = fresh(0, subject="ada", client="spa")
    store.create([family])
    assert (store.find(family.id).revoked_at is not None) is under


def test_two_marks_of_a_subject_apply_independently(store, fresh):
    one, other = fresh(0), fresh(1, resource="shop.developer", subject=fresh(0).subject)
    for resource in ("shop.admin", "shop.developer", "shop.admin"):
        store.revoke(Selection(subject=one.subject, resource=resource), resource)
    store.create([one, other._replace(id=one.id[:-1] + b"\x09")])
    page = store.page(Selection(subject=one.subject), 10)
    assert {row.revoked_cause for row in page.families} == {"shop.admin", "shop.developer"}


def test_deleted_families_are_removed_from_the_list_of_a_subject(servers, store, fresh):
    members = members_key("ada")
    client = servers.client_for(members)
    for number in range(60):
        family = begun(fresh, number, hours=2 * number)
        store.create([family])
        servers.client_for(key_of(family.id)).delete(key_of(family.id))
    assert client.scard(members) < 20
    assert client.pttl(members) > 10**9


def begun(fresh, number, hours):
    """A family whose sign-in was that many hours after the first."""
    at = START + hours * 3_600_000
    return fresh(number, subject="ada", id=at.to_bytes(6, "big") + number.to_bytes(10, "big"))


def test_the_set_of_a_subject_keeps_a_family_whose_row_is_not_written_yet(servers, store, fresh):
    late = begun(fresh, 99, hours=0)
    store.create([late])
    raw = servers.client_for(key_of(late.id)).getdel(key_of(late.id))
    for number in range(20):
        store.create([begun(fresh, number, hours=0)])
    servers.client_for(key_of(late.id)).set(key_of(late.id), raw)
    assert late.id in {row.id for row in store.page(Selection(subject="ada"), 100).families}


def test_a_subject_with_many_families_is_listed_in_order(store, fresh):
    store.create([fresh(number, subject="ada") for number in range(2500)])
    first = store.page(Selection(subject="ada"), 1200)
    second = store.page(Selection(subject="ada"), 1200, first.cursor)
    third = store.page(Selection(subject="ada"), 1200, second.cursor)
    ids = [row.id for page in (first, second, third) for row in page.families]
    assert ids == sorted(ids)
    assert len(set(ids)) == 2500
    assert third.cursor is None
    assert len(store.revoke(Selection(subject="ada"), "operator")) == 2500


def test_a_row_that_was_refreshed_meanwhile_is_not_expired(opened, store, fresh, monkeypatch):
    family, other = fresh(1, expires_at=store.now() + 1000), opened()[0]
    store.create([family])
    remove = store._table.remove

    def late(seen):
        if seen:
            other.transact([(family.id, Presenting(family.id, 1))])
        return remove(seen)

    monkeypatch.setattr(store._table, "remove", late)
    assert store.expire(store.now() + 5000, 10) == 0
    assert store.find(family.id).generation == 2


def test_rows_created_in_a_failed_batch_are_removed(opened, store, fresh, monkeypatch):
    one, two, other = fresh(1), fresh(2), opened()[0]
    read = store._table.read

    def overtaken(families, more=()):
        seen = read(families, more)
        if other.find(two.id) is None:
            other.create([two])
        return seen

    monkeypatch.setattr(store._table, "read", overtaken)
    with pytest.raises(KeyError):
        store.create([one, two._replace(subject="somebody else")])
    assert store.find(one.id) is None
    assert store.find(two.id) == two


def test_a_family_that_is_written_is_in_the_set_of_its_subject_already(
    servers, store, fresh, monkeypatch
):
    """A process that is killed meanwhile leaves no session that an end by context misses."""
    family, listed = fresh(1), []

    def killed(*_):
        key = members_key(family.subject)
        listed.extend(servers.client_for(key).smembers(key))
        raise Unavailable("killed")

    monkeypatch.setattr(store._table, "write", killed)
    with pytest.raises(Unavailable):
        store.create([family])
    assert listed == [family.id]
    assert store.page(Selection(subject=family.subject), 9).families == []


def test_a_family_that_another_sign_in_has_found_without_a_row_is_in_the_set_afterwards(
    servers, store, fresh, monkeypatch
):
    """The id of an adopted family is older than its row."""
    family, write = fresh(1), store._table.write

    def found_without_a_row(*said):
        key = members_key(family.subject)
        servers.client_for(key).srem(key, family.id)
        return write(*said)

    monkeypatch.setattr(store._table, "write", found_without_a_row)
    store.create([family])
    assert store.page(Selection(subject=family.subject), 9).families == [family]


def test_a_copy_that_was_ended_elsewhere_stays_ended(store, fresh):
    family = fresh(1)
    store.absorb([family, family._replace(revoked_at=5, revoked_cause="operator")])
    assert store.find(family.id).revoked_cause == "operator"
    assert [row.id for row in store.page(Selection(subject=family.subject), 9).families] == [
        family.id
    ]
