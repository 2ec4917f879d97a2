"""Requests that are made of what a dialect declares. Nobody's password is in them.

Each is refused by a server that does what its clients expect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import msgspec

from reticket.moving.compare.calls import Call, CallChain
from reticket.moving.compare.masking import (
    FORM,
    MADE_JWT,
    MADE_TOKEN,
    NOBODY,
    masked_body,
    masked_header,
    masked_text,
)
from reticket.wire import Described, Dialect, Route
from reticket.wire_examples import ACCESS, REFRESH, Example
from reticket.wire_paths import whole_path

JSON = "application/json"
OTHER_METHODS = ("PATCH", "PUT", "DELETE", "POST", "GET")
"""Tried in this order for a method that a path does not have."""

_MALFORMED = {JSON: '{"', FORM: "%ff=%zz&=&"}
_BEARER = {"authorization": f"Bearer {MADE_JWT}"}
_TOKENS = {ACCESS: MADE_JWT, REFRESH: MADE_TOKEN}


def made_sample(dialect: Dialect) -> Iterator[CallChain]:
    """The requests of a dialect: sign-ins and tokens that are wrong, then each of its routes."""
    for example in dialect.examples:
        yield from map(_alone, _of_example(example))
    for route in dialect.routes:
        yield from map(_alone, _of_route(whole_path(dialect, route), route))
    yield from map(_alone, _of_wrong_methods(dialect))
    path = f"{dialect.base_path}/no-such-path"
    yield _alone(Call("unknown path", "GET", path, path))


def _alone(call: Call) -> CallChain:
    return CallChain((call,))


def _of_example(example: Example) -> Iterator[Call]:
    kind = {"content-type": example.content_type}
    method, path = example.sign_in
    body = masked_body(example.body, example.content_type)
    yield Call(f"{example.title}: wrong password", method, path, path, kind, body)
    method, path = example.refresh
    headers = {name: _with_made(text) for name, text in example.then_headers.items()}
    headers = {name: masked_header(name, text) for name, text in headers.items()}
    if example.then_body is not None:
        body = masked_body(_with_made(example.then_body), example.content_type)
        title = f"{example.title}: {example.then}, unknown token"
        yield Call(title, method, path, path, {**headers, **kind}, body or None)


def _with_made(text: str) -> str:
    for word, token in _TOKENS.items():
        text = text.replace(word, token)
    return text


def _of_route(path: str, route: Route) -> Iterator[Call]:
    path = re.sub(r"\{(\w+)\}", lambda name: masked_text(name[1], "unknown"), path)
    path = path.replace(" ", "-")
    described = route.describe
    if described is None or described.body is None:
        yield Call("no credentials", route.method, path, path)
        yield Call("unknown token", route.method, path, path, _BEARER)
        return
    kind = described.body_media_types[0]
    bodies = {
        "no credentials": _body(described, kind),
        "empty body": "",
        "no members": "{}" if kind == JSON else "a=b",
        "malformed body": _MALFORMED.get(kind, ""),
    }
    for title, body in bodies.items():
        yield Call(title, route.method, path, path, {"content-type": kind}, body)
    typed = {"content-type": kind}
    yield Call(
        "unknown token", route.method, path, path, {**typed, **_BEARER}, bodies["no credentials"]
    )
    yield Call("wrong content type", route.method, path, path, {"content-type": "text/csv"}, "a,b")


def _body(described: Described, kind: str) -> str:
    """A body with all members of its type, each a text that is wrong."""
    known = _members(described)
    return urlencode(known) if kind == FORM else msgspec.json.encode(known).decode()


def _members(described: Described) -> Mapping[str, str]:
    try:
        fields = msgspec.structs.fields(described.body)
    except TypeError:
        return {}
    return {one.encode_name: masked_text(one.encode_name, NOBODY) for one in fields}


def _of_wrong_methods(dialect: Dialect) -> Iterator[Call]:
    methods: dict[str, set[str]] = {}
    for route in dialect.routes:
        methods.setdefault(whole_path(dialect, route), set()).add(route.method)
    for path, known in methods.items():
        method = next((each for each in OTHER_METHODS if each not in known), None)
        if method is not None and "{" not in path:
            yield Call("wrong method", method, path, path)
