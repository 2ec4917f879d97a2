from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reticket.core.errors import Code
from reticket.dialects import kibo
from reticket.testing.dialect_fixtures import (
    Exchange,
    assert_answer,
    error_of,
    load_fixtures,
    play,
    request_of,
)

FIXTURES = load_fixtures(Path(__file__).with_name("fixtures.yaml"))
DIALECT = kibo.build()


@pytest.mark.parametrize("exchange", FIXTURES.exchanges, ids=lambda exchange: exchange.name)
def test_exchange(exchange: Exchange, samples: Mapping[str, Any]) -> None:
    play(kibo.build(kibo.Options(**exchange.options)), exchange, samples)


def test_names_are_told_apart() -> None:
    names = [exchange.name for exchange in FIXTURES.exchanges]
    assert len(set(names)) == len(names)


def test_every_route_is_in_the_fixtures() -> None:
    routes = {(route.method, f"/api{route.path}") for route in DIALECT.routes}
    played = {(one.request["method"], one.request["path"]) for one in FIXTURES.exchanges}
    assert {path for _, path in routes - played} == {
        "/api/platform/applications/authtickets/{refreshToken}",
        "/api/platform/tenants/{tenantId}",
    }
    assert ("DELETE", "/api/platform/applications/authtickets/rtk_old") in played
    assert ("GET", "/api/platform/tenants/1000") in played


def test_every_code_is_in_the_fixtures() -> None:
    assert set(FIXTURES.refusals) == set(Code)


@pytest.mark.parametrize("code", list(Code))
def test_refusal(code: Code) -> None:
    said: dict[str, Any] = {"code": code.value}
    if code is Code.TOO_MANY_ATTEMPTS:
        said |= {"retry_after": 300}
    request = request_of({"method": "POST", "path": "/api/any"})
    assert_answer(DIALECT.refuse(request, error_of(said)), FIXTURES.refusals[code])
