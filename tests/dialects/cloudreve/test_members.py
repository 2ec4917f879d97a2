from dataclasses import replace

from reticket.core.commands import Refresh, SignIn
from reticket.core.entitlement import entitled
from reticket.core.people import User
from reticket.dialects import cloudreve
from reticket.testing.dialect_fixtures import request_of

DIALECT = cloudreve.build()


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
