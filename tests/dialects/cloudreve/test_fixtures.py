from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reticket.core.commands import Refresh, SignIn
from reticket.core.entitlement import entitled
from reticket.core.errors import Code
from reticket.core.people import User
from reticket.dialects import cloudreve
from reticket.testing.dialect_fixtures import (
    Exchange,
    assert_answer,
    error_of,
    load_fixtures,
    play,
    request_of,
)

FIXTURES = load_fixtures(Path(__file__).with_name("fixtures.yaml"))
DIALECT = cloudreve.build()


@pytest.mark.parametrize("exchange", FIXTURES.exchanges, ids=lambda exchange: exchange.name)
def test_exchange(exchange: Exchange, samples: Mapping[str, Any]) -> None:
    play(cloudreve.build(cloudreve.Options(**exchange.options)), exchange, samples)


def test_names_are_told_apart() -> None:
    names = [exchange.name for exchange in FIXTURES.exchanges]
    assert len(set(names)) == len(names)


def test_every_code_is_in_the_fixtures() -> None:
    assert set(FIXTURES.refusals) == set(Code)


@pytest.mark.parametrize("code", list(Code))
def test_refusal(code: Code) -> None:
    said = {"code": code.value}
    if code is Code.TOO_MANY_ATTEMPTS:
        said |= {"retry_after": 300}
    request = request_of({"method": "POST", "path": "/api/v4/any"})
    assert_answer(DIALECT.refuse(request, error_of(said)), FIXTURES.refusals[code])


def test_a_user_without_a_profile_is_unknown(ada: User) -> None:
    body = '{"email": "ada@example.com", "password": "nothing to see"}'
    command = _first_command("/session/token", body)
    assert isinstance(command, SignIn)
    assert entitled(ada, None, None, command.part)
    assert not entitled(replace(ada, parts=()), None, None, command.part)


def test_a_user_whose_profile_was_taken_away_may_not_refresh(ada: User) -> None:
    command = _first_command("/session/token/refresh", '{"refresh_token": "a"}')
    assert isinstance(command, Refresh)
    assert entitled(ada, None, command.place, command.part)
    assert not entitled(replace(ada, parts=()), None, command.place, command.part)


def _first_command(path: str, body: str) -> object:
    request = request_of({"method": "POST", "path": f"/api/v4{path}", "body": body})
    route = next(one for one in DIALECT.routes if (one.method, one.path) == ("POST", path))
    return next(route.operate(request))
