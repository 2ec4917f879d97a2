"""Byte streams about whose requests two readers could disagree, and what they are to us.

`GOOD` and `BAD` stand in a stream where a whole request of its own goes: the first is answered 200,
the second 401 once its body was read.
"""

from __future__ import annotations

from dataclasses import dataclass

LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
TOKEN = b'{"refreshToken":"x"}'
HIDDEN = b"GET /health/ready HTTP/1.1\r\nHost: hidden\r\n\r\n"
"""A request inside a body: a reader that ends the body early would answer it."""

PATH = b"/api/v1/auth/refresh-token"


def post(
    *headers: bytes, body: bytes = TOKEN, target: bytes = PATH, version: bytes = b"1.1"
) -> bytes:
    """A refresh with these headers; `Host` and the length are said there."""
    lines = [b"POST " + target + b" HTTP/" + version, b"Content-Type: application/json", *headers]
    return b"\r\n".join([*lines, b"", b""]) + body


def get(
    *headers: bytes, target: bytes = b"/health/live", version: bytes = b"HTTP/1.1",
    host: tuple[bytes, ...] = (b"Host: x",),
) -> bytes:  # fmt: skip
    """A request without a body."""
    return b"\r\n".join([b"GET " + target + b" " + version, *host, *headers, b"", b""])


def raw_chunks(body: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A refresh in chunks, as they are given."""
    return post(b"Host: x", b"Transfer-Encoding: chunked", body=body + end)


def sized(*headers: bytes, body: bytes = TOKEN, **more: bytes) -> bytes:
    """The same with a host and a length."""
    length = b"Content-Length: %d" % len(body)
    return post(b"Host: x", *headers, length, body=body, **more)


def chunked(*chunks: bytes, trailers: bytes = b"", headers: tuple[bytes, ...] = ()) -> bytes:
    """The same with its body in chunks."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    said = (b"Host: x", b"Transfer-Encoding: chunked", *headers)
    return post(*said, body=body + b"0\r\n" + trailers + b"\r\n")


@dataclass(frozen=True)
class Shape:
    """A stream, the statuses of its answers in order, and whether the connection stays open."""

    name: str
    stream: bytes
    statuses: tuple[int, ...]
    stays: bool = True


def answered(name: str, stream: bytes, *statuses: int, stays: bool = True) -> Shape:
    return Shape(name, stream, statuses, stays)


def refused(name: str, stream: bytes, status: int = 400, before: tuple[int, ...] = ()) -> Shape:
    return Shape(name, stream, (*before, status), stays=False)


ANSWERED = [
    answered("a length", sized(), 401),
    answered("no body", LIVE, 200),
    answered("two in turn", sized() + LIVE, 401, 200),
    answered("many in turn", LIVE * 5 + sized() + LIVE, *[200] * 5, 401, 200),
    answered("a request within a body", sized(body=HIDDEN) + LIVE, 400, 200),
    answered(
        "upgrade to anything", sized(b"Connection: Upgrade", b"Upgrade: anything") + LIVE, 401, 200
    ),
    answered(
        "upgrade to anything, a request within its body",
        sized(b"Connection: Upgrade", b"Upgrade: anything", body=HIDDEN) + LIVE,
        400,
        200,
    ),
    answered(
        "upgrade to websocket",
        sized(b"Connection: Upgrade", b"Upgrade: websocket") + LIVE,
        401,
        200,
    ),
    answered("upgrade without connection", sized(b"Upgrade: h2c") + LIVE, 401, 200),
    answered("connection upgrade alone", sized(b"Connection: upgrade") + LIVE, 401, 200),
    answered(
        "what Java's HttpClient sends",
        sized(
            b"Connection: Upgrade, HTTP2-Settings",
            b"HTTP2-Settings: AAEAAEAAAAIAAAAB",
            b"Upgrade: h2c",
            b"User-Agent: Java-http-client/17",
        )
        + LIVE,
        401,
        200,
    ),
    answered(
        "upgrade with chunks",
        chunked(TOKEN, headers=(b"Connection: Upgrade", b"Upgrade: x")) + LIVE,
        401,
        200,
    ),
    answered("expect 100-continue, body at once", sized(b"Expect: 100-continue") + LIVE, 401, 200),
    answered("an unknown expectation", sized(b"Expect: wonders") + LIVE, 401, 200),
    answered("absolute form", get(target=b"http://y/health/live") + LIVE, 200, 200),
    answered(
        "absolute form with a query",
        b"GET http://y/health/live?a=b HTTP/1.1\r\nHost: y\r\n\r\n",
        200,
    ),
    answered(
        "absolute form, https in capitals",
        b"GET HTTPS://y:1/health/live HTTP/1.1\r\nHost: y\r\n\r\n",
        200,
    ),
    answered(
        "absolute form without a path", b"GET http://y HTTP/1.1\r\nHost: y\r\n\r\n" + LIVE, 200, 200
    ),
    answered("the whole server", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" + LIVE, 404, 200),
    answered("HTTP/1.0 without host", b"GET /health/live HTTP/1.0\r\n\r\n", 200, stays=False),
    answered(
        "HTTP/1.0 with host", b"GET /health/live HTTP/1.0\r\nHost: x\r\n\r\n", 200, stays=False
    ),
    answered("HTTP/1.0 with a body", post(b"Content-Length: 20", version=b"1.0"), 401, stays=False),
    answered(
        "connection close",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        200,
        stays=False,
    ),
    answered(
        "nothing after close",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + LIVE,
        200,
        stays=False,
    ),
    answered("an empty line before a request", b"\r\n" + LIVE + b"\r\n" + LIVE, 200, 200),
    answered("one chunk", chunked(TOKEN) + LIVE, 401, 200),
    answered("many chunks", chunked(*(bytes([byte]) for byte in TOKEN)) + LIVE, 401, 200),
    answered("a request within a chunk", chunked(HIDDEN) + LIVE, 400, 200),
    answered(
        "chunked in capitals",
        post(b"Host: x", b"Transfer-Encoding: CHUNKED", body=b"14\r\n" + TOKEN + b"\r\n0\r\n\r\n")
        + LIVE,
        401,
        200,
    ),
    answered(
        "chunk extensions",
        raw_chunks(b'14;a=b;c="d"\r\n' + TOKEN + b"\r\n", b"0;e\r\n\r\n") + LIVE,
        401,
        200,
    ),
    answered(
        "trailers", chunked(TOKEN, trailers=b"A: b\r\nContent-Length: 9\r\n") + LIVE, 401, 200
    ),
    answered(
        "space around a value",
        b"GET /health/live HTTP/1.1\r\nHost: \t x \t\r\nA:\r\nB: \t\r\n\r\n" + LIVE,
        200,
        200,
    ),
    answered(
        "a host with a port, and one of IPv6",
        b"GET /health/live HTTP/1.1\r\nHost: [::1]:8\r\n\r\n" + LIVE,
        200,
        200,
    ),
    answered(
        "bytes of a value beyond ASCII",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: \xc3\xa9\r\n\r\n",
        200,
    ),
]

_TE = b"Transfer-Encoding: chunked"
_CHUNKS = b"14\r\n" + TOKEN + b"\r\n0\r\n\r\n"

REFUSED = [
    refused(
        "length and chunked", post(b"Host: x", b"Content-Length: 20", _TE, body=_CHUNKS) + LIVE
    ),
    refused(
        "chunked and length", post(b"Host: x", _TE, b"Content-Length: 20", body=_CHUNKS) + LIVE
    ),
    refused(
        "unequal lengths", post(b"Host: x", b"Content-Length: 20", b"Content-Length: 0") + LIVE
    ),
    refused("equal lengths", post(b"Host: x", b"Content-Length: 20", b"Content-Length: 20") + LIVE),
    refused("a list of lengths", post(b"Host: x", b"Content-Length: 20, 20") + LIVE),
    refused("a signed length", post(b"Host: x", b"Content-Length: +20") + LIVE),
    refused("a negative length", post(b"Host: x", b"Content-Length: -1") + LIVE),
    refused("a hexadecimal length", post(b"Host: x", b"Content-Length: 0x14") + LIVE),
    refused("a length in other digits", post(b"Host: x", "Content-Length: ٢٠".encode()) + LIVE),
    refused("a length with an underscore", post(b"Host: x", b"Content-Length: 2_0") + LIVE),
    refused("an endless length", post(b"Host: x", b"Content-Length: " + b"9" * 19) + LIVE),
    refused("an empty length", post(b"Host: x", b"Content-Length:") + LIVE),
    refused("another coding", post(b"Host: x", b"Transfer-Encoding: gzip") + LIVE),
    refused(
        "two codings", post(b"Host: x", b"Transfer-Encoding: gzip, chunked", body=_CHUNKS) + LIVE
    ),
    refused("chunked twice", post(b"Host: x", _TE, _TE, body=_CHUNKS) + LIVE),
    refused(
        "chunked in a list twice",
        post(b"Host: x", b"Transfer-Encoding: chunked, chunked", body=_CHUNKS) + LIVE,
    ),
    refused(
        "chunked, then identity",
        post(b"Host: x", b"Transfer-Encoding: chunked, identity", body=_CHUNKS) + LIVE,
    ),
    refused("identity", post(b"Host: x", b"Transfer-Encoding: identity") + LIVE),
    refused(
        "nearly chunked", post(b"Host: x", b"Transfer-Encoding: xchunked", body=_CHUNKS) + LIVE
    ),
    refused(
        "chunked in quotes", post(b"Host: x", b'Transfer-Encoding: "chunked"', body=_CHUNKS) + LIVE
    ),
    refused(
        "chunked after a vertical tab",
        post(b"Host: x", b"Transfer-Encoding: \x0bchunked", body=_CHUNKS) + LIVE,
    ),
    refused("an empty coding", post(b"Host: x", b"Transfer-Encoding:", body=_CHUNKS) + LIVE),
    refused("two other bytes after a chunk", raw_chunks(b"14\r\n" + TOKEN + b"XX") + LIVE),
    refused("chunked in HTTP/1.0", post(b"Host: x", _TE, body=_CHUNKS, version=b"1.0") + LIVE),
    refused("space before the colon", post(b"Host: x", b"Content-Length : 20") + LIVE),
    refused(
        "tab before the colon",
        post(b"Host: x", b"Transfer-Encoding\t: chunked", body=_CHUNKS) + LIVE,
    ),
    refused(
        "a folded value", post(b"Host: x", b"Transfer-Encoding:\r\n chunked", body=_CHUNKS) + LIVE
    ),
    refused(
        "a folded value after another",
        post(b"Host: x", b"A: b\r\n\tContent-Length: 0", b"Content-Length: 20") + LIVE,
    ),
    refused(
        "a first header that is folded",
        b"GET /health/live HTTP/1.1\r\n A: b\r\nHost: x\r\n\r\n" + LIVE,
    ),
    refused("bare LF in the request line", b"GET /health/live HTTP/1.1\nHost: x\r\n\r\n" + LIVE),
    refused("bare LF after a header", b"GET /health/live HTTP/1.1\r\nHost: x\n\r\n" + LIVE),
    refused("bare LF everywhere", b"GET /health/live HTTP/1.1\nHost: x\n\n" + LIVE),
    refused(
        "bare LF within a value",
        post(b"Host: x", b"A: b\nContent-Length: 0", b"Content-Length: 20") + LIVE,
    ),
    refused(
        "bare CR within a value",
        post(b"Host: x", b"A: b\rContent-Length: 0", b"Content-Length: 20") + LIVE,
    ),
    refused("CR CR LF", b"GET /health/live HTTP/1.1\r\r\nHost: x\r\n\r\n" + LIVE),
    refused("NUL within a value", post(b"Host: x", b"A: b\0", b"Content-Length: 20") + LIVE),
    refused("a header without a colon", post(b"Host: x", b"A", b"Content-Length: 20") + LIVE),
    refused("a header without a name", post(b"Host: x", b": b", b"Content-Length: 20") + LIVE),
    refused("a name with a control", post(b"Host: x", b"A\x01: b", b"Content-Length: 20") + LIVE),
    refused(
        "a name beyond ASCII",
        post(b"Host: x", b"Content\xa0Length: 0", b"Content-Length: 20") + LIVE,
    ),
    refused("HTTP/1.1 without host", b"GET /health/live HTTP/1.1\r\n\r\n" + LIVE),
    refused("two hosts", b"GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + LIVE),
    refused("two equal hosts", b"GET /health/live HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n" + LIVE),
    refused(
        "two hosts in HTTP/1.0", b"GET /health/live HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n" + LIVE
    ),
    refused("two hosts in a list", b"GET /health/live HTTP/1.1\r\nHost: x, y\r\n\r\n" + LIVE),
    refused("a host with a path", b"GET /health/live HTTP/1.1\r\nHost: x/y\r\n\r\n" + LIVE),
    refused(
        "a host with a name before it", b"GET /health/live HTTP/1.1\r\nHost: a@x\r\n\r\n" + LIVE
    ),
    refused("absolute form without host", b"GET http://x/health/live HTTP/1.1\r\n\r\n" + LIVE),
    refused("absolute form with a name", get(target=b"http://a@x/health/live") + LIVE),
    refused("absolute form of another scheme", get(target=b"ftp://x/health/live") + LIVE),
    refused("a target without a slash", get(target=b"health/live") + LIVE),
    refused("a target with a fragment", get(target=b"/health/live#x") + LIVE),
    refused("a target with a space", b"GET /health/live /x HTTP/1.1\r\nHost: x\r\n\r\n" + LIVE),
    refused("a target with a tab", get(target=b"/health/live\t") + LIVE),
    refused("a target beyond ASCII", get(target=b"/\xc3\xa9") + LIVE),
    refused("an asterisk to get", get(target=b"*") + LIVE),
    refused("connect", b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n" + LIVE),
    refused(
        "connect with an absolute target", b"CONNECT http://x/ HTTP/1.1\r\nHost: x\r\n\r\n" + LIVE
    ),
    refused("two spaces after the method", b"GET  /health/live HTTP/1.1\r\nHost: x\r\n\r\n" + LIVE),
    refused("a space before the method", b" GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" + LIVE),
    refused("a space after the version", b"GET /health/live HTTP/1.1 \r\nHost: x\r\n\r\n" + LIVE),
    refused("no version", b"GET /health/live\r\nHost: x\r\n\r\n" + LIVE),
    refused("a version in small letters", b"GET /health/live http/1.1\r\nHost: x\r\n\r\n" + LIVE),
    refused("a version of three digits", b"GET /health/live HTTP/1.10\r\nHost: x\r\n\r\n" + LIVE),
    refused("the version of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + LIVE, 505),
    refused("HTTP/1.2", b"GET /health/live HTTP/1.2\r\nHost: x\r\n\r\n" + LIVE, 505),
    refused("two empty lines before a request", b"\r\n\r\n" + LIVE),
    refused("TLS where none is spoken", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    refused("a chunk without a size", raw_chunks(b"\r\n" + TOKEN + b"\r\n") + LIVE),
    refused(
        "a chunk size that is no number", post(b"Host: x", _TE, body=b"x\r\n\r\n0\r\n\r\n") + LIVE
    ),
    refused("a chunk size with a sign", raw_chunks(b"+14\r\n" + TOKEN + b"\r\n") + LIVE),
    refused("a chunk size with 0x", raw_chunks(b"0x14\r\n" + TOKEN + b"\r\n") + LIVE),
    refused("a chunk size with a space", raw_chunks(b"14 \r\n" + TOKEN + b"\r\n") + LIVE),
    refused(
        "a chunk size that overflows",
        raw_chunks(b"1" + b"0" * 15 + b"14\r\n" + TOKEN + b"\r\n") + LIVE,
    ),
    refused("a chunk size after bare LF", raw_chunks(b"14\n" + TOKEN + b"\r\n") + LIVE),
    refused("a chunk that is longer than it says", raw_chunks(b"13\r\n" + TOKEN + b"\r\n") + LIVE),
    refused(
        "bare LF after a chunk",
        post(b"Host: x", _TE, body=b"14\r\n" + TOKEN + b"\n0\r\n\r\n") + LIVE,
    ),
    refused("bare LF in a chunk extension", raw_chunks(b"14;a\nb\r\n" + TOKEN + b"\r\n") + LIVE),
    refused(
        "an endless chunk extension",
        raw_chunks(b"14;" + b"a" * 300 + b"\r\n" + TOKEN + b"\r\n") + LIVE,
    ),
    refused("bare LF in a trailer", chunked(TOKEN, trailers=b"A: b\n") + LIVE),
    refused("a folded trailer", chunked(TOKEN, trailers=b"A: b\r\n c\r\n") + LIVE),
    refused("a trailer without a colon", chunked(TOKEN, trailers=b"A\r\n") + LIVE),
    refused("the second of two", LIVE + b"GET /health/live HTTP/1.1\r\n\r\n" + LIVE, before=(200,)),
]

SHAPES = [*ANSWERED, *REFUSED]
