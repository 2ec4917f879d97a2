"""Turns a dialect's OpenAPI document into one that sends its requests to the server it is from,
with examples that work against the demo directory. Knows no dialect.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from reticket.wire import Dialect
from reticket.wire_examples import ACCESS, REFRESH, Example
from reticket.wire_paths import root_of

_FORM = "application/x-www-form-urlencoded"
TOKENS = "x-reticket-tokens"
"""For the page: the word of each member of an answer that is a token by an example alone."""

VALUE = "x-reticket-value"
"""For the page: the text that a security scheme sends, with a word in it."""

_PLACES = {"refreshtoken": REFRESH, "token": ACCESS, "accesstoken": ACCESS, "subjecttoken": ACCESS}
"""By the name of a member or a parameter, in lower case and without underscores."""


def document_to_try(
    document: Mapping[str, Any], dialect: Dialect, *, with_examples: bool
) -> dict[str, Any]:
    """The document for a page to try it.

    Args:
        document: as the dialect has it.
        dialect: whose it is.
        with_examples: whether the demo directory is served, which they are for.
    """
    tried = {**copy.deepcopy(dict(document)), "servers": [{"url": root_of(dialect) or "/"}]}
    if with_examples:
        members = _members_of(dialect.examples)
        places = {**_PLACES, **{_plain(name): word for name, word in members.items()}}
        for operation in _operations(tried):
            _fill_places(operation, tried, places)
        for example in dialect.examples:
            _fill_example(tried, dialect, example)
        for operation in _operations(tried):
            _fill_fields(operation, tried)
        if members:
            tried[TOKENS] = members
    return tried


def _operations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for path in document["paths"].values() for each in path.values()]


def _members_of(examples: Iterable[Example]) -> dict[str, str]:
    return {name: word for example in examples for word, name in example.tokens.items()}


def _fill_places(
    operation: dict[str, Any], document: Mapping[str, Any], places: Mapping[str, str]
) -> None:
    """Fill in the placeholder of a token for every member and parameter that is one."""
    for parameter in operation.get("parameters", ()):
        if _plain(parameter["name"]) in places:
            parameter["example"] = places[_plain(parameter["name"])]
    for content in _contents(operation):
        members = _members(content["schema"], document)
        found = {name: places[_plain(name)] for name in members if _plain(name) in places}
        if found:
            content["example"] = found


def _fill_example(document: Mapping[str, Any], dialect: Dialect, example: Example) -> None:
    _fill(_operation(document, dialect, example.sign_in), example.sign_in, example, example.body)
    second = _operation(document, dialect, example.refresh)
    _fill(second, example.refresh, example, example.then_body)
    headers = {name.lower(): text for name, text in example.then_headers.items()}
    for parameter in second.get("parameters", ()):
        if parameter["in"] == "header" and parameter["name"].lower() in headers:
            parameter["example"] = headers[parameter["name"].lower()]
    for scheme in document["components"].get("securitySchemes", {}).values():
        _fill_scheme(scheme, headers)


def _operation(
    document: Mapping[str, Any], dialect: Dialect, call: tuple[str, str]
) -> dict[str, Any]:
    method, address = call
    path = urlsplit(address).path.removeprefix(root_of(dialect))
    found: dict[str, Any] = document["paths"].get(path, {}).get(method.lower(), {})
    return found


def _fill(
    operation: dict[str, Any], call: tuple[str, str], example: Example, body: str | None
) -> None:
    """Give the operation that body, and its parameters those of the query."""
    for content in _contents(operation) if body else ():
        content["example"] = _read(example, body or "")
    asked = dict(parse_qsl(urlsplit(call[1]).query))
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in asked:
            parameter["example"] = asked[parameter["name"]]


def _fill_scheme(scheme: dict[str, Any], headers: Mapping[str, str]) -> None:
    """Say what the scheme sends, where its header is one of an example."""
    if scheme.get("in") == "header":
        text = headers.get(scheme["name"].lower(), "")
    elif scheme.get("scheme") == "bearer":
        text = headers.get("authorization", "").removeprefix("Bearer ")
    else:
        text = ""
    if text:
        scheme[VALUE] = text


def _fill_fields(operation: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """A viewer fills the fields of a form from its members, not from the whole; and an empty
    example is left out of the request.
    """
    content = operation.get("requestBody", {}).get("content", {}).get(_FORM)
    if content is None:
        return
    body = content.get("example", {})
    fields = {
        name: {**member, "example": body.get(name, "")}
        for name, member in _members(content["schema"], document).items()
    }
    content["schema"] = {"type": "object", "properties": fields}


def _contents(operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(operation.get("requestBody", {}).get("content", {}).values())


def _members(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found: Mapping[str, Any] = schema.get("properties", {})
    return found


def _read(example: Example, body: str) -> object:
    return dict(parse_qsl(body)) if example.content_type == _FORM else msgspec.json.decode(body)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
