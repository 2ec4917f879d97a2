"""The judge of the fuzz target, held against what RFC 9112 says in so many words."""

import pytest
from tests.fuzz.model import EndSession, read

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.parametrize(
    ("stream", "requests", "end"),
    [
        (b"", 0, EndSession.OPEN),
        (GET, 1, EndSession.OPEN),
        (GET * 3, 3, EndSession.OPEN),
        (b"\r\n" + GET, 1, EndSession.OPEN),
        (b"\r\n\r\n" + GET, 0, EndSession.REFUSED),
        (GET[:-1], 0, EndSession.PARTIAL),
        (GET.replace(b"1.1", b"1.0") + GET, 1, EndSession.CLOSED),
        (HEAD + b"Content-Length: 3\r\n\r\nabc" + GET, 2, EndSession.OPEN),
        (HEAD + b"Content-Length: 4\r\n\r\nabc", 0, EndSession.UNFINISHED),
        (HEAD + b"Connection: a, close\r\n\r\n" + GET, 1, EndSession.CLOSED),
        (
            HEAD + b"Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\nabc",
            1,
            EndSession.OPEN,
        ),
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nA: b\r\n\r\n",
            1,
            EndSession.OPEN,
        ),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 0, EndSession.BROKEN),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 0, EndSession.BROKEN),
        (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 0, EndSession.REFUSED),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 0, EndSession.REFUSED),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 0, EndSession.REFUSED),
        (HEAD + b"A: b\r\n c\r\n\r\n", 0, EndSession.REFUSED),
        (HEAD + b"A : b\r\n\r\n", 0, EndSession.REFUSED),
        (HEAD + b"A: b\nC: d\r\n\r\n", 0, EndSession.REFUSED),
        (HEAD + b"Host: h\r\n\r\n", 0, EndSession.REFUSED),
        (b"GET / HTTP/1.1\r\n\r\n", 0, EndSession.REFUSED),
        (b"GET / HTTP/1.0\r\n\r\n", 1, EndSession.CLOSED),
        (b"GET http://x/y HTTP/1.1\r\nHost: h\r\n\r\n", 1, EndSession.OPEN),
        (b"GET http://[::1]:80/y HTTP/1.1\r\nHost: [v7.a:b]\r\n\r\n", 1, EndSession.OPEN),
        (b"GET http://x[y/ HTTP/1.1\r\nHost: h\r\n\r\n", 0, EndSession.REFUSED),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 0, EndSession.REFUSED),
        (b"GET / HTTP/1.1\r\nHost: h:port\r\n\r\n", 0, EndSession.REFUSED),
    ],
)
def test_rfc9112_requests_of_a_stream(stream, requests, end):
    reading = read(stream)
    assert (len(reading.methods), reading.end) == (requests, end)
