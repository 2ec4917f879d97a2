"""A too long request gets its status, which the client can read, and uses no memory."""

import re

import pytest
from tests.http.connection.shapes import LIVE, get, post, sized
from tests.http.connection.stream import at_once, opened, read_answers
from tests.http.wire import WIRES

from reticket.testing import running_server

AKINON = WIRES[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    settings = {
        "RETICKET_CONNECTIONS__REQUEST_LINE": "2048",
        "RETICKET_CONNECTIONS__HEADER": "4096",
        "RETICKET_CONNECTIONS__HEADERS": "8192",
        "RETICKET_BODY_LIMIT": "100000",
    }
    with running_server(tmp_path_factory.mktemp("limits"), settings=settings) as running:
        yield running


TOO_LONG = {
    "a request line": (b"GET /" + b"z" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "a request line without end": (b"GET /" + b"z" * 1_000_000, 414),
    "a header": (get(b"A: " + b"z" * 5000), 431),
    "headers": (get(*[b"A: " + b"z" * 1000] * 9), 431),
    "headers without end": (b"GET / HTTP/1.1\r\n" + (b"A: " + b"z" * 1000 + b"\r\n") * 1000, 431),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_too_long_head_is_answered_and_the_connection_closes(server, name):
    stream, status = TOO_LONG[name]
    with opened(server.url) as line:
        at_once(line, stream)
        (answer,) = read_answers(line, 2)
    assert answer.status == status
    assert answer.says_close
    assert b"x-correlation-id: " in answer.head
    assert b"zzz" not in answer.head + answer.body


def test_a_refusal_is_logged_once_a_minute_without_the_request(server):
    for _ in range(3):
        with opened(server.url) as line:
            at_once(line, b"GET /secret HTTP/1.1\r\nX-Secret : hidden\r\n\r\n")
            (answer,) = read_answers(line, 2)
            assert (answer.status, answer.body) == (400, b"bad request")
    said = [text for text in server.log.read_text().splitlines() if '"reason": "header"' in text]
    assert len(said) == 1
    assert "hidden" not in said[0]
    assert re.search(r'"correlation_id": "[0-9a-f]{32}"', said[0])


def test_usual_requests_are_within_the_limits(server):
    with opened(server.url) as line:
        at_once(line, get(*[b"A: " + b"z" * 1000] * 7) + LIVE)
        assert [answer.status for answer in read_answers(line, 2)] == [200, 200]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_its_limit_gets_the_refusal_of_its_dialect(server, announced):
    body = b"x" * 300_000
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    stream = sized(body=body) if announced else post(
        b"Host: x", b"Transfer-Encoding: chunked", body=chunk
    )  # fmt: skip
    with opened(server.url) as line:
        at_once(line, stream + LIVE)
        answer, next_answer = read_answers(line, 2)
    assert (answer.status, next_answer.status) == (413, 200)
    assert b"apiError" in answer.body


def test_a_body_that_is_too_long_is_refused_before_it_is_sent(server):
    head = post(b"Host: x", b"Content-Length: 200000", b"Expect: 100-continue", body=b"")
    with opened(server.url) as line:
        at_once(line, head)
        (answer,) = read_answers(line, 1)
    assert answer.status == 413
    assert answer.says_close


@pytest.mark.parametrize("size", [1, 65_536, 99_000])
def test_a_body_of_any_size_arrives_whole(server, size):
    token = AKINON.sign_in(server.url)
    start = b'{"refreshToken":"' + token.encode() + b'","x":"'
    body = start + b"y" * max(size - len(start), 0) + b'"}'
    with opened(server.url) as line:
        at_once(line, sized(body=body) + LIVE)
        assert [answer.status for answer in read_answers(line, 2)] == [201, 200]
