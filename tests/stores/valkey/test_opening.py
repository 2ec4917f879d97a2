"""Faults that stop the start, each with one clear sentence and without the password."""

import builtins
from contextlib import contextmanager

import pytest
from tests.stores.valkey.servers import emptied, free_port

from reticket.core.errors import StartupError
from reticket.stores.valkey import migrate, open_store, opening, schema_state
from reticket.stores.valkey.address import Address, parse
from reticket.testing import FakeClock

PASSWORD = "p4ss:w@rd/é"
QUOTED = "p4ss%3Aw%40rd%2F%C3%A9"


def failure(url):
    with pytest.raises(StartupError) as caught:
        open_store(url, FakeClock(), 1.0)
    said = str(caught.value)
    assert "p4ss" not in said
    assert "\n" not in said
    return said


@contextmanager
def configured(server, **settings):
    before = {name: server.config_get(name)[name] for name in settings}
    for name, value in settings.items():
        server.config_set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            server.config_set(name, value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("valkey://host", Address((("host", 6379),), clustered=False)),
        (
            f"valkey://ada:{QUOTED}@10.0.0.1:7000/3?wait=2&tls=yes&ca=/etc/ca.pem",
            Address(
                (("10.0.0.1", 7000),),
                clustered=False,
                database=3,
                username="ada",
                password=PASSWORD,
                wait=2,
                tls=True,
                ca="/etc/ca.pem",
            ),
        ),
        (
            "valkey-cluster://a:1,[::1]:2,c",
            Address((("a", 1), ("::1", 2), ("c", 6379)), clustered=True),
        ),
        (
            f"valkey://:{QUOTED}@host",
            Address((("host", 6379),), clustered=False, password=PASSWORD),
        ),
    ],
)
def test_a_url_is_read(url, expected):
    assert parse(url) == expected
    assert "p4ss" not in repr(expected)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("valkey://", "names no host"),
        ("valkey:host", "names no host"),
        (f"valkey://:{QUOTED}@", "names no host"),
        (f"valkey://:{QUOTED}@host:port", "names no host"),
        ("valkey://host:0", "names no host"),
        ("valkey://host:99999", "names no host"),
        (f"valkey://:{QUOTED}@[::1", "names no host"),
        ("valkey://one,two", "takes one host"),
        ("valkey-cluster://one,,two", "names no host"),
        ("valkey://host/sessions", "the database in the URL of Valkey is a number"),
        ("valkey-cluster://host/1", "has the database 0 only"),
        ("valkey://host?wait=some", "wait in the URL of Valkey is a number from 0 to 9"),
        ("valkey://host?wait=10", "wait in the URL of Valkey is a number from 0 to 9"),
        ("valkey://host?wait=", "wait in the URL of Valkey is a number from 0 to 9"),
        ("valkey://host?tls=maybe", "tls in the URL of Valkey is yes or no"),
        (f"valkey://:{QUOTED}@host?weight=1", "has an unknown option"),
        ("valkey://ada:a?p4ss@host", "has an unknown option"),
    ],
)
def test_a_wrong_url_stops_the_start(url, said):
    assert said in failure(url)


@pytest.mark.parametrize("scheme", ["valkey", "valkey-cluster"])
def test_an_unreachable_server_stops_the_start(scheme):
    said = failure(f"{scheme}://:{QUOTED}@127.0.0.1:{free_port()}")
    assert "cannot be used" in said
    assert "Connection refused" in said


def test_a_cluster_starts_by_any_host_that_can_be_reached(cluster):
    port = cluster.servers[4].port
    url = f"valkey-cluster://127.0.0.1:{free_port()},127.0.0.1:{port}"
    for each in open_store(url, FakeClock(), 1.0):
        each.close()


def test_an_unknown_host_name_stops_the_start():
    assert "cannot be used" in failure("valkey://no.such.host.invalid:1")


def test_a_wrong_password_stops_the_start(standalone):
    port = standalone.servers[0].port
    with configured(standalone.client, requirepass=PASSWORD):
        assert "cannot be used" in failure(f"valkey://:p4ss@127.0.0.1:{port}")
        assert "cannot be used" in failure(f"valkey://127.0.0.1:{port}")
        for each in open_store(f"valkey://:{QUOTED}@127.0.0.1:{port}", FakeClock(), 1.0):
            each.close()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_evicts_keys_stops_the_start(servers, policy):
    with configured(servers.primaries()[-1], **{"maxmemory-policy": policy}):
        said = failure(servers.url)
    assert f"has maxmemory-policy {policy}" in said
    assert "set it to noeviction" in said


def test_a_url_for_the_other_kind_of_server_stops_the_start(standalone, cluster):
    alone, node = standalone.url, cluster.url.split(",")[0]
    assert "is no cluster: write valkey://" in failure(alone.replace("valkey:", "valkey-cluster:"))
    assert "write valkey-cluster://" in failure(node.replace("valkey-cluster:", "valkey:"))


def test_a_replica_stops_the_start(standalone):
    standalone.client.replicaof("127.0.0.1", "1")
    try:
        assert "is a replica: name the primary" in failure(standalone.url)
    finally:
        standalone.client.replicaof("NO", "ONE")


@pytest.fixture
def marked(servers):
    """Says of what format the families are."""
    emptied(servers)
    client = servers.client_for(b"rt:format")
    yield lambda mark: client.set("rt:format", mark)
    client.delete("rt:format")


@pytest.mark.parametrize("mark", ["2", "3 2"])
def test_families_that_need_newer_code_stop_the_start(servers, marked, mark):
    marked(mark)
    said = failure(servers.url)
    assert "was made by a newer version of reticket and needs one that knows 2" in said
    with pytest.raises(StartupError, match="newer version"):
        migrate(servers.url)


def test_a_format_key_of_another_program_stops_the_start(servers, marked):
    marked("JPEG")
    assert "has a key rt:format that reticket did not write" in failure(servers.url)


def test_old_code_runs_on_families_of_a_newer_format_that_lets_it(servers, marked):
    marked("2 1")
    for each in open_store(servers.url, FakeClock(), 1.0):
        each.close()
    migrate(servers.url)
    assert schema_state(servers.url)[2:] == (2, 1, 1)


def test_families_of_an_older_format_are_upgraded_by_the_operator(servers, marked, monkeypatch):
    marked("1")
    assert schema_state(servers.url)[2:] == (1, 1, 1)
    monkeypatch.setattr(opening, "FORMAT", 2)
    monkeypatch.setattr(opening, "_MARK", "2 1")
    assert "schema 1 is older" in failure(servers.url)
    migrate(servers.url)
    assert schema_state(servers.url)[2:] == (2, 1, 2)
    for each in open_store(servers.url, FakeClock(), 1.0):
        each.close()


def test_reading_creates_nothing(servers):
    assert schema_state(emptied(servers).url)[2:] == (0, 0, 1)
    assert servers.client_for(b"rt:format").get("rt:format") is None


def test_a_missing_driver_stops_the_start(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("reticket.stores.valkey.opening"):
            raise ModuleNotFoundError("No module named 'valkey'", name="valkey")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    said = failure("valkey://host")
    assert said == "valkey is not installed and Valkey needs it: pip install 'reticket[valkey]'"


def test_a_server_is_not_copied_into_a_file(store, tmp_path):
    with pytest.raises(StartupError, match="its own tools"):
        store.backup(tmp_path / "copy")
