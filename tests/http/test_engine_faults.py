"""A full or busy engine: 503 in every dialect's form, and no token is used."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.http.wire import WIRES, call, events
from tests.stores.valkey.servers import Server, Standalone, until
from tests.torture.clients import SIGN_OUTS
from tests.torture.history import said_by
from tests.torture.postgresql import PostgreSQL
from valkey import Connection
from valkey.exceptions import ValkeyError

from reticket.testing import running_server

IMPATIENT = {"RETICKET_BUSY_TIMEOUT": "0.5", "RETICKET_LOG_LEVEL": "debug"}
FEW = 20
OTHERS = """
SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> ALL(%s)
"""

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def postgresql():
    with PostgreSQL.fresh(f"max_connections = {FEW}\n") as server:
        yield server


@pytest.fixture(scope="module")
def on_postgresql(postgresql, tmp_path_factory):
    where = {"RETICKET_SESSIONS": postgresql.url, "RETICKET_DIRECTORY": postgresql.url}
    folder = tmp_path_factory.mktemp("service")
    with running_server(folder, settings=IMPATIENT | where) as running:
        yield running


@pytest.fixture(scope="module")
def valkey(tmp_path_factory):
    """A server and its replica."""
    folder = tmp_path_factory.mktemp("valkey")
    alone = Standalone(folder / "primary")
    primary = alone.servers[0]
    replica = Server(folder / "replica", "--replicaof", "127.0.0.1", str(primary.port))
    until(lambda: replica.client.info("replication")["master_link_status"] == "up")
    yield primary, replica
    replica.close()
    alone.close()


@pytest.fixture(scope="module")
def on_valkey(valkey, tmp_path_factory):
    where = {"RETICKET_SESSIONS": f"valkey://127.0.0.1:{valkey[0].port}?wait=1"}
    folder = tmp_path_factory.mktemp("service")
    with running_server(folder, settings=IMPATIENT | where) as running:
        yield running


@contextmanager
def no_connection_left(server):
    """Other clients use all connections."""
    with ExitStack() as stack:
        taken = []
        while True:
            try:
                taken.append(stack.enter_context(psycopg.connect(server.url, autocommit=True)))
            except psycopg.OperationalError:
                mine = [each.info.backend_pid for each in taken]
                others = taken[0].execute(OTHERS, [mine]).fetchall()
                if not others:
                    break
                taken[0].execute("SELECT pg_terminate_backend(%s, 1000)", others[0])
        yield


@contextmanager
def somebody_has_the_table(server):
    with psycopg.connect(server.url) as connection:
        connection.execute("LOCK TABLE families IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def somebody_has_the_rows(server):
    with psycopg.connect(server.url) as connection:
        connection.execute("SELECT FROM families FOR UPDATE")
        yield


@contextmanager
def _line(server):
    line = Connection(port=server.port)
    yield line
    line.disconnect()


@contextmanager
def no_client_more(servers):
    """Other clients reach the limit of the server."""
    primary, _ = servers
    before = primary.client.config_get("maxclients")["maxclients"]
    primary.client.config_set("maxclients", FEW)
    with ExitStack() as stack:
        stack.callback(primary.client.config_set, "maxclients", before)
        mine = {primary.client.client_id()}
        while True:
            other = stack.enter_context(_line(primary))
            try:
                other.send_command("CLIENT", "ID")
                mine.add(other.read_response())
            except ValkeyError:
                listed = primary.client.client_list(_type="normal")
                theirs = {int(each["id"]) for each in listed} - mine
                if not theirs:
                    break
                primary.client.client_kill_filter(_id=str(theirs.pop()))
        yield


@contextmanager
def no_memory_left(servers):
    primary, _ = servers
    primary.client.config_set("maxmemory", 1)
    try:
        yield
    finally:
        primary.client.config_set("maxmemory", 0)


FILL = """
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER filled BEFORE INSERT OR UPDATE ON families FOR EACH STATEMENT EXECUTE FUNCTION fill()
"""


@contextmanager
def no_disk_left_to_postgresql(server):
    """PostgreSQL answers every write with 53100 (disk full)."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(FILL)
        try:
            yield
        finally:
            connection.execute("DROP FUNCTION fill() CASCADE")


@contextmanager
def no_disk_left_to_valkey(servers):
    """Valkey refuses writes (MISCONF) after a snapshot that could not be written."""
    client = servers[0].client
    (Path(client.config_get("dir")["dir"]) / "dump.rdb").mkdir()
    client.config_set("save", "3600 1")
    client.bgsave()
    until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")
    try:
        yield
    finally:
        client.config_set("save", "")


@contextmanager
def became_a_replica(servers):
    """Valkey refuses writes (READONLY), because it became a replica."""
    client = servers[0].client
    client.replicaof("127.0.0.1", "1")
    try:
        yield
    finally:
        client.replicaof("NO", "ONE")


def sign_in(service, wire):
    """Unavailable, perhaps, for what connections were lost in a fault before."""
    return call(service.url, "POST", wire.sign_in_path, json.dumps(wire.sign_in_body))


def spends_nothing(service, fault):
    """Every dialect's session outlives it with the token that it had."""
    for wire in WIRES:
        until(lambda wire=wire: not wire.is_unavailable(sign_in(service, wire)))
    sessions = [(wire, wire.sign_in(service.url)) for wire in WIRES]

    def refreshed(session):
        wire, token = session
        return wire, wire.refresh(service.url, token)

    with ThreadPoolExecutor(2 * len(WIRES)) as clients:
        with fault:
            answers = list(clients.map(refreshed, 2 * sessions))
        assert [answer for wire, answer in answers if not wire.is_unavailable(answer)] == []
        until(lambda: not any(w.is_unavailable(answer) for w, answer in map(refreshed, sessions)))
    for wire, answer in map(refreshed, sessions):
        assert wire.is_good(answer), answer
        assert said_by(wire.token_of(answer[2])).generation == 2
    told = {event["event"] for event in events(service)}
    assert told.isdisjoint({"reused", "healed", "refused", "revoked"})


@pytest.mark.parametrize(
    "fault",
    [
        no_connection_left, somebody_has_the_table, somebody_has_the_rows,
        no_disk_left_to_postgresql,
    ],
)  # fmt: skip
def test_a_failing_postgresql_uses_no_token(postgresql, on_postgresql, fault):
    spends_nothing(on_postgresql, fault(postgresql))


@pytest.mark.parametrize(
    "fault", [no_client_more, no_memory_left, no_disk_left_to_valkey, became_a_replica]
)
def test_a_failing_valkey_uses_no_token(valkey, on_valkey, fault):
    spends_nothing(on_valkey, fault(valkey))


@pytest.mark.parametrize("wire", WIRES[:2], ids=lambda wire: wire.name)
def test_a_sign_out_waits_for_replication_and_a_refresh_does_not(valkey, on_valkey, wire):
    method, path = SIGN_OUTS[wire.name]
    token = wire.sign_in(on_valkey.url)
    with valkey[1].frozen():
        refreshed = wire.refresh(on_valkey.url, token)
        assert wire.is_good(refreshed)
        body = wire.body_of(wire.token_of(refreshed[2]))
        assert wire.is_unavailable(call(on_valkey.url, method, path, body))
    until(lambda: call(on_valkey.url, method, path, body)[0] in (200, 204, 401))
    assert wire.is_refused(wire.refresh(on_valkey.url, json.loads(body)[wire.member]))
