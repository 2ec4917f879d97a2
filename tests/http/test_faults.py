"""A full disk, a locked file and a stop during requests: no session is lost."""

import http.client
import json
import resource
import signal
import sqlite3
import threading
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import urlsplit

import pytest
from tests.http.connection.stream import is_read
from tests.http.wire import PASSWORD, WIRES, call, events

from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE, until

EACH = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with short timeouts, so that a locked file is reported soon."""
    settings = {"RETICKET_BUSY_TIMEOUT": "0.2", "RETICKET_LOG_LEVEL": "debug"}
    with running_server(tmp_path_factory.mktemp("service"), settings=settings) as running:
        yield running


@contextmanager
def full_disk(server):
    """Every file is as long as it may get."""
    pid, kind = server.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, kind, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, kind, before)


@contextmanager
def locked(server):
    """Another process holds a write transaction."""
    other = sqlite3.connect(server.data / "families.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


@EACH
@pytest.mark.parametrize("fault", [full_disk, locked])
def test_a_store_that_cannot_write_is_503_and_the_session_continues(server, wire, fault):
    token = wire.sign_in(server.url)
    with fault(server):
        for _ in range(2):
            answer = wire.refresh(server.url, token)
            assert wire.is_unavailable(answer), answer
    for _ in range(2):
        answer = wire.refresh(server.url, token)
        assert wire.is_good(answer), answer
        token = wire.token_of(answer[2])


@EACH
@pytest.mark.parametrize("fault", [full_disk, locked])
def test_a_sign_in_that_cannot_be_stored_is_503_and_no_failed_sign_in(server, wire, fault):
    with fault(server):
        answer = call(server.url, "POST", wire.sign_in_path, json.dumps(wire.sign_in_body))
        assert wire.is_unavailable(answer), answer
    wire.sign_in(server.url)


def test_internal_errors_are_no_refusals_in_the_audit_log(server):
    causes = {event.get("cause") for event in events(server) if event["event"] == "refused"}
    assert causes <= {"forged"}
    assert not any(event["event"] in ("reused", "revoked") for event in events(server))


def test_accepted_requests_are_answered_before_a_stop(tmp_path):
    settings = {"RETICKET_STOP_TIMEOUT": "3600", "RETICKET_BUSY_TIMEOUT": "300"}
    with running_server(tmp_path, settings=settings) as server, ExitStack() as opened:
        tokens = [wire.sign_in(server.url) for wire in WIRES]
        with locked(server):
            asked = [
                opened.enter_context(closing(request_of(server, wire, token)))
                for wire, token in zip(WIRES, tokens, strict=True)
            ]
            until(lambda: all(is_read(each.sock) for each in asked), "requests that were taken")
            server.process.send_signal(signal.SIGTERM)
            until(lambda: "Shutting down" in server.log.read_text(), "a stop")
        for wire, each in zip(WIRES, asked, strict=True):
            with each.getresponse() as response:
                text = response.read()
                assert wire.is_good((response.status, response.headers, text)), text
        assert server.process.wait(PATIENCE) == 0


def request_of(server, wire, token):
    """A refresh that was sent, and whose answer was not read."""
    line = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE)
    headers = {"Content-Type": "application/json"}
    line.request(wire.method, wire.refresh_path, wire.body_of(token), headers)
    return line


def test_no_written_file_contains_a_secret(tmp_path):
    """Search all written files for the requests and responses of a session."""
    settings = {
        "RETICKET_LOG_LEVEL": "debug", "RETICKET_ACCESS_LOG": "true", "RETICKET_DEBUG": "true",
    }  # fmt: skip
    wrong = "a wrong password"
    said = {PASSWORD, wrong, "s3cret"}
    with running_server(tmp_path, settings=settings) as server:
        for wire in WIRES:
            first = call(server.url, "POST", wire.sign_in_path, json.dumps(wire.sign_in_body))[2]
            second = wire.refresh(server.url, wire.token_of(first))[2]
            said |= _tokens(json.loads(first)) | _tokens(json.loads(second))
            secret = {
                key: wrong for key in wire.sign_in_body if key in ("password", "sharedSecret")
            }
            call(server.url, "POST", wire.sign_in_path, json.dumps(wire.sign_in_body | secret))
            call(server.url, "POST", wire.sign_in_path, b'{"password": "' + wrong.encode())
            call(server.url, wire.method, wire.refresh_path, wire.body_of(wire.token_of(second)))
            bent = wire.token_of(second)[:-2]
            said.add(bent)
            wire.refresh(server.url, bent)
            call(server.url, "GET", f"{wire.refresh_path}?refreshToken={bent}")
        with full_disk(server):
            wire.refresh(server.url, wire.token_of(second))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"server.log", "audit.jsonl", "families.sqlite"} <= {path.name for path in written}
    assert len(said) > 20
    for path in written:
        content = path.read_bytes()
        assert [secret for secret in said if secret.encode() in content] == [], path.name
        assert path.name == "server.log" or path.stat().st_mode & 0o077 == 0, path.name


def _tokens(value):
    """Every string of a response that is secret, and the parts of those that have several."""
    if isinstance(value, dict):
        return set().union(*map(_tokens, value.values()), set())
    if isinstance(value, str) and (value.startswith(("rtk_", "eyJ"))):
        return {value, *(part for part in value.split(".")[1:] if len(part) > 20)}
    return set()


def test_a_hundred_parallel_refreshes_of_a_locked_file_are_one_rotation(server):
    wire, count = WIRES[0], 100
    token = wire.sign_in(server.url)
    answers = []
    with locked(server):
        crowd = [
            threading.Thread(target=lambda: answers.append(wire.refresh(server.url, token)))
            for _ in range(count)
        ]
        for one in crowd:
            one.start()
    for one in crowd:
        one.join()
    good = {wire.token_of(answer[2]) for answer in answers if wire.is_good(answer)}
    assert all(wire.is_good(one) or wire.is_unavailable(one) for one in answers)
    assert len(good) <= 1
    assert wire.is_good(wire.refresh(server.url, next(iter(good), token)))
