"""Turns a dialect's OpenAPI document into one that sends its requests to whoever serves it, with
examples that work against the demo directory. Knows no dialect.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from reticket.wire import Dialect, Example

ACCESS, REFRESH = "ACCESS_TOKEN", "REFRESH_TOKEN"
"""What the page replaces by the tokens of the last answer."""

_FORM = "application/x-www-form-urlencoded"
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
    tried = {**copy.deepcopy(dict(document)), "servers": [{"url": dialect.base_path}]}
    if with_examples:
        for operation in _operations(tried):
            _fill_places(operation, tried)
        for example in dialect.examples:
            _fill(tried, dialect, example.sign_in, _read(example, example.body))
            if example.then_body:
                _fill(tried, dialect, example.refresh, _read(example, example.then_body))
        for operation in _operations(tried):
            _fill_fields(operation, tried)
    return tried


def _operations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for path in document["paths"].values() for each in path.values()]


def _fill_places(operation: dict[str, Any], document: Mapping[str, Any]) -> None:
    """Give every member and parameter that is a token the word that stands for one."""
    for parameter in operation.get("parameters", ()):
        if _plain(parameter["name"]) in _PLACES:
            parameter["example"] = _PLACES[_plain(parameter["name"])]
    for content in _contents(operation):
        members = _members(content["schema"], document)
        places = {name: _PLACES[_plain(name)] for name in members if _plain(name) in _PLACES}
        if places:
            content["example"] = places


def _fill(
    document: Mapping[str, Any], dialect: Dialect, call: tuple[str, str], body: object
) -> None:
    """Give the operation of that call that body, and its parameters those of the query."""
    method, address = call
    target = urlsplit(address)
    path = document["paths"].get(target.path.removeprefix(dialect.base_path), {})
    operation = path.get(method.lower(), {})
    for content in _contents(operation):
        content["example"] = body
    asked = dict(parse_qsl(target.query))
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in asked:
            parameter["example"] = asked[parameter["name"]]


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
