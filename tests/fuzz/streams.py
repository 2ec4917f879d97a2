"""Streams of bytes for a server: valid requests, nearly valid ones, hostile ones, cut anywhere."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

PATHS = (b"/health/live", b"/no-such-page", b"/api/v1/no-such-place", b"/api/v4/site/ping")
METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"OPTIONS", b"DELETE", b"M-SEARCH", b"get")
HARMLESS = (
    b"Connection: keep-alive",
    b"Connection: Upgrade\r\nUpgrade: websocket",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    b"Upgrade: anything",
    b"Accept: */*",
    b"X-Empty:",
    b"X-Tab:\tvalue\t",
    b"X-High: \xe9\xff",
    b"Transfer_Encoding: chunked",
    b"TE: trailers",
    b"Trailer: X-Sum",
    b"X-Long: " + b"a" * 200,
)
HOSTILE = (
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding:",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding\t: chunked",
    b"Transfer-Encoding\x00: chunked",
    b"Content-Length: 5",
    b"Content-Length: 6",
    b"Content-Length: +5",
    b"Content-Length: -5",
    b"Content-Length: 0x5",
    b"Content-Length: 5, 5",
    b"Content-Length: 5 5",
    b"Content-Length: 5_0",
    b"Content-Length:",
    b"Content-Length: \xb2",
    b"Content-Length : 5",
    b"Content-Length: 99999999999999999999999",
    b"Host: other",
    b"Host: two words",
    b"Host: a/b",
    b" folded: line",
    b"\tfolded",
    b"X-Folded: one\r\n two",
    b"X-Line: one\ntwo: three",
    b"X-Return: one\rtwo",
    b"X-Null: a\x00b",
    b"X-Bell: \x07",
    b"X-Delete: \x7f",
    b"no colon",
    b": no name",
    b"X Space: value",
    b"X\xe9: value",
    b"Connection: close",
    b"Connection: keep-alive, Close",
)
LINES = (
    b"GET  /health/live HTTP/1.1",
    b"GET /health/live  HTTP/1.1",
    b"GET\t/health/live HTTP/1.1",
    b" GET /health/live HTTP/1.1",
    b"GET /health/live HTTP/1.1 ",
    b"GET /health/live",
    b"GET /health/live HTTP/0.9",
    b"GET /health/live HTTP/2.0",
    b"GET /health/live HTTP/1.10",
    b"GET /health/live http/1.1",
    b"GET /health/live#x HTTP/1.1",
    b"GET /health/\xe9 HTTP/1.1",
    b"GET /health/\x00 HTTP/1.1",
    b"GET health/live HTTP/1.1",
    b"GET * HTTP/1.1",
    b"CONNECT h:80 HTTP/1.1",
    b"G@T /health/live HTTP/1.1",
    b"GET ftp://h/ HTTP/1.1",
    b"GET http:///health/live HTTP/1.1",
    b"PRI * HTTP/2.0",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
SIZES = (
    b"0x5",
    b"+5",
    b"-5",
    b"",
    b" 5",
    b"5 ",
    b"g",
    b"5;\n",
    b"5;a\x00",
    b"f" * 16,
    b"5\r;",
    b"5,5",
)

Chunk = Callable[[bytes], bytes]


def stream(random: Random) -> bytes:
    """Some requests in a row; mostly valid, so that what follows a hostile one is read or not."""
    parts = [_request(random) for _ in range(random.randint(1, 5))]
    joined = b"".join(parts)
    if random.random() < 0.1:
        joined = _bitten(random, joined)
    if random.random() < 0.15:
        joined = joined[: random.randrange(len(joined) + 1)]
    return joined


def pieces(random: Random, whole: bytes) -> list[bytes]:
    """The stream cut at random places: whole, in a few pieces, or byte by byte."""
    kind = random.random()
    if kind < 0.3 or len(whole) < 2:
        return [whole]
    if kind < 0.4:
        return [whole[at : at + 1] for at in range(min(len(whole), 600))] + [whole[600:]]
    cuts = sorted(random.randrange(1, len(whole)) for _ in range(random.randint(1, 6)))
    return [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True) if a < b]


def _request(random: Random) -> bytes:
    line = _request_line(random)
    headers = [b"Host: h", *random.sample(HARMLESS, random.randint(0, 3))]
    body = _body(random, headers)
    if random.random() < 0.15:
        headers.insert(random.randint(0, len(headers)), random.choice(HOSTILE))
    if random.random() < 0.03:
        headers.remove(b"Host: h")
    if random.random() < 0.05:
        headers.append(random.choice((b"Connection: close", b"connection:keep-alive , CLOSE")))
    random.shuffle(headers)
    end = b"\n" if random.random() < 0.03 else b"\r\n"
    empty = b"\r\n" * random.choice((0, 0, 0, 0, 0, 0, 0, 1, 1, 2))
    return empty + end.join([line, *headers, b"", b""]) + body


def _request_line(random: Random) -> bytes:
    if random.random() < 0.06:
        return random.choice(LINES)
    target = random.choice(PATHS)
    if random.random() < 0.1:
        target = b"http://elsewhere.example:80" + target
    if random.random() < 0.1:
        target += b"?a=%20&b=" + b"x" * random.choice((0, 10, 3000))
    version = b"HTTP/1.0" if random.random() < 0.04 else b"HTTP/1.1"
    return b" ".join((random.choice(METHODS), target, version))


def _body(random: Random, headers: list[bytes]) -> bytes:
    """A body that fits its header, most times."""
    kind = random.random()
    if kind < 0.5:
        return b""
    content = _content(random)
    if random.random() < 0.2:
        headers.append(b"Expect: 100-continue")
    if kind < 0.75:
        said = len(content) + (random.choice((-1, 1, 7)) if random.random() < 0.05 else 0)
        headers.append(b"Content-Length: %d" % max(said, 0))
        return content
    headers.append(random.choice((b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED")))
    return _chunks(random, content)


def _content(random: Random) -> bytes:
    """Bytes that a server must not take for requests."""
    hidden = b"GET /health/live HTTP/1.1\r\nHost: hidden\r\n\r\n"
    choices = (b"", b"{}", hidden, hidden * 3, b"\r\n" + hidden, b"0\r\n\r\n" + hidden, b"x" * 900)
    return random.choice(choices)


def _chunks(random: Random, content: bytes) -> bytes:
    said = b""
    while content:
        size = random.randint(1, len(content))
        said += _chunk_line(random, size) + content[:size]
        said += b"\n" if random.random() < 0.01 else b"\r\n"
        content = content[size:]
    trailers = random.choice(
        (b"", b"", b"", b"X-Sum: 1\r\n", b"X-Sum : 1\r\n", b"Content-Length: 5\r\n")
    )
    return said + random.choice((b"0", b"0", b"000", b"0;end")) + b"\r\n" + trailers + b"\r\n"


def _chunk_line(random: Random, size: int) -> bytes:
    if random.random() < 0.02:
        return random.choice(SIZES) + b"\r\n"
    digits = (b"%x" if random.random() < 0.5 else b"%X") % size
    extension = random.choice((b"", b"", b"", b";a=b", b" ; a", b';a="b;c"'))
    return digits + extension + b"\r\n"


def _bitten(random: Random, whole: bytes) -> bytes:
    """One byte changed, dropped or doubled."""
    at = random.randrange(len(whole))
    instead = random.choice((b"", whole[at : at + 1] * 2, bytes([random.randrange(256)])))
    return whole[:at] + instead + whole[at + 1 :]
