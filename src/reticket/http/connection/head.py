"""The head of a request (RFC 9112 §2 to §6), read strictly: where two readers could disagree about
the end of a request, it is refused. Pure.
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
_BEGINNING = re.compile(TOKEN + rb"{1,32}+(?: |\Z)")
_FOLDED = re.compile(rb"\r\n[ \t]")

_LONGEST_LENGTH = 18
"""Digits."""
_HOST = re.compile(
    rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=%]*|\[[0-9A-Fa-f:.]+\]|\[v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~:]+\])"
    rb"(?::[0-9]{0,5})?"
)
_ABSOLUTE = re.compile(rb"https?://([^/?]+)(.*)", re.IGNORECASE)

CHUNKED = -1
"""The length of a body that comes in chunks."""

Headers = list[tuple[bytes, bytes]]


class Head(NamedTuple):
    """What stands before a body.

    Args:
        length: bytes of the body, or CHUNKED.
        keep_alive: whether the client lets the connection stay open.
        expects: whether it waits for 100 before it sends the body (RFC 9110 §10.1.1).
        known: all values of headers that a connection reads itself.
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


def parse(said: bytes, limits: Limits) -> Head:
    """A whole head, its empty line included. Refused when it is not one that all agree about."""
    _check_size(said, limits)
    found = _HEAD.fullmatch(said)
    if found is None:
        raise Refused(*_fault(said))
    method, target, version, fields = found.groups()
    headers, framing = _fields(fields)
    modern = version == b"1.1"
    _check_host(framing.get(b"host", ()), modern)
    raw_path, query = _place(method, target, headers)
    path = raw_path.decode("ascii")
    options = _options(framing)
    return Head(
        method.decode("ascii"),
        unquote(path) if "%" in path else path,
        raw_path,
        query,
        "1.1" if modern else "1.0",
        headers,
        _length(framing, modern),
        modern and b"close" not in options,
        modern and b"100-continue" in map(bytes.lower, framing.get(b"expect", ())),
        framing,
    )


def check_beginning(said: bytearray, line_end: int) -> None:
    """Refuse early what cannot become a head.

    Args:
        said: the bytes of a head so far.
        line_end: where its first line ends; -1 while it does not.
    """
    if line_end >= 0:
        if not _REQUEST_LINE.match(said):
            raise Refused(*_fault(bytes(said[: line_end + 2])))
    elif said and not _BEGINNING.match(said):
        raise Refused(400, "request_line")


def _check_size(said: bytes, limits: Limits) -> None:
    line = said.find(b"\r\n")
    if line > limits.line:
        raise Refused(414, "request_line_too_long")
    length = len(said) - line - len(b"\r\n" + b"\r\n\r\n")
    if length > limits.headers:
        raise Refused(431, "headers_too_long")
    long = length > limits.header
    if long and max(map(len, said[line:].split(b"\r\n"))) > limits.header:
        raise Refused(431, "header_too_long")


def _fields(said: bytes) -> tuple[Headers, dict[bytes, list[bytes]]]:
    """Names in small letters, and values without the blanks around them (RFC 9112 §5); and those
    that a connection reads itself, each with all of its values.
    """
    lines = said.split(b"\r\n", MOST_HEADERS + 1)
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


def _fault(said: bytes) -> tuple[int, str]:
    """The status for a head that is none, and the word for it."""
    if not _REQUEST_LINE.match(said):
        if _OTHER_VERSION.match(said):
            return 505, "version"
        return 400, "request_line"
    return 400, "folding" if _FOLDED.search(said) else "header"


_KNOWN = frozenset(
    {
        b"host", b"content-length", b"transfer-encoding", b"connection", b"expect",
        b"x-forwarded-for", b"x-forwarded-proto",
    }
)  # fmt: skip


def _check_host(hosts: Sequence[bytes], modern: bool) -> None:
    """Exactly one, or in HTTP/1.0 at most one (RFC 9112 §3.2)."""
    if len(hosts) > 1 or (modern and not hosts):
        raise Refused(400, "host")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise Refused(400, "host")


def _length(framing: Mapping[bytes, Sequence[bytes]], modern: bool) -> int:
    """RFC 9112 §6.3, without its leniencies: equal lengths twice are refused as well."""
    codings = framing.get(b"transfer-encoding")
    lengths = framing.get(b"content-length")
    if codings is None and lengths is None:
        return 0
    if codings is None and lengths is not None:
        said = lengths[0]
        if len(lengths) > 1 or not said.isdigit() or len(said) > _LONGEST_LENGTH:
            raise Refused(400, "content_length")
        return int(said)
    if (
        lengths is not None
        or not modern
        or [each.lower() for each in codings or ()] != [b"chunked"]
    ):
        raise Refused(400, "transfer_encoding")
    return CHUNKED


def _options(framing: Mapping[bytes, Sequence[bytes]]) -> set[bytes]:
    """What `Connection` says, in lower case. `Upgrade` may be ignored (RFC 9110 §7.8), and is."""
    said = framing.get(b"connection")
    if said is None:
        return set()
    return {option.strip(b" \t").lower() for option in b",".join(said).split(b",")}


def _place(method: bytes, target: bytes, headers: Headers) -> tuple[bytes, bytes]:
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
