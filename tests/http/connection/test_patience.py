"""A client that is too slow gets 408 or is disconnected."""

import socket
from urllib.parse import urlsplit

import pytest
from tests.http.connection.shapes import LIVE, TOKEN, post
from tests.http.connection.stream import (
    at_once,
    deaf,
    is_forgotten,
    is_read,
    opened,
    read_answers,
    unread_by,
)
from tests.http.test_faults import locked
from tests.http.wire import WIRES

from reticket.http.server import SEND_BUFFER
from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE, until

AKINON = WIRES[0]


@pytest.fixture(scope="module")
def hurried(tmp_path_factory):
    """A service with short deadlines for everything."""
    names = ("HEAD", "BODY", "READ", "IDLE")
    settings = {f"RETICKET_CONNECTIONS__{name}_TIMEOUT": "0.2" for name in names}
    with running_server(tmp_path_factory.mktemp("hurried"), settings=settings) as running:
        yield running


UNFINISHED = {
    "a head": (b"GET /health/live HTTP/1.1\r\nHost: x\r\n", "head_timeout"),
    "a head after another request": (LIVE + b"GET /", "head_timeout"),
    "a body": (post(b"Host: x", b"Content-Length: 20", body=TOKEN[:-1]), "body_timeout"),
    "an unwanted body": (
        LIVE.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n") + b"a", "body_timeout",
    ),
    "a chunk": (post(b"Host: x", b"Transfer-Encoding: chunked", body=b"14\r\n{"), "body_timeout"),
    "trailers": (
        post(b"Host: x", b"Transfer-Encoding: chunked", body=b"0\r\nA: b\r\n"), "body_timeout",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFINISHED)
def test_an_incomplete_request_is_answered_408(hurried, name):
    stream, reason = UNFINISHED[name]
    with opened(hurried.url) as line:
        at_once(line, stream)
        answers = read_answers(line, 3)
        assert answers[-1].status == 408
        assert answers[-1].says_close
        assert line.recv(1) == b""
    assert f'"reason": "{reason}"' in hurried.log.read_text()


@pytest.mark.parametrize("more", [b"", b"drop"])
def test_a_client_that_never_sends_the_refused_body_is_disconnected(hurried, more):
    unwanted = LIVE.replace(b"\r\n\r\n", b"\r\nContent-Length: 10000000\r\n\r\n")
    with opened(hurried.url) as line:
        at_once(line, unwanted)
        assert [answer.status for answer in read_answers(line, 1)] == [200]
        until(lambda: has_ended(line, more), "an end of it")


def has_ended(line, more):
    """Whether the service has closed it, which is sent so much more each time."""
    try:
        at_once(line, more)
        line.setblocking(False)
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_four_hundred_endless_bodies_are_all_disconnected(hurried):
    lines = [opened(hurried.url) for _ in range(400)]
    for line in lines:
        at_once(line, post(b"Host: x", b"Content-Length: 20", body=TOKEN[:-1]))
    for line in lines:
        assert [answer.status for answer in read_answers(line, 2)] == [408]
        line.close()


def test_a_silent_connection_is_closed_without_a_response(hurried):
    with opened(hurried.url) as line:
        assert line.recv(1) == b""


def test_an_idle_connection_is_closed_without_a_response(hurried):
    with opened(hurried.url) as line:
        at_once(line, LIVE)
        (answer,) = read_answers(line, 2)
        assert not answer.says_close


def test_a_client_that_does_not_read_is_disconnected(hurried):
    asked = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with opened(hurried.url) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        at_once(line, asked * 20)
        until(lambda: '"reason": "unread"' in hurried.log.read_text(), "an end of it")


@pytest.mark.parametrize("asked", [5, 100], ids=["little", "much"])
def test_a_client_that_reads_nothing_is_dropped_even_if_little_is_unread(hurried, asked):
    """The service cannot see what the system's own buffers hold."""
    address = urlsplit(hurried.url)
    with deaf(address.hostname, address.port) as line:
        at_once(line, b"GET /docs/assets/swagger-ui.css HTTP/1.1\r\nHost: x\r\n\r\n" * asked)
        until(lambda: is_forgotten(line), "an end of it")


def test_the_send_buffer_of_a_connection_is_small(hurried):
    """Else each connection takes some MiB of its memory (net.ipv4.tcp_wmem)."""
    address, most = urlsplit(hurried.url), []
    with deaf(address.hostname, address.port) as line:
        unread = unread_by(line)
        at_once(line, b"GET /docs/assets/swagger-ui.css HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
        until(lambda: most.append(unread()) or is_forgotten(line), "an end of it")
    assert 0 < max(most) <= 2 * SEND_BUFFER


def test_at_a_stop_a_complete_request_is_answered_with_connection_close(tmp_path):
    settings = {"RETICKET_STOP_TIMEOUT": "3600", "RETICKET_BUSY_TIMEOUT": "300"}
    with running_server(tmp_path, settings=settings) as server, opened(server.url) as line:
        body = AKINON.body_of(AKINON.sign_in(server.url)).encode()
        head = f"{AKINON.method} {AKINON.refresh_path} HTTP/1.1\r\nHost: x\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with locked(server):
            at_once(line, head.encode() + body)
            until(lambda: is_read(line), "a request that was taken")
            server.process.terminate()
            until(lambda: "Shutting down" in server.log.read_text(), "a stop")
        (answer,) = read_answers(line, 2)
        assert (answer.status, answer.says_close) == (201, True)
        assert server.process.wait(PATIENCE) == 0


def test_at_a_stop_an_incomplete_request_is_answered_503_without_delay(tmp_path):
    settings = {"RETICKET_STOP_TIMEOUT": "3600"}
    with running_server(tmp_path, settings=settings) as server, opened(server.url) as line:
        at_once(line, post(b"Host: x", b"Content-Length: 20", body=TOKEN[:-1]))
        at_once(probe := opened(server.url), LIVE)
        read_answers(probe, 1)
        server.process.terminate()
        assert probe.recv(1) == b""
        probe.close()
        (answer,) = read_answers(line, 2)
        assert answer.status == 503
        assert answer.says_close
        assert b"\r\nretry-after: " in answer.head
        assert server.process.wait(60) == 0
