"""Requests that a proxy or a browser recorded: a HAR file, or one JSON object a line.

Secrets in them are replaced by wrong ones before anything is sent (`masking`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import urlencode, urlsplit

import msgspec

from reticket.core.errors import StartupError
from reticket.moving.compare.calls import Call
from reticket.moving.compare.lines import objects
from reticket.moving.compare.masking import UnknownBody, masked_body, masked_headers, masked_path
from reticket.wire import Dialect
from reticket.wire_paths import whole_path

LONGEST_FILE = 67_108_864
"""Bytes of a recording; one of a browser contains the answers as well."""


@dataclass
class Recording:
    """The requests of a recording.

    Args:
        calls: in their order, each once.
        elsewhere: how many are below none of the paths that are compared.
        unreadable: places of requests with a body that is neither JSON nor a form, so that
            secrets in it cannot be found.
    """

    calls: list[Call] = field(default_factory=list)
    elsewhere: int = 0
    unreadable: list[str] = field(default_factory=list)


def belongs(path: str, dialects: Sequence[Dialect]) -> bool:
    """Whether a path is one of these dialects."""
    return any(
        path == whole_path(dialect, route) or f"{path}/".startswith(f"{dialect.base_path}/")
        for dialect in dialects
        for route in dialect.routes
    )


def read_recording(sample: BinaryIO, name: str, is_compared: Callable[[str], bool]) -> Recording:
    """Read a recording to its end. StartupError.

    Args:
        sample: a HAR file, or JSON lines.
        name: of the sample, for places.
        is_compared: whether a path belongs to what is compared.
    """
    recording = Recording()
    for place, said in _requests(_read(sample, name), name):
        request = _checked(place, said)
        if not is_compared(request.path.partition("?")[0]):
            recording.elsewhere += 1
            continue
        try:
            call = _masked(request)
        except UnknownBody:
            recording.unreadable.append(place)
            continue
        if call not in recording.calls:
            recording.calls.append(call)
    return recording


def _read(sample: BinaryIO, name: str) -> bytes:
    text = sample.read(LONGEST_FILE + 1)
    if len(text) > LONGEST_FILE:
        raise StartupError(f"{name} is larger than {LONGEST_FILE} bytes")
    return text


def _requests(text: bytes, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        whole = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        whole = None
    if isinstance(whole, dict) and "log" in whole:
        yield from _of_har(whole["log"], name)
    else:
        yield from objects(io.BytesIO(text), name)


def _of_har(log: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The requests of an HTTP Archive 1.2: `log.entries[].request`."""
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise StartupError(f"{name}: log.entries is missing")
    for number, entry in enumerate(entries):
        place = f"{name}, log.entries[{number}]"
        try:
            yield place, _of_entry(entry["request"])
        except (KeyError, TypeError, AttributeError):
            raise StartupError(f"{place}: no request of an HTTP Archive") from None


def _of_entry(request: Mapping[str, Any]) -> dict[str, Any]:
    posted = request.get("postData") or {}
    pairs = [(each["name"], each.get("value", "")) for each in posted.get("params") or ()]
    return {
        "method": request["method"],
        "path": request["url"],
        "headers": {each["name"]: each["value"] for each in request.get("headers") or ()},
        "body": posted.get("text") or urlencode(pairs) or None,
    }


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: str | None = field(repr=False)


def _checked(place: str, said: Mapping[str, Any]) -> _Request:
    method, path, headers = said.get("method"), said.get("path"), said.get("headers", {})
    if not isinstance(method, str) or not method.isalpha():
        raise StartupError(f"{place}: method must be a name such as POST")
    if not isinstance(path, str) or not _below(path).startswith("/"):
        raise StartupError(f"{place}: path must begin with / or be a URL")
    if not isinstance(headers, dict) or not all(isinstance(one, str) for one in headers.values()):
        raise StartupError(f"{place}: headers must be an object of texts")
    lower = {name.lower(): one for name, one in headers.items()}
    body = said.get("body")
    if body is None or isinstance(body, str):
        return _Request(method.upper(), _below(path), lower, body)
    typed = {"content-type": "application/json", **lower}
    return _Request(method.upper(), _below(path), typed, json.dumps(body))


def _masked(request: _Request) -> Call:
    """The request without secrets. UnknownBody."""
    path, kind = masked_path(request.path), request.headers.get("content-type", "")
    body = None if request.body is None else masked_body(request.body, kind)
    headers = masked_headers(request.headers)
    return Call("recorded", request.method, path, path, headers, body)


def _below(path: str) -> str:
    """The path of a URL with its query; a path as it is."""
    if path.startswith("/"):
        return path.partition("#")[0]
    try:
        parts = urlsplit(path)
    except ValueError:
        return ""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
