"""The answers of the fixture files are what the served documents say."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis

from reticket.openapi import build_document
from reticket.testing.dialect_fixtures import Exchange, load_fixtures

DIALECTS = Path(__file__).parents[1] / "dialects"
NAMES = ("akinon", "cloudreve", "kibo", "oauth")
EXCHANGES = [
    pytest.param(name, exchange, id=f"{name}: {exchange.name}")
    for name in NAMES
    for exchange in load_fixtures(DIALECTS / name / "fixtures.yaml").exchanges
]


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    return {name: schemathesis.openapi.from_dict(build_document(_dialect(name))) for name in NAMES}


def _dialect(name: str) -> Any:
    return importlib.import_module(f"reticket.dialects.{name}").build()


@pytest.mark.parametrize(("name", "exchange"), EXCHANGES)
def test_an_answer(name: str, exchange: Exchange, documents: dict[str, Any]) -> None:
    path = exchange.request["path"].removeprefix(_dialect(name).base_path).rstrip("/")
    operation = documents[name][_template(path)][exchange.request["method"]]
    assert str(exchange.response["status"]) in operation.responses.status_codes
    operation.validate_response(_response(exchange.response))


def test_a_wrong_answer_is_seen(documents: dict[str, Any]) -> None:
    wrong = {"status": 201, "content_type": "application/json", "body": '{"accessToken": 1}'}
    operation = documents["akinon"]["/auth/refresh-token"]["POST"]
    assert not operation.is_valid_response(_response(wrong))


def _template(path: str) -> str:
    """The path of the document that a path means."""
    path = re.sub(
        r"(/platform/applications/authtickets)/(?!refresh-ticket|oauth).+",
        r"\1/{refreshToken}",
        path,
    )
    return re.sub(r"(/platform/tenants)/.+", r"\1/{tenantId}", path)


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
