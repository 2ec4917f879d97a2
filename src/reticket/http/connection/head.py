"""The head of a request (RFC 9112 §2 to §6), parsed strictly. Pure.

A request is refused when two readers could disagree about where it ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from reticket.http.connection.limits import MOST_HEADERS, Limits
from reticket.http.connection.refused import Refused

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
FIELD = rb"(?:" + TOKEN + rb"++:[\t\x20-\x7e\x80-\xff]*+\r\n)"

BARE = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
"""LF or CR without the other (RFC 9112 §2.2)."""

_LINE = rb"(" + TOKEN + rb"{1,32}+) ([\x21\x22\x24-\x7e]++) HTTP/(1\.[01])\r\n"
_HEAD = re.compile(_LINE + rb"(" + FIELD + rb"*+)\r\n")
_REQUEST_LINE = re.compile(_LINE)
_OTHER_VERSION = re.compile(rb"[^ \r\n]+ [^ \r\n]+ HTTP/(?!1\.[01])[0-9]\.[0-9]\r\n")
_START = re.compile(TOKEN + rb"{1,32}+(?: |\Z)")
_FOLDED = re.compile(rb"\r\n[ \t]")

_LONGEST_LENGTH = 18
"""Digits of a Content-Length."""
_HOST = re.compile(
    rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=%]*|\[[0-9A-Fa-f:.]+\]|\[v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~:]+\])"
    rb"(?::[0-9]{0,5})?"
)
_ABSOLUTE = re.compile(rb"https?://([^/?]+)(.*)", re.IGNORECASE)

CHUNKED = -1
"""The length of a chunked body."""

Headers = list[tuple[bytes, bytes]]


class Head(NamedTuple):
    """The head of a request.

    Args:
        method / path / query / version / headers: as ASGI has them.
        raw_path: the path as sent.
        length: bytes of the body, or CHUNKED.
        keep_alive: whether the client allows the connection to stay open.
        expects: whether it waits for 100 Continue before it sends the body (RFC 9110 §10.1.1).
        known: all values of headers that the connection itself needs.
    """

    method: str
    path: str
    raw_path: bytes
    query: bytes
    version: str
    headers: Headers
    length: int
    keep_alive: bool
    expects: bool
    known: Mapping[bytes, Sequence[bytes]]


def parse(raw: bytes, limits: Limits) -> Head:
    """Parse a whole head, including its empty line. Refused when it is not well-formed."""
    _check_size(raw, limits)
    found = _HEAD.fullmatch(raw)
    if found is None:
        raise Refused(*_fault(raw))
    method, target, version, fields = found.groups()
    headers, framing = _fields(fields)
    is_http11 = version == b"1.1"
    _check_host(framing.get(b"host", ()), is_http11)
    raw_path, query = _path_and_query(method, target, headers)
    path = raw_path.decode("ascii")
    options = _options(framing)
    return Head(
        method.decode("ascii"),
        unquote(path) if "%" in path else path,
        raw_path,
        query,
        "1.1" if is_http11 else "1.0",
        headers,
        _length(framing, is_http11),
        is_http11 and b"close" not in options,
        is_http11 and b"100-continue" in map(bytes.lower, framing.get(b"expect", ())),
        framing,
    )


def check_start(raw: bytearray, line_end: int) -> None:
    """Refuse early what cannot become a head.

    Args:
        raw: the bytes of a head so far.
        line_end: where its first line ends; -1 while it does not.
    """
    if line_end >= 0:
        if not _REQUEST_LINE.match(raw):
            raise Refused(*_fault(bytes(raw[: line_end + 2])))
    elif raw and not _START.match(raw):
        raise Refused(400, "request_line")


def _check_size(raw: bytes, limits: Limits) -> None:
    line = raw.find(b"\r\n")
    if line > limits.line:
        raise Refused(414, "request_line_too_long")
    length = len(raw) - line - len(b"\r\n" + b"\r\n\r\n")
    if length > limits.headers:
        raise Refused(431, "headers_too_long")
    has_long_header = length > limits.header
    if has_long_header and max(map(len, raw[line:].split(b"\r\n"))) > limits.header:
        raise Refused(431, "header_too_long")


def _fields(raw: bytes) -> tuple[Headers, dict[bytes, list[bytes]]]:
    """Names in lower case and values without surrounding blanks (RFC 9112 §5); and the headers that
    the connection itself needs, each with all its values.
    """
    lines = raw.split(b"\r\n", MOST_HEADERS + 1)
    if len(lines) > MOST_HEADERS + 1:
        raise Refused(431, "too_many_headers")
    headers: Headers = []
    known: dict[bytes, list[bytes]] = {}
    for line in lines[:-1]:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        headers.append((name, value))
        if name in _KNOWN:
            known.setdefault(name, []).append(value)
    return headers, known


def _fault(raw: bytes) -> tuple[int, str]:
    """The status for a malformed head, and the reason."""
    if not _REQUEST_LINE.match(raw):
        if _OTHER_VERSION.match(raw):
            return 505, "version"
        return 400, "request_line"
    return 400, "folding" if _FOLDED.search(raw) else "header"


_KNOWN = frozenset(
    {
        b"host", b"content-length", b"transfer-encoding", b"connection", b"expect",
        b"x-forwarded-for", b"x-forwarded-proto",
    }
)  # fmt: skip


def _check_host(hosts: Sequence[bytes], is_http11: bool) -> None:
    """Exactly one Host, or at most one in HTTP/1.0 (RFC 9112 §3.2)."""
    if len(hosts) > 1 or (is_http11 and not hosts):
        raise Refused(400, "host")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise Refused(400, "host")


def _length(framing: Mapping[bytes, Sequence[bytes]], is_http11: bool) -> int:
    """RFC 9112 §6.3, more strictly: two equal lengths are refused as well."""
    codings = framing.get(b"transfer-encoding")
    lengths = framing.get(b"content-length")
    if codings is None and lengths is None:
        return 0
    if codings is None and lengths is not None:
        raw = lengths[0]
        if len(lengths) > 1 or not raw.isdigit() or len(raw) > _LONGEST_LENGTH:
            raise Refused(400, "content_length")
        return int(raw)
    if (
        lengths is not None
        or not is_http11
        or [each.lower() for each in codings or ()] != [b"chunked"]
    ):
        raise Refused(400, "transfer_encoding")
    return CHUNKED


def _options(framing: Mapping[bytes, Sequence[bytes]]) -> set[bytes]:
    """The options of `Connection` in lower case. `Upgrade` is ignored, as RFC 9110 §7.8 permits."""
    raw = framing.get(b"connection")
    if raw is None:
        return set()
    return {option.strip(b" \t").lower() for option in b",".join(raw).split(b",")}


def _path_and_query(method: bytes, target: bytes, headers: Headers) -> tuple[bytes, bytes]:
    """Path and query of a target (RFC 9112 §3.2); an absolute one replaces `Host`."""
    if target.startswith(b"/"):
        path, _, query = target.partition(b"?")
        return path, query
    if target == b"*" and method == b"OPTIONS":
        return target, b""
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or method == b"CONNECT" or not _HOST.fullmatch(absolute[1]):
        raise Refused(400, "target")
    headers[:] = [(b"host", absolute[1])] + [each for each in headers if each[0] != b"host"]
    path, _, query = absolute[2].partition(b"?")
    return path or b"/", query
