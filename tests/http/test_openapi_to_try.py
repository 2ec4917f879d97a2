"""The OpenAPI document for the viewer has every example, and a place for every token."""

from types import SimpleNamespace

import pytest

from reticket.openapi import build_document
from reticket.openapi_to_try import TOKENS, VALUE, document_to_try
from reticket.runtime.opening import Builder
from reticket.wire import Described, Document, Parameter, Route
from reticket.wire_examples import Example, word_in
from reticket.wire_paths import root_of

_BUILDER = Builder()
DIALECTS = _BUILDER.dialects(_BUILDER.load(None, {}))


def tried(dialect, **said):
    return document_to_try(build_document(dialect), dialect, **said)


def operation_of(dialect, call, document):
    method, address = call
    path = address.partition("?")[0].removeprefix(root_of(dialect))
    return document["paths"][path][method.lower()]


def content_of(operation):
    return next(iter(operation["requestBody"]["content"].values()))


def texts_of(operation, document):
    """Every text that the page sends with the operation."""
    if "requestBody" in operation:
        yield from map(str, content_of(operation).get("example", {}).values())
    yield from (str(each.get("example", "")) for each in operation.get("parameters", ()))
    schemes = document["components"].get("securitySchemes", {})
    for name in {name for said in operation.get("security", document["security"]) for name in said}:
        usual = "ACCESS_TOKEN" if schemes[name].get("scheme") == "bearer" else ""
        yield schemes[name].get(VALUE, usual)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_each_example_has_its_body_in_the_document(dialect):
    document = tried(dialect, with_examples=True)
    for example in dialect.examples:
        body = content_of(operation_of(dialect, example.sign_in, document))["example"]
        assert all(value in example.body for value in body.values())


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_the_second_call_of_each_example_sends_a_token(dialect):
    document = tried(dialect, with_examples=True)
    for example in dialect.examples:
        texts = list(texts_of(operation_of(dialect, example.refresh, document), document))
        assert any(map(word_in, texts)), texts
        words = {word_in(text) for text in example.then_headers.values()} - {None}
        assert words <= {word_in(text) for text in texts}


def one_token(header, *, schemes=None, parameters=()):
    """The document of a dialect with one token, which is sent in a header."""
    security = [{name: []} for name in schemes or {}]
    second = Described("s", ("t",), {}, parameters=parameters, security=security)
    routes = [
        Route("POST", "/in", None, Described("s", ("t",), {})),
        Route("PUT", "/on", None, second),
    ]
    example = Example(
        "any",
        ("POST", "/any/in"),
        "{}",
        ("PUT", "/any/on"),
        then_body="",
        then_headers=header,
        tokens={"REFRESH_TOKEN": "token"},
    )
    document = Document("3.0.3", {"title": "Any", "version": "1"}, security_schemes=schemes or {})
    said = {"routes": routes, "examples": [example], "base_path": "/any", "document": document}
    return tried(SimpleNamespace(**said), with_examples=True)


SCHEMES = {
    "bearer": ({"type": "http", "scheme": "bearer"}, {"Authorization": "Bearer REFRESH_TOKEN"}),
    "bare": (
        {"type": "apiKey", "in": "header", "name": "Authorization"},
        {"Authorization": "REFRESH_TOKEN"},
    ),
    "of its own": (
        {"type": "apiKey", "in": "header", "name": "X-Token"},
        {"x-token": "REFRESH_TOKEN"},
    ),
}


@pytest.mark.parametrize("name", SCHEMES)
def test_a_token_in_a_header_is_the_value_of_its_security_scheme(name):
    scheme, header = SCHEMES[name]
    document = one_token(header, schemes={name: scheme})
    assert document["components"]["securitySchemes"][name][VALUE] == "REFRESH_TOKEN"
    assert document[TOKENS] == {"token": "REFRESH_TOKEN"}


@pytest.mark.parametrize("scheme", [{"type": "http", "scheme": "basic"}, {"type": "oauth2"}])
def test_a_scheme_that_is_not_of_the_header_has_no_value(scheme):
    document = one_token({"X-Token": "REFRESH_TOKEN"}, schemes={"other": scheme})
    assert VALUE not in document["components"]["securitySchemes"]["other"]


def test_a_token_in_a_header_is_the_example_of_its_parameter():
    document = one_token(
        {"X-Token": "REFRESH_TOKEN"}, parameters=(Parameter("x-token", "header", str),)
    )
    (parameter,) = document["paths"]["/on"]["put"]["parameters"]
    assert parameter["example"] == "REFRESH_TOKEN"


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_without_examples_the_server_alone_differs(dialect):
    plain = build_document(dialect)
    found = tried(dialect, with_examples=False)
    assert found == {**plain, "servers": [{"url": root_of(dialect) or "/"}]}


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
