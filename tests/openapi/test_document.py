from collections.abc import Sequence
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, Struct, UnsetType, field, json

from reticket.openapi import build_document, document_bytes, served_document
from reticket.wire import Answer, Described, Document, Parameter, Route


class Pet(Struct):
    """An animal."""

    name: str
    age: Annotated[int, Meta(extra_json_schema={"format": "int32"})]
    nick: str | None = None
    friend: "Pet | None" = None
    best: Annotated[
        "Pet | None", Meta(extra_json_schema={"x-reticket-deviation": "may be null"})
    ] = None
    tags: Sequence[str] | None = None
    note: Annotated[str | UnsetType, Meta(description="A note.", examples=["hello", "bye"])] = UNSET
    kind: Literal["cat", "dog"] = "cat"
    anything: Any = None
    owner: Annotated["Owner", Meta(description="Whose it is.")] | UnsetType = UNSET
    either: int | str | None = None
    tame: bool = False
    colour: str = ""
    toys: list[str] = field(default_factory=list)
    legs: Annotated[int, Meta(extra_json_schema={"default": 0})] = 0


class Owner(Struct, rename="camel"):
    first_name: str


class Trouble(Struct, forbid_unknown_fields=True):
    what: str


def dialect(*described: Described, **said: Any) -> Any:
    routes = [Route("PUT", f"/pets/{n}", _never, one) for n, one in enumerate(described)]
    document = Document("3.0.1", {"title": "Pets", "version": "1"}, **said)
    return SimpleNamespace(routes=routes, document=document, base_path="/pets/v1")


def _never(request: Any) -> Any:
    raise AssertionError


def described(**said: Any) -> Described:
    return Described(**{"summary": "s", "tags": ("t",), "answers": {200: Answer("OK", Pet)}} | said)


def pet(name: str) -> Any:
    document = build_document(dialect(described()))
    return document["components"]["schemas"]["Pet"]["properties"][name]


@pytest.mark.parametrize(
    ("member", "schema"),
    [
        ("name", {"type": "string"}),
        ("age", {"type": "integer", "format": "int32"}),
        ("nick", {"type": "string", "nullable": True}),
        ("friend", {"allOf": [{"$ref": "#/components/schemas/Pet"}], "nullable": True}),
        (
            "best",
            {
                "x-reticket-deviation": "may be null",
                "allOf": [{"$ref": "#/components/schemas/Pet"}],
                "nullable": True,
            },
        ),
        ("tags", {"type": "array", "items": {"type": "string"}, "nullable": True}),
        ("note", {"type": "string", "description": "A note.", "example": "hello"}),
        ("kind", {"enum": ["cat", "dog"], "default": "cat"}),
        ("anything", {"nullable": True}),
        (
            "owner",
            {"allOf": [{"$ref": "#/components/schemas/Owner"}], "description": "Whose it is."},
        ),
        ("either", {"anyOf": [{"type": "integer"}, {"type": "string"}], "nullable": True}),
        ("tame", {"type": "boolean"}),
        ("colour", {"type": "string"}),
        ("toys", {"type": "array", "items": {"type": "string"}}),
        ("legs", {"type": "integer", "default": 0}),
    ],
)
def test_a_member_in_the_words_of_openapi_3_0(member: str, schema: object) -> None:
    assert pet(member) == schema


def test_a_component() -> None:
    document = build_document(dialect(described()))
    found = document["components"]["schemas"]["Pet"]
    assert found["required"] == ["name", "age"]
    assert found["description"] == "An animal."
    assert "title" not in found
    assert list(document["components"]["schemas"]) == ["Owner", "Pet"]
    owner = document["components"]["schemas"]["Owner"]
    assert owner["properties"] == {"firstName": {"type": "string"}}


def test_no_empty_list_of_required_members() -> None:
    class Loose(Struct):
        a: str | UnsetType = UNSET

    document = build_document(dialect(described(answers={200: Answer("OK", Loose)})))
    assert "required" not in document["components"]["schemas"]["Loose"]


def test_a_union_of_structs_is_one_of_them() -> None:
    document = build_document(dialect(described(answers={200: Answer("OK", Owner | Trouble)})))
    answer = document["paths"]["/pets/0"]["put"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {
        "oneOf": [{"$ref": "#/components/schemas/Owner"}, {"$ref": "#/components/schemas/Trouble"}]
    }
    assert document["components"]["schemas"]["Trouble"]["additionalProperties"] is False


def test_two_schemas_of_one_name_are_an_error() -> None:
    other = {"Owner": type("Owner", (Struct,), {"__annotations__": {"b": int}})}["Owner"]
    answers = {200: Answer("OK", Owner), 201: Answer("Created", other)}
    with pytest.raises(ValueError, match="two schemas are named Owner"):
        build_document(dialect(described(answers=answers)))


def test_an_answer_without_a_description_has_the_phrase_of_its_status() -> None:
    document = build_document(dialect(described(answers={201: Answer(), 204: Answer("")})))
    answers = document["paths"]["/pets/0"]["put"]["responses"]
    assert answers == {"201": {"description": "Created"}, "204": {"description": ""}}


def test_a_whole_operation() -> None:
    document = build_document(
        dialect(
            described(
                description="d",
                operation_id="o",
                parameters=(
                    Parameter("id", "path", int, "which", required=True),
                    Parameter("fields", "query", str),
                ),
                body=Owner,
                body_required=True,
                body_description="",
                body_media_types=("application/json", "text/json"),
                answers={204: Answer("Gone"), 400: Answer("Bad", Trouble, ("text/plain",))},
                security=[],
                deviation="why",
            )
        )
    )
    owner = {"schema": {"$ref": "#/components/schemas/Owner"}}
    assert document["paths"]["/pets/0"]["put"] == {
        "tags": ["t"],
        "summary": "s",
        "description": "d",
        "operationId": "o",
        "parameters": [
            {
                "name": "id",
                "in": "path",
                "description": "which",
                "required": True,
                "schema": {"type": "integer"},
            },
            {"name": "fields", "in": "query", "schema": {"type": "string"}},
        ],
        "requestBody": {
            "description": "",
            "required": True,
            "content": {"application/json": owner, "text/json": owner},
        },
        "responses": {
            "204": {"description": "Gone"},
            "400": {
                "description": "Bad",
                "content": {"text/plain": {"schema": {"$ref": "#/components/schemas/Trouble"}}},
            },
        },
        "security": [],
        "x-reticket-deviation": "why",
    }


def test_what_is_not_said_is_left_out() -> None:
    document = build_document(dialect(described(), servers=({"url": "/a"},)))
    operation = document["paths"]["/pets/0"]["put"]
    assert operation.keys() == {"tags", "summary", "responses", "operationId"}
    assert document["servers"] == [{"url": "/a"}]
    assert document["security"] == []
    assert "tags" not in document


def test_the_document_as_json() -> None:
    pets = dialect(described(), tags=({"name": "t"},))
    document = json.decode(document_bytes(pets, "https://pets.example.com"))
    assert {**document, "servers": []} == build_document(pets)


def test_the_address_that_serves_a_document_comes_before_the_vendor_s() -> None:
    pets = dialect(described(), servers=({"url": "https://vendor.example.com/v1"},))
    first, second = served_document(pets, "https://pets.example.com")["servers"]
    assert first["url"] == f"https://pets.example.com{pets.base_path}"
    assert second["url"] == "https://vendor.example.com/v1"


def test_with_a_path_beside_the_base_path_all_paths_are_whole() -> None:
    pets = dialect(described())
    pets.routes.append(Route("GET", "/.well-known/pets", _never, described()))
    document = served_document(pets, "https://pets.example.com")
    assert document["paths"].keys() == {"/pets/v1/pets/0", "/.well-known/pets"}
    assert document["servers"][0]["url"] == "https://pets.example.com"
    assert not [each for each in document["paths"].values() if "servers" in str(each)]


def test_operations_with_one_summary_have_ids_of_their_own() -> None:
    document = build_document(dialect(described(), described()))
    operations = [each for path in document["paths"].values() for each in path.values()]
    ids = [each["operationId"] for each in operations]
    assert len(set(ids)) == len(ids) == 2


def test_two_operations_with_one_id_are_found() -> None:
    with pytest.raises(ValueError, match="the id pets"):
        build_document(dialect(described(operation_id="pets"), described(operation_id="pets")))
