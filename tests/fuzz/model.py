"""How many requests a stream of bytes holds, from RFC 9112: the judge of the fuzz target.

It reads the whole stream at once, line by line, and shares nothing with the parser that it judges.
Where the RFC leaves a choice, the safe one is demanded: what two readers could understand
differently is refused.
"""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from enum import Enum

TOKEN = frozenset(b"!#$%&'*+-.^_`|~" + (string.ascii_letters + string.digits).encode())
VALUE = frozenset(b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100)))
TARGET = frozenset(range(0x21, 0x7F)) - {ord("#")}
NAME = frozenset(b"-._~%!$&'()*+,;=" + (string.ascii_letters + string.digits).encode())
ADDRESS = frozenset(b":." + string.hexdigits.encode())
DIGITS = frozenset(string.digits.encode())
LONGEST_PORT = 5
LITERAL = NAME - {ord("%")} | {ord(":")}


class EndSession(Enum):
    """What stands behind the last whole request."""

    OPEN = "nothing: another request may come"
    PARTIAL = "the beginning of a head"
    UNFINISHED = "the beginning of a body, whose head was whole"
    CLOSED = "whatever it is: the request asked to close"
    REFUSED = "a head that is none"
    BROKEN = "a body that is none, of a request whose head was whole"


@dataclass(slots=True)
class Reading:
    """The requests of a stream.

    Args:
        methods: of the whole requests, in order.
        bodies: whether each has a body that must be read to find its end.
        end: what follows them.
        begun: the method of the request whose body is unfinished or broken.
    """

    methods: list[str] = field(default_factory=list)
    bodies: list[bool] = field(default_factory=list)
    end: EndSession = EndSession.OPEN
    begun: str = "GET"


class _Refused(Exception):
    """The stream cannot be read on."""


class _Short(Exception):
    """The stream ends within something."""


def read(stream: bytes) -> Reading:
    """The requests in that stream."""
    reading, rest = Reading(), stream
    while rest and reading.end is EndSession.OPEN:
        rest = _request(reading, rest)
    return reading


def _request(reading: Reading, rest: bytes) -> bytes:
    """One more request; what follows it."""
    try:
        line, lines, rest = _head(rest)
        method, modern = _request_line(line)
        headers = [_field(each) for each in lines]
        _check_host(headers, modern)
        framing = _framing(headers, modern)
    except (_Refused, _Short) as fault:
        reading.end = EndSession.REFUSED if isinstance(fault, _Refused) else EndSession.PARTIAL
        return b""
    try:
        length, rest = _chunked(rest) if framing is None else _counted(rest, framing)
    except (_Refused, _Short) as fault:
        reading.end = EndSession.BROKEN if isinstance(fault, _Refused) else EndSession.UNFINISHED
        reading.begun = method
        return b""
    reading.methods.append(method)
    reading.bodies.append(framing is None or length > 0)
    if not modern or b"close" in _list(headers, b"connection"):
        reading.end = EndSession.CLOSED
    return rest


def _line(rest: bytes) -> tuple[bytes, bytes]:
    """A line without its end (§2.2): CR LF, and neither of them alone."""
    at = rest.find(b"\n")
    whole = rest if at < 0 else rest[: at + 1]
    text = whole.removesuffix(b"\r\n") if at >= 0 else whole
    if at >= 0 and not whole.endswith(b"\r\n"):
        raise _Refused
    if b"\r" in (text if at >= 0 else text[:-1]):
        raise _Refused
    if at < 0:
        raise _Short
    return text, rest[at + 1 :]


def _head(rest: bytes) -> tuple[bytes, list[bytes], bytes]:
    """The request line, after at most one empty line (§2.2), and the header lines (§5)."""
    line, rest = _line(rest)
    if not line:
        if not rest:
            raise _Short
        line, rest = _line(rest)
    lines, rest = _fields(rest)
    return line, lines, rest


def _fields(rest: bytes) -> tuple[list[bytes], bytes]:
    lines: list[bytes] = []
    while True:
        text, rest = _line(rest)
        if not text:
            return lines, rest
        lines.append(text)


def _request_line(line: bytes) -> tuple[str, bool]:
    """The method, and whether it is HTTP/1.1 (§3)."""
    words = line.split(b" ")
    if len(words) != 3 or words[2] not in (b"HTTP/1.0", b"HTTP/1.1"):
        raise _Refused
    method, target, version = words
    if not method or not set(method) <= TOKEN or not target or not set(target) <= TARGET:
        raise _Refused
    _check_target(method, target)
    return method.decode(), version == b"HTTP/1.1"


def _check_target(method: bytes, target: bytes) -> None:
    """§3.2: an origin-form, an absolute-form of http, or `*` of OPTIONS. We are no proxy."""
    if target.startswith(b"/") or (target == b"*" and method == b"OPTIONS"):
        return
    scheme, colon, rest = target.partition(b"://")
    authority = rest.split(b"/")[0].split(b"?")[0]
    if method == b"CONNECT" or not colon or scheme.lower() not in (b"http", b"https"):
        raise _Refused
    if not authority or not _is_host(authority):
        raise _Refused


def _is_host(said: bytes) -> bool:
    """A name or an address and maybe a port (RFC 3986 §3.2.2): brackets stand around an address."""
    if said.startswith(b"["):
        address, bracket, rest = said[1:].partition(b"]")
        fits = bool(bracket) and _is_address(address) and rest[:1] in (b"", b":")
        port = rest[1:]
    else:
        name, _, port = said.partition(b":")
        fits = set(name) <= NAME
    return fits and set(port) <= DIGITS and len(port) <= LONGEST_PORT


def _is_address(said: bytes) -> bool:
    """Of version 6, or of one to come."""
    version, dot, rest = said[1:].partition(b".")
    if said.startswith(b"v"):
        digits = set(string.hexdigits.encode())
        return bool(version and dot and rest) and set(version) <= digits and set(rest) <= LITERAL
    return bool(said) and set(said) <= ADDRESS


def _field(line: bytes) -> tuple[bytes, bytes]:
    """Name in lower case and value (§5.1). A folded line begins with a space: no name does."""
    name, colon, value = line.partition(b":")
    if not colon or not name or not set(name) <= TOKEN or not set(value) <= VALUE:
        raise _Refused
    return name.lower(), value.strip(b" \t")


def _values(headers: list[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _list(headers: list[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    joined = b",".join(_values(headers, wanted)).lower()
    return [each.strip(b" \t") for each in joined.split(b",")]


def _check_host(headers: list[tuple[bytes, bytes]], modern: bool) -> None:
    """§3.2: one; HTTP/1.0 may have none."""
    hosts = _values(headers, b"host")
    if len(hosts) > 1 or (modern and not hosts):
        raise _Refused
    if hosts and not _is_host(hosts[0]):
        raise _Refused


def _framing(headers: list[tuple[bytes, bytes]], modern: bool) -> int | None:
    """The length of the body; None when it comes in chunks (§6.1 to §6.3)."""
    lengths, codings = _values(headers, b"content-length"), _values(headers, b"transfer-encoding")
    if codings:
        if lengths or not modern or len(codings) > 1 or codings[0].lower() != b"chunked":
            raise _Refused
        return None
    if not lengths:
        return 0
    if len(lengths) > 1 or not lengths[0] or not set(lengths[0]) <= set(b"0123456789"):
        raise _Refused
    if len(lengths[0]) > 18:
        raise _Refused
    return int(lengths[0])


def _counted(rest: bytes, length: int) -> tuple[int, bytes]:
    if len(rest) < length:
        raise _Short
    return length, rest[length:]


def _chunked(rest: bytes) -> tuple[int, bytes]:
    """Bytes of the chunks, and what follows the trailers (§7.1)."""
    total = 0
    while True:
        line, rest = _line(rest)
        size = _size(line)
        if not size:
            lines, rest = _fields(rest)
            for each in lines:
                _field(each)
            return total, rest
        total += size
        rest = _after_chunk(rest, size)


def _size(line: bytes) -> int:
    digits, semicolon, extensions = line.partition(b";")
    if semicolon:
        digits = digits.rstrip(b" \t")
    if not digits or not set(digits) <= set(string.hexdigits.encode()) or len(digits) > 15:
        raise _Refused
    if not set(extensions) <= VALUE:
        raise _Refused
    return int(digits, 16)


def _after_chunk(rest: bytes, size: int) -> bytes:
    end = rest[size : size + 2]
    if not b"\r\n".startswith(end):
        raise _Refused
    if len(end) < 2:
        raise _Short
    return rest[size + 2 :]
