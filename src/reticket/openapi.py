"""Makes a dialect's OpenAPI 3.0 document from its routes and the types that serve them.

Owns the translation of msgspec's JSON Schema into the older words of OpenAPI 3.0. Knows no dialect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from reticket.wire import Answer, Described, Dialect, Parameter
from reticket.wire_paths import document_path, root_of

_REFERENCE = "#/components/schemas/{name}"
JWT = "application/jwt"
"""A media type of texts, whatever their claims are."""

_SAYS_A_TYPE = frozenset({"type", "enum", "anyOf", "oneOf", "allOf", "$ref"})


def build_document(dialect: Dialect) -> dict[str, Any]:
    """The OpenAPI document of a dialect; components are named as its Structs.

    Raises:
        ValueError: two different Structs have one name.
    """
    said = dialect.document
    schemas = _Schemas()
    paths = _paths(dialect, schemas)
    document: dict[str, Any] = {
        "openapi": said.openapi,
        "info": dict(said.info),
        "servers": list(said.servers),
        "security": list(said.security),
        "tags": list(said.tags),
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "securitySchemes": dict(said.security_schemes),
        },
    }
    return document if said.tags else _without(document, "tags")


def served_document(dialect: Dialect, address: str) -> dict[str, Any]:
    """The document with the address that serves it before those of the vendor.

    Args:
        dialect: whose document it is.
        address: where the service is, without a slash at its end.
    """
    document = build_document(dialect)
    here = {"url": f"{address}{root_of(dialect)}", "description": "This service"}
    return {**document, "servers": [here, *document["servers"]]}


def document_bytes(dialect: Dialect, address: str) -> bytes:
    """The served document as JSON."""
    return msgspec.json.encode(served_document(dialect, address))


class _Schemas:
    """Gathers the components that the schemas refer to."""

    def __init__(self) -> None:
        self.components: dict[str, Any] = {}
        self._known: dict[Any, dict[str, Any]] = {}

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type; a union of Structs is one of them."""
        if kind not in self._known:
            self._known[kind] = self._schema(kind)
        return self._known[kind]

    def _schema(self, kind: Any) -> dict[str, Any]:
        if get_origin(kind) in (Union, UnionType) and type(None) not in get_args(kind):
            return {"oneOf": [self.of(alternative) for alternative in get_args(kind)]}
        (schema,), components = _by_msgspec(kind)
        for name, component in components.items():
            self._add(name, _translated(_in_one_line(component)))
        return _translated(schema)

    def _add(self, name: str, component: dict[str, Any]) -> None:
        if self.components.setdefault(name, component) != component:
            raise ValueError(f"two schemas are named {name}")


@cache
def _by_msgspec(kind: Any) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """The schema of a type and its components, to be read alone: several documents have it."""
    return msgspec.json.schema_components((kind,), ref_template=_REFERENCE)


def _paths(dialect: Dialect, schemas: _Schemas) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    taken: set[str] = set()
    for route in dialect.routes:
        if route.describe is not None:
            operation = _operation(route.describe, schemas)
            operation["operationId"] = _operation_id(route.describe, route.method, taken)
            path = document_path(dialect, route)
            paths.setdefault(path, {})[route.method.lower()] = operation
    return paths


def _operation_id(described: Described, method: str, taken: set[str]) -> str:
    """The id of an operation, by default its summary; with its tag or method if that is taken."""
    summary, tag = described.summary, described.tags[0]
    texts = (summary, f"{summary} {tag}", f"{method} {summary}", f"{method} {summary} {tag}")
    names = [described.operation_id] if described.operation_id else [*map(_camel, texts)]
    free = [name for name in names if name not in taken]
    if not free:
        raise ValueError(f"two operations have the id {names[-1]}")
    taken.add(free[0])
    return free[0]


def _camel(text: str) -> str:
    first, *others = (word.group() for word in re.finditer("[A-Za-z0-9]+", text))
    return first.lower() + "".join(word[0].upper() + word[1:] for word in others)


def _operation(described: Described, schemas: _Schemas) -> dict[str, Any]:
    operation = {
        "tags": list(described.tags),
        "summary": described.summary,
        "description": described.description,
        "parameters": [_parameter(found, schemas) for found in described.parameters] or None,
        "requestBody": _request_body(described, schemas),
        "responses": {
            str(status): _answer(status, answer, schemas)
            for status, answer in described.answers.items()
        },
        "security": None if described.security is None else list(described.security),
        "x-reticket-deviation": described.deviation,
    }
    return _said(operation)


def _parameter(parameter: Parameter, schemas: _Schemas) -> dict[str, Any]:
    return _said(
        {
            "name": parameter.name,
            "in": parameter.location,
            "description": parameter.description,
            "required": parameter.required or None,
            "schema": schemas.of(parameter.type),
        }
    )


def _request_body(described: Described, schemas: _Schemas) -> dict[str, Any] | None:
    if described.body is None:
        return None
    return _said(
        {
            "description": described.body_description,
            "required": described.body_required or None,
            "content": _content(described.body, described.body_media_types, schemas),
        }
    )


def _answer(status: int, answer: Answer, schemas: _Schemas) -> dict[str, Any]:
    description = HTTPStatus(status).phrase if answer.description is None else answer.description
    if answer.type is None:
        return {"description": description}
    content = _content(answer.type, answer.media_types, schemas)
    return {"description": description, "content": content}


def _content(kind: Any, media_types: Iterable[str], schemas: _Schemas) -> dict[str, Any]:
    return {
        media_type: {"schema": schemas.of(str if media_type == JWT else kind)}
        for media_type in media_types
    }


def _in_one_line(component: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its description is a docstring, whose line breaks mean nothing."""
    if "description" not in component:
        return component
    return {**component, "description": " ".join(component["description"].split())}


def _translated(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema in OpenAPI 3.0's dialect of JSON Schema (OpenAPI 3.0.3, Schema Object)."""
    found: dict[str, Any] = {}
    for keyword, value in schema.items():
        found.update(_keyword(keyword, value))
    if not found.keys() & _SAYS_A_TYPE:
        return {**found, "nullable": True}
    return _alone(found) if "$ref" in found and len(found) > 1 else found


def _keyword(keyword: str, value: Any) -> dict[str, Any]:
    """A keyword in those words. An empty default says nothing, but generated clients misread it:
    one wants a member that has a default, another takes `[]` for a text.
    """
    match keyword, value:
        case ("title", _) | ("default", None | False | "" | []) | ("required", []):
            return {}
        case "properties", _:
            return {keyword: {name: _translated(member) for name, member in value.items()}}
        case (("items" | "additionalProperties"), Mapping()):
            return {keyword: _translated(value)}
        case "anyOf", _:
            return _any_of(value)
        case "examples", _:
            return {"example": value[0]}
        case "const", _:
            return {"enum": [value]}
        case _:
            return {keyword: value}


def _any_of(alternatives: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`null` is no type there, but a mark on the others."""
    others = [_translated(one) for one in alternatives if one.get("type") != "null"]
    nullable = {"nullable": True} if len(others) < len(alternatives) else {}
    if len(others) > 1:
        return {"anyOf": others, **nullable}
    return {**(_alone(others[0]) if "$ref" in others[0] else others[0]), **nullable}


def _alone(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its `$ref` in `allOf`. Beside a `$ref`, other members would be ignored."""
    return {"allOf": [{"$ref": schema["$ref"]}], **_without(schema, "$ref")}


def _said(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _without(members: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key != name}
