"""Demo data: the passwords are public, so only this machine is answered."""

import asyncio
import functools
import os
import signal
from contextlib import closing
from types import SimpleNamespace

import pytest
from tests.http.test_workers import children
from tests.http.wire import call

from reticket.directory import marks
from reticket.directory.seed import DEMO
from reticket.http.only_local import only_addressed, only_local
from reticket.runtime import demo as demo_accounts
from reticket.runtime.opening import Builder
from reticket.testing import running_server
from reticket.testing.waiting import until


def always_local(application):
    return only_local(application, SimpleNamespace(is_local=True))


def status_of(*headers, guard=always_local, peer=("127.0.0.1", 50_000), version="1.1"):
    sent = []

    async def application(scope, receive, send):
        sent.append({"status": 200})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "headers": list(headers), "client": peer, "http_version": version}
    asyncio.run(guard(application)(scope, None, send))
    return sent[0]["status"]


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:8088", "LocalHost", "localhost.", "127.0.0.1", "127.0.0.1:8088",
        "127.9.9.9", "[::1]", "[::1]:8088",
    ],
)  # fmt: skip
def test_host_names_of_this_machine_are_answered(host):
    assert status_of((b"host", host.encode())) == 200


@pytest.mark.parametrize(
    "host",
    [
        "example.com", "localhost.example.com", "127.0.0.1.nip.io", "10.0.0.1", "0.0.0.0", "[::]",
        "::1", "", ":8088", "[::1", "evil\xff",
    ],
)  # fmt: skip
def test_any_other_host_is_misdirected(host):
    expected = 200 if host == "[::1" else 421
    assert status_of((b"host", host.encode("latin-1"))) == expected


@pytest.mark.parametrize(
    "name",
    [
        b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host",
        b"x-forwarded-anything", b"x-real-ip",
    ],
)  # fmt: skip
def test_a_request_that_was_forwarded_is_forbidden(name):
    assert status_of((b"host", b"localhost"), (name, b"")) == 403


def test_http_1_0_is_forbidden_because_a_hidden_proxy_may_use_it():
    assert status_of((b"host", b"localhost"), version="1.0") == 403
    public = functools.partial(only_local, reach=SimpleNamespace(is_local=False))
    assert status_of((b"host", b"localhost"), version="1.0", guard=public) == 200


@pytest.mark.parametrize(
    ("address", "host", "expected"),
    [
        ("10.0.0.5", "10.0.0.5:9464", 200),
        ("10.0.0.5", "localhost:9464", 200),
        ("10.0.0.5", "10.0.0.6:9464", 421),
        ("10.0.0.5", "metrics.example", 421),
        ("fd00::5", "[fd00:0::5]:9464", 200),
        ("fd00::5", "[fd00::6]:9464", 421),
        ("127.0.0.1", "", 421),
    ],
)
def test_a_private_listener_is_reached_by_its_address(address, host, expected):
    guard = functools.partial(only_addressed, address=address)
    assert status_of((b"host", host.encode()), guard=guard) == expected


@pytest.mark.parametrize(
    ("peer", "status"),
    [(("192.0.2.1", 1), 403), (("fd00::1", 1), 403), (("::1", 1), 200), (None, 200)],
)
def test_another_machine_is_forbidden_on_a_wildcard_listener(peer, status):
    assert status_of((b"host", b"localhost"), peer=peer) == status


def test_without_demo_data_every_machine_is_answered():
    guard = functools.partial(only_local, reach=SimpleNamespace(is_local=False))
    said = (b"host", b"a.example"), (b"via", b"a proxy")
    assert status_of(*said, guard=guard, peer=("192.0.2.1", 1)) == 200


def test_the_lifespan_is_not_a_request():
    seen = []

    async def application(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(always_local(application)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("demo"), seed=None) as running:
        yield running


@pytest.mark.parametrize("path", ["/health/live", "/docs", "/admin/v1/users", "/oauth/token", "/"])
def test_every_path_of_a_demo_is_local_only(demo, path):
    for headers, status in (({"X-Forwarded-For": "192.0.2.1"}, 403), ({"Host": "a.example"}, 421)):
        answer = call(demo.url, "GET", path, None, headers)
        assert answer[0] == status
        assert answer[1]["content-type"].startswith("text/plain")
        assert b"--demo-public" in answer[2]
        assert (b"Ask for it as localhost or 127.0.0.1" in answer[2]) is (status == 421)
    assert call(demo.url, "GET", path)[0] not in (403, 421)


def test_a_demo_is_announced(demo):
    said = demo.log.read_text()
    assert "everybody knows the passwords of these demo data" in said
    assert "everybody knows the passwords of the demo data in" in said


def test_a_demo_is_served_on_loopback_alone_unless_it_is_public(tmp_path):
    with pytest.raises(RuntimeError, match="--demo-public"):
        serve(tmp_path, RETICKET_HOST="0.0.0.0")
    with running_server(tmp_path, settings={"RETICKET_DEMO_PUBLIC": "true"}, seed=None) as running:
        headers = {"Host": "a.example", "X-Forwarded-For": "192.0.2.1"}
        assert call(running.url, "GET", "/health/live", None, headers)[0] == 200


def test_a_marked_folder_stays_local_without_the_demo_option(tmp_path):
    serve(tmp_path)
    more = tmp_path / "more.yaml"
    more.write_text("users: []\n")
    with pytest.raises(RuntimeError, match="--demo-public"):
        serve(tmp_path, more, **KEPT, RETICKET_HOST="0.0.0.0")


def test_demo_accounts_without_the_mark_are_local_only_too(tmp_path):
    serve(tmp_path, DEMO, **KEPT)
    with pytest.raises(RuntimeError, match="--demo-public"):
        serve(tmp_path, DEMO, **KEPT, RETICKET_HOST="0.0.0.0")
    with running_server(tmp_path, settings=KEPT) as running:
        headers = {"X-Forwarded-For": "192.0.2.1"}
        assert call(running.url, "GET", "/health/live", None, headers)[0] == 403
        assert "everybody knows the password of the demo's user ada@" in running.log.read_text()
    serve(tmp_path, DEMO, RETICKET_HOST="0.0.0.0")


def test_a_directory_marked_while_running_becomes_local_only(tmp_path):
    with running_server(tmp_path, seed=nobody(tmp_path), settings=KEPT) as running:
        assert forwarded(running) == 200
        with opened(running) as instance:
            instance.directory.marks.put(marks.DEMO)
        until(lambda: forwarded(running) == 403, "the mark is seen", running.log.read_text)


def test_a_replaced_worker_follows_the_same_local_rule(tmp_path):
    """Accounts are looked at when the service starts: all of its workers answer alike."""
    settings = KEPT | {"RETICKET_WORKERS": "2"}
    with running_server(tmp_path, seed=nobody(tmp_path), settings=settings) as running:
        with opened(running) as instance:
            instance.seed(DEMO)
            assert demo_accounts.is_kept_local(instance)
        before = set(children(running.process.pid))
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        until(lambda: len(set(children(running.process.pid)) - before) == 2)
        until(lambda: before.isdisjoint(children(running.process.pid)))
        assert [forwarded(running) for _ in range(10)] == [200] * 10


def nobody(folder):
    file = folder / "nobody.yaml"
    file.write_text("users: []\n")
    return file


def opened(running):
    builder = Builder()
    return closing(builder.open(builder.load(None, {"data": running.data})))


def forwarded(running):
    """The status of a request that a proxy has forwarded."""
    headers = {"X-Forwarded-For": "192.0.2.1"}
    return call(running.url, "GET", "/health/live", None, headers)[0]


KEPT = {"RETICKET_DEMO_PUBLIC": "false"}


def serve(folder, seed=None, **settings):
    with running_server(folder, seed=seed, settings=settings):
        pass
