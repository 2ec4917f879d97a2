"""Servers that die, freeze, lose writes, move slots or are full: no session is lost."""

import threading
import time
from contextlib import contextmanager, suppress

import pytest
from tests.stores.test_model import Strict
from tests.stores.valkey.servers import Cluster, Standalone, node_id, until

from reticket.core.errors import Unavailable
from reticket.core.model import Outcome, Selection
from reticket.core.ports import NotReplicated
from reticket.stores.valkey import open_store
from reticket.stores.valkey.pipelines import _connection
from reticket.stores.valkey.revocation_marks import marks_key
from reticket.stores.valkey.rows import UNSURE, key_of, pack
from reticket.stores.valkey.scripts import Command
from reticket.testing import FakeClock
from reticket.testing.store_contract import Presenting, family_of

GOING_ON = {Outcome.ADVANCED, Outcome.REPLAYED, Outcome.REISSUED, Outcome.HEALED}


@pytest.fixture(scope="module")
def torn(tmp_path_factory):
    """A cluster that may be broken."""
    started = Cluster(tmp_path_factory.mktemp("valkey") / "torn")
    yield started
    started.close()


@pytest.fixture
def alone(tmp_path):
    """A server that may be broken."""
    started = Standalone(tmp_path / "alone")
    yield started
    started.close()


@contextmanager
def store_on(servers, patience=1.0, query=""):
    store, ephemeral = open_store(servers.url + query, FakeClock(), patience)
    ephemeral.close()
    yield store
    store.close()


def begin(store, number, middle=b"\x70\x00\x00"):
    """A family; those with the same text in braces are in the same slot."""
    now = store.now()
    moment = now.to_bytes(6, "big").replace(b"{", b"z").replace(b"}", b"|")
    family = moment + middle + number.to_bytes(7, "big")
    return family_of(number, id=family, rotated_at=now, expires_at=now + 10**8, ends_at=now + 10**9)


class Client:
    """Refreshes one family again and again, with the token that it was given last."""

    def __init__(self, store, family):
        self._store = store
        self._family = family
        self.generation = 1
        self.outcomes = []
        self.failures = []

    def refresh(self):
        step = self._family, Presenting(self._family, self.generation)
        try:
            ((outcome, self.generation),) = self._store.transact([step])
            self.outcomes.append(outcome)
        except Unavailable as failure:
            self.failures.append(failure)
            time.sleep(0.02)


@contextmanager
def refreshing(store, families, threads=4):
    """Clients at work for as long as the block lasts; whatever else they meet is raised."""
    clients = [Client(store, family.id) for family in families]
    over, defects = threading.Event(), []

    def work(mine):
        try:
            while not over.is_set():
                for client in mine:
                    client.refresh()
        except Exception as defect:
            defects.append(defect)

    workers = [threading.Thread(target=work, args=(clients[n::threads],)) for n in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield clients
    finally:
        over.set()
        for worker in workers:
            worker.join()
    assert defects == []


def went_on(clients, times=2):
    """Waits until each of them was answered that often from now on."""
    reached = [len(client.outcomes) + times for client in clients]
    until(lambda: all(len(c.outcomes) >= n for c, n in zip(clients, reached, strict=True)))


def test_sessions_continue_when_a_primary_is_killed(torn):
    with store_on(torn) as store:
        families = [begin(store, number) for number in range(30)]
        store.create(families)
        for primary in torn.primaries():
            primary.execute_command("WAIT", 1, 1000)
        doomed = torn.owner_of(key_of(families[0].id))
        with refreshing(store, families) as clients:
            went_on(clients)
            doomed.kill()
            went_on(clients)
            doomed.start()
            went_on(clients)
        assert {outcome for client in clients for outcome in client.outcomes} <= GOING_ON
        assert any(client.failures for client in clients)
        assert [store.find(family.id).revoked_at for family in families] == [None] * 30
    until(torn.is_whole)


def hand_over(slot, keys, source, target, everybody, after_each):
    """Move a slot key by key, as operators' tools do."""
    target.client.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", node_id(source))
    source.client.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", node_id(target))
    after_each()
    for key in keys:
        source.client.execute_command("MIGRATE", "127.0.0.1", target.port, key, 0, 5000)
        after_each()
    for server in (target, source, *everybody):
        server.client.execute_command("CLUSTER SETSLOT", slot, "NODE", node_id(target))


def test_a_slot_is_handed_over_while_its_families_are_refreshed(torn):
    with store_on(torn) as store:
        families = [begin(store, number, b"{s}") for number in range(6)]
        store.create(families)
        source = torn.owner_of(key_of(families[0].id))
        slot = source.client.execute_command("CLUSTER KEYSLOT", key_of(families[0].id))
        target = torn.join()
        until(torn.is_whole)
        primaries = [each for each in torn.servers if each.client in torn.primaries()]
        keys = [key_of(family.id) for family in families]
        late = [begin(store, number, b"{s}") for number in range(6, 9)]
        with refreshing(store, families) as clients:
            went_on(clients)
            waiting = iter(late)

            def create_another():
                store.create(list(filter(None, [next(waiting, None)])))
                went_on(clients, 1)

            hand_over(slot, keys, source, target, primaries, create_another)
            went_on(clients)
        assert [client.failures for client in clients] == [[]] * 6
        outcomes = {outcome for client in clients for outcome in client.outcomes}
        assert outcomes == {Outcome.ADVANCED}
        assert target.client.execute_command("CLUSTER COUNTKEYSINSLOT", slot) == 9
        assert len(store.revoke(Selection(family=late[-1].id), "operator")) == 1


def test_scans_of_all_keys_are_unavailable_while_slots_move(torn):
    until(torn.is_whole)
    with store_on(torn) as store:
        families = [begin(store, number, b"{w}") for number in range(80, 84)]
        store.create(families)
        source = torn.owner_of(key_of(families[0].id))
        slot = source.client.execute_command("CLUSTER KEYSLOT", key_of(families[0].id))
        others = (each for each in torn.servers if each.client in torn.primaries())
        target = next(each for each in others if each is not source)
        target.client.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", node_id(source))
        source.client.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", node_id(target))
        try:
            with pytest.raises(Unavailable, match="slots of Valkey moved"):
                store.revoke(Selection(resource=families[0].resource), "operator")
            with pytest.raises(Unavailable, match="slots of Valkey moved"):
                list(store.walk())
        finally:
            for server in (source, target):
                server.client.execute_command("CLUSTER SETSLOT", slot, "STABLE")
        assert len(list(store.walk())) > 0


def test_a_revocation_waits_for_a_replica(torn):
    until(torn.is_whole)
    with store_on(torn, 0.3, "?wait=1") as store:
        one, other = (begin(store, number, b"{t}") for number in (50, 51))
        store.create([one, other])
        assert store.revoke(Selection(family=one.id), "operator")[0].id == one.id
        replica = replica_of(torn, one.id)
        replica.client.execute_command("READONLY")
        assert replica.client.get(key_of(one.id)) == pack(store.find(one.id))
        with replica.frozen():
            assert store.transact([(other.id, Presenting(other.id, 1))]) == [(Outcome.ADVANCED, 2)]
            with pytest.raises(Unavailable, match="WAIT reached 0 of 1"):
                store.revoke(Selection(family=other.id), "operator")
        assert store.find(other.id).revoked_cause == "operator"


def test_a_revocation_that_is_not_replicated_affects_no_other(torn):
    until(torn.is_whole)
    with store_on(torn, 0.3, "?wait=1") as store:
        thief, honest = (begin(store, number, b"{v}") for number in (52, 53))
        store.create([thief, honest])
        for generation in (1, 2):
            store.transact([(thief.id, Presenting(thief.id, generation))])
        at = store.now() + 60_000
        both = [
            (thief.id, late(Strict(thief.id, 1), at)),
            (honest.id, Presenting(honest.id, 1)),
        ]
        replica = replica_of(torn, thief.id)
        with replica.frozen():
            reused, advanced = store.transact(both)
            again, _ = store.transact(both)
            assert unsure(torn, thief.id)
        until(torn.is_whole)
        assert (reused, advanced) == (NotReplicated(Outcome.REUSED), (Outcome.ADVANCED, 2))
        assert again == NotReplicated(Outcome.REVOKED)
        until(lambda: store.transact(both)[0] == Outcome.REVOKED)
        assert not unsure(torn, thief.id)


def unsure(cluster, family):
    return cluster.client_for(key_of(family)).get(key_of(family)).endswith(UNSURE)


def late(step, at):
    """The same step at another time."""
    return lambda row, now: step(row, at)


def replica_of(cluster, family):
    owner = node_id(cluster.owner_of(key_of(family)))
    replicas = cluster.servers[0].client.execute_command("CLUSTER REPLICAS", owner)
    ports = [int(address.split("@")[0].split(":")[1]) for address in replicas]
    (replica,) = [each for each in cluster.servers if each.port in ports]
    return replica


def test_a_lost_write_is_healed_by_a_newer_token(servers, store):
    family = begin(store, 1)
    store.create([family])
    store.transact([(family.id, Presenting(family.id, number)) for number in (1, 2, 3)])
    servers.client_for(key_of(family.id)).set(key_of(family.id), pack(family))
    assert store.transact([(family.id, Presenting(family.id, 4))]) == [(Outcome.HEALED, 5)]


def test_a_row_whose_revocation_was_lost_is_still_revoked_by_its_mark(servers, store):
    family = begin(store, 1)
    store.create([family])
    store.revoke(Selection(subject=family.subject), "operator")
    servers.client_for(key_of(family.id)).set(key_of(family.id), pack(family))
    ((outcome, _),) = store.transact([(family.id, Presenting(family.id, 1))])
    assert outcome is Outcome.REVOKED


def test_acknowledged_writes_survive_a_kill(alone):
    with store_on(alone) as store:
        families = [begin(store, number) for number in range(20)]
        store.create(families)
        store.transact([(each.id, Presenting(each.id, 1)) for each in families])
        store.revoke(Selection(family=families[0].id), "operator")
        before = [store.find(each.id) for each in families]
        alone.servers[0].kill()
        with pytest.raises(Unavailable, match="cannot be reached"):
            store.find(families[0].id)
        alone.servers[0].start()
        assert [store.find(each.id) for each in families] == before


def test_a_frozen_server_is_unavailable_until_it_continues(alone):
    with store_on(alone, 0.1) as store:
        families = [begin(store, number) for number in range(50)]
        store.create(families)
        with alone.servers[0].frozen(), pytest.raises(Unavailable, match="Timeout"):
            store.transact([(each.id, Presenting(each.id, 1)) for each in families])
        until(alone.servers[0].answers)
        outcomes = {o for o, _ in store.transact([(f.id, Presenting(f.id, 1)) for f in families])}
        assert outcomes <= GOING_ON


def test_a_frozen_primary_of_a_cluster_is_replaced(torn):
    until(torn.is_whole)
    with store_on(torn, 0.1) as store:
        families = [begin(store, number) for number in range(60, 72)]
        store.create(families)
        for primary in torn.primaries():
            primary.execute_command("WAIT", 1, 1000)
        with refreshing(store, families) as clients:
            with torn.owner_of(key_of(families[0].id)).frozen():
                went_on(clients)
            went_on(clients)
        assert {outcome for client in clients for outcome in client.outcomes} <= GOING_ON
    until(torn.is_whole)


def test_scripts_missing_on_a_server_are_sent_again(servers, store):
    family = begin(store, 1)
    store.create([family])
    for primary in servers.primaries():
        primary.script_flush()
    assert store.transact([(family.id, Presenting(family.id, 1))]) == [(Outcome.ADVANCED, 2)]


def test_a_full_server_is_unavailable_until_there_is_memory(alone):
    with store_on(alone) as store:
        family = begin(store, 1)
        store.create([family])
        alone.client.config_set("maxmemory", 1)
        with pytest.raises(Unavailable, match="OutOfMemory"):
            store.transact([(family.id, Presenting(family.id, 1))])
        alone.client.config_set("maxmemory", 0)
        assert store.transact([(family.id, Presenting(family.id, 1))]) == [(Outcome.ADVANCED, 2)]


def test_a_server_with_a_full_disk_is_unavailable_until_there_is_room(alone, tmp_path):
    """Valkey refuses writes (MISCONF) after a snapshot that could not be written."""
    with store_on(alone) as store:
        family = begin(store, 1)
        store.create([family])
        (tmp_path / "alone" / "dump.rdb").mkdir()
        alone.client.config_set("save", "3600 1")
        alone.client.bgsave()
        until(lambda: alone.client.info("persistence")["rdb_last_bgsave_status"] == "err")
        with pytest.raises(Unavailable, match="Valkey cannot answer"):
            store.transact([(family.id, Presenting(family.id, 1))])
        alone.client.config_set("save", "")
        assert store.transact([(family.id, Presenting(family.id, 1))]) == [(Outcome.ADVANCED, 2)]


def test_a_server_that_became_a_replica_is_unavailable(alone):
    with store_on(alone) as store:
        family = begin(store, 1)
        store.create([family])
        alone.client.replicaof("127.0.0.1", "1")
        with pytest.raises(Unavailable, match="ReadOnly"):
            store.transact([(family.id, Presenting(family.id, 1))])
        alone.client.replicaof("NO", "ONE")
        assert store.transact([(family.id, Presenting(family.id, 1))]) == [(Outcome.ADVANCED, 2)]


@pytest.mark.parametrize("value", [b"\xc1", b"\x93\x01\x02\x03", b"{}", b"\x01"])
def test_a_value_of_another_program_is_unavailable(servers, store, value):
    family = begin(store, 1, b"{u}")
    servers.client_for(key_of(family.id)).set(key_of(family.id), value)
    with pytest.raises(Unavailable, match="cannot be read"):
        store.find(family.id)


def test_a_mark_of_another_program_is_unavailable(servers, store):
    family = begin(store, 1)
    store.create([family])
    key = marks_key(family.subject)
    servers.client_for(key).set(key, b"\x01")
    with pytest.raises(Unavailable, match="cannot be read"):
        store.transact([(family.id, Presenting(family.id, 1))])


def test_no_error_contains_a_stored_value(store):
    """A server repeats what it does not understand."""
    with pytest.raises(Unavailable) as caught:
        store._engine.ask([Command(b"key", ("NOSUCH", "somebody in particular"))])
    assert str(caught.value) == "Valkey cannot answer: ResponseError"


def test_unread_replies_reach_no_other_caller(store):
    pool = store._engine.pool_of(b"key")
    with suppress(ZeroDivisionError), _connection(pool) as line:
        line.send_command("ECHO", "for somebody else")
        raise ZeroDivisionError
    assert line._sock is None
    assert store._engine.ask([Command(b"key", ("ECHO", "mine"))]) == [b"mine"]
