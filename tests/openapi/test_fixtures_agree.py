"""The answers of the fixture files are what the served documents say."""

import json
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from tests.dialects.every import BUILT, EXCHANGES, MODULES

from reticket.openapi import build_document
from reticket.testing.dialect_fixtures import Exchange, request_of, route_of
from reticket.wire_paths import document_path


@cache
def _document(name: str, options: str) -> Any:
    """The served document of a dialect with these options."""
    module = MODULES[name]
    built = module.build(module.Options(**json.loads(options)))
    return schemathesis.openapi.from_dict(build_document(built))


def _described(name: str, exchange: Exchange) -> bool:
    """Whether the document has the request; a dialect may answer others too (`otherwise`)."""
    module = MODULES[name]
    dialect = module.build(module.Options(**exchange.options))
    return route_of(dialect, request_of(exchange.request)) is not None


DESCRIBED = [each for each in EXCHANGES if _described(*each.values)]


@pytest.mark.parametrize(("name", "exchange"), DESCRIBED)
def test_an_answer(name: str, exchange: Exchange) -> None:
    route = route_of(BUILT[name], request_of(exchange.request))
    assert route is not None
    path = document_path(BUILT[name], route)
    operation = _document(name, json.dumps(exchange.options))[path][exchange.request["method"]]
    assert str(exchange.response["status"]) in operation.responses.status_codes
    operation.validate_response(_response(exchange.response))


def test_the_check_finds_a_wrong_answer() -> None:
    wrong = {"status": 201, "content_type": "application/json", "body": '{"accessToken": 1}'}
    operation = _document("akinon", "{}")["/auth/refresh-token"]["POST"]
    assert not operation.is_valid_response(_response(wrong))


def _response(said: Any) -> schemathesis.Response:
    headers = {"content-type": [said["content_type"]]} if "content_type" in said else {}
    return schemathesis.Response(
        status_code=said["status"],
        headers=headers,
        content=said.get("body", "").encode(),
        request=requests.Request("GET", "http://127.0.0.1/").prepare(),
        elapsed=0.0,
        verify=False,
    )
