"""The OpenAPI document for the viewer has every example, and a place for every token."""

import pytest

from reticket.openapi import build_document
from reticket.openapi_to_try import ACCESS, REFRESH, document_to_try
from reticket.runtime.opening import Builder

_BUILDER = Builder()
DIALECTS = _BUILDER.dialects(_BUILDER.load(None, {}))


def tried(dialect, **said):
    return document_to_try(build_document(dialect), dialect, **said)


def content_of(dialect, call, document):
    method, address = call
    path = address.partition("?")[0].removeprefix(dialect.base_path)
    content = document["paths"][path][method.lower()]["requestBody"]["content"]
    return next(iter(content.values()))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_each_example_has_its_body_in_the_document(dialect):
    document = tried(dialect, with_examples=True)
    for example in dialect.examples:
        body = content_of(dialect, example.sign_in, document)["example"]
        assert all(value in example.body for value in body.values())
        then = content_of(dialect, example.refresh, document)["example"]
        assert {ACCESS, REFRESH} & set(then.values())


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_without_examples_the_server_alone_differs(dialect):
    plain = build_document(dialect)
    found = tried(dialect, with_examples=False)
    assert found == {**plain, "servers": [{"url": dialect.base_path}]}


def test_the_query_of_an_example_is_in_its_parameters():
    (kibo,) = [each for each in DIALECTS if each.name == "kibo"]
    operation = tried(kibo, with_examples=True)["paths"]["/platform/adminuser/authtickets/tenants"]
    examples = {each["name"]: each.get("example") for each in operation["post"]["parameters"]}
    assert examples["tenantId"] == "1000"


@pytest.mark.parametrize("document", _BUILDER.documented(_BUILDER.load(None, {})))
def test_every_parameter_is_explained(document):
    for path, operations in build_document(document)["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description"), (method, path, parameter["name"])
