"""A store fails while an app exchanges its code: nothing is lost, and the app asks again."""

import json
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from urllib.parse import urlencode

import msgspec
import pytest
from tests.dialects.cloudreve.samples import ADA

from reticket.core.commands import (
    Audit,
    BeginSession,
    EndSessions,
    FindSession,
    FindUserById,
    Peek,
    Pop,
    PutIfAbsent,
    RandomBytes,
)
from reticket.core.errors import Unavailable
from reticket.core.model import Caller
from reticket.dialects.cloudreve.app_codes import Grant, code_key
from reticket.dialects.cloudreve.app_tokens import Exchange
from reticket.dialects.cloudreve.apps import DESKTOP
from reticket.wire import WireRequest

CODE, SCOPE = "a code", "openid offline_access"
COMMANDS = 8
"""Of an exchange without a fault; the last removes the code."""

CLAIM = f"{code_key(CODE)}:claimed"
GRANT = Grant(
    "0192" * 8, DESKTOP.id, ADA.id, ADA.credential_version, DESKTOP.redirect_uris[0], SCOPE, ""
)
STORED = msgspec.json.encode(GRANT).decode()
FORM = {
    "client_id": DESKTOP.id,
    "client_secret": DESKTOP.secret,
    "grant_type": "authorization_code",
    "code": CODE,
}


@dataclass
class World:
    kept: dict = field(
        default_factory=lambda: {code_key(CODE): msgspec.json.encode(GRANT).decode()}
    )
    sessions: dict = field(default_factory=dict)
    begun: list = field(default_factory=list)

    def perform(self, command):
        match command:
            case Peek(key):
                return self.kept.get(key)
            case Pop(key):
                return self.kept.pop(key, None)
            case PutIfAbsent(key, value):
                return self.kept.setdefault(key, value) == value
            case RandomBytes(size):
                return len(self.begun).to_bytes(size)
            case FindUserById():
                return ADA
            case FindSession(family):
                return self.sessions.get(family), 0
            case EndSessions(selection):
                self.sessions[selection.family].revoked_at = 1
                return ()
            case BeginSession():
                return self._begin(command)
            case Audit():
                return None
        raise AssertionError(command)

    def _begin(self, command):
        if command.family in self.sessions:
            raise Unavailable("one of the families was begun meanwhile")
        row = SimpleNamespace(id=command.family, scope=command.scope, revoked_at=None)
        self.sessions[command.family] = row
        self.begun.append(command.family)
        return SimpleNamespace(
            family=row, access_token="a", refresh_token=command.family.hex(),
            access_expires_at=1, refresh_expires_at=1, issued_at=0,
        )  # fmt: skip

    @property
    def living(self):
        return [family for family, row in self.sessions.items() if row.revoked_at is None]


def exchange(world, away=(), *, is_done=False):
    """The response; None if the service is unavailable.

    Args:
        away: the numbers of the commands during which the stores are away.
        is_done: whether the first of them is done all the same.
    """
    caller = Caller("192.0.2.1", "0" * 32, None)
    body = urlencode(FORM).encode()
    request = WireRequest("POST", "/", b"", [], body, caller=caller, parameters={})
    operation, numbers = Exchange({DESKTOP.id: DESKTOP})(request), count()
    result = error = None
    while True:
        try:
            command = operation.throw(error) if error else operation.send(result)
        except StopIteration as done:
            return done.value
        except Unavailable:
            return None
        number, result, error = next(numbers), None, None
        try:
            if number not in away or (number == away[0] and is_done):
                result = world.perform(command)
            if number in away:
                error = Unavailable("away")
        except Unavailable as fault:
            error = fault


def retried(world):
    world.kept.pop(CLAIM, None)  # it expires before the code does
    return exchange(world)


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("at", range(COMMANDS))
def test_the_app_gets_its_session_when_the_store_is_away_for_a_moment(at, is_done):
    world = World()
    response = exchange(world, [at], is_done=is_done) or retried(world)
    assert response.status == 200
    assert [bytes.fromhex(json.loads(response.body)["refresh_token"])] == world.living
    assert exchange(world).status == 400


@pytest.mark.parametrize(
    ("at", "is_done"),
    [
        *((at, False) for at in range(COMMANDS)),
        *((at, True) for at in range(COMMANDS - 1)),  # nobody knows that the last was done
    ],
)
def test_the_app_gets_its_session_after_a_longer_outage(at, is_done):
    world = World()
    assert exchange(world, range(at, 99), is_done=is_done) is None
    response = retried(world)
    assert response.status == 200
    assert [bytes.fromhex(json.loads(response.body)["refresh_token"])] == world.living


def test_a_request_waits_while_another_one_exchanges_the_same_code():
    world = World()
    world.kept[CLAIM] = "another request"
    assert exchange(world) is None
    assert not world.begun
