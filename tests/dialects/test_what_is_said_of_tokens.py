"""A response and its tokens have the same expiry times, in every dialect."""

import json
from dataclasses import replace
from datetime import datetime

import pytest
from tests.core.adopting import nothing_adopted
from tests.core.world import Audit, Keys, People
from tests.dialects.every import BUILT, MODULES
from tests.dialects.kibo.samples import ADA, APPLICATION
from tests.dialects.oauth.looks import Looks

from reticket.core.commands import BeginSession, Refresh, SignIn, SignInApplication
from reticket.core.errors import Code, Refusal
from reticket.core.model import Caller
from reticket.core.policy import SECOND
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.sessions.engine import Engine
from reticket.core.tokens.faces import from_text
from reticket.core.tokens.mint import Mint
from reticket.stores.memory import MemoryStore
from reticket.testing import FakeClock
from reticket.testing.clock import START
from reticket.testing.dialect_fixtures import request_of, route_of
from reticket.testing.dialect_samples import samples_of
from reticket.testing.example_calls import second_body, second_headers
from reticket.wire_examples import ACCESS, REFRESH, Example, tokens_in

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
CALLER = Caller("192.0.2.1", "0" * 32, "a test")
EVERYWHERE = replace(
    ADA,
    parts=(
        *ADA.parts,
        *(part for dialect in BUILT.values() for part in samples_of(dialect)["ada"].parts),
    ),
)
TICKETS = "/api/platform/applications/authtickets/oauth"


KIBO_OAUTH = Example(
    "Kibo, its own OAuth",
    ("POST", TICKETS),
    '{"client_id": "app", "client_secret": "secret"}',
    ("POST", TICKETS),
    '{"client_id": "app", "client_secret": "secret", "refresh_token": "REFRESH_TOKEN"}',
)
WIRES = {
    f"{name}: {example.title}": (MODULES[name], example)
    for name, dialect in BUILT.items()
    for example in dialect.examples
    if example.then == "refresh"
} | {"kibo: its own OAuth": (MODULES["kibo"], KIBO_OAUTH)}
MILLISECONDS = [0, 1, 499, 500, 999]


class Ring(Keys):
    """The asymmetric half is not looked at here."""

    kid, algorithm = "one", "ES256"

    def signer_at(self, at):
        return self

    def sign(self, message):
        return b"signature"


class Harness:
    """A dialect on a memory store, for people whose passwords are right."""

    def __init__(self, module, clock):
        self.dialect, self.clock = module.build(), clock
        self.resources = {each.name: each for each in self.dialect.kinds}
        self.mint = Mint(Ring(), lambda value: json.dumps(value).encode(), json.loads)
        people = People()
        people.users[ADA.id] = EVERYWHERE
        people.application = lambda application_id: APPLICATION
        policies = {name: each.policy for name, each in self.resources.items()}
        self.pool, store = WorkerPool("store"), MemoryStore(clock)
        self.engine = Engine(
            self.resources, policies, store, people, self.mint, Audit(), self.pool,
            clock, lambda size: bytes(size), nothing_adopted(store, self.pool, clock),
        )  # fmt: skip

    async def ask(self, call, body, headers=None):
        """The text of the answer."""
        method, path = call[0], call[1].partition("?")[0]
        request = request_of(
            {"method": method, "path": path, "body": body, "headers": {**JSON, **(headers or {})}}
        )
        route = route_of(self.dialect, request)
        operation, result = route.operate(request), None
        try:
            command = next(operation)
            while True:
                result = await self._perform(command)
                command = operation.send(result)
        except StopIteration as done:
            return done.value.body.decode()

    async def _perform(self, command):
        if isinstance(command, SignIn | SignInApplication):
            return EVERYWHERE if isinstance(command, SignIn) else APPLICATION
        if isinstance(command, BeginSession):
            return await self.engine.begin(command, None, CALLER)
        if isinstance(command, Refresh):
            return await self.engine.refresh(command, CALLER)
        raise Refusal(Code.INVALID_ACCESS_TOKEN)

    def end_of_refresh(self, text):
        for resource in self.resources.values():
            try:
                return self.mint.read_refresh(resource, text).expires_at
            except Refusal:
                continue
        raise AssertionError("no resource made it")


def members_of(answer):
    """Every member of a response by its name in lower case, without separators."""
    found = {}
    for name, value in answer.items():
        if isinstance(value, dict):
            found |= members_of(value)
        found[name.replace("_", "").lower()] = value
    return found


def instant(said):
    return round(datetime.fromisoformat(said).timestamp() * SECOND)


def end_of_access(text):
    return json.loads(from_text(text.split(".")[1]))["exp"] * SECOND


def assert_one_instant(harness, example, answer):
    """The lifetimes of an answer are those of its tokens; it has a refresh token at least."""
    said, tokens = members_of(json.loads(answer)), tokens_in(example, answer)
    refresh = harness.end_of_refresh(tokens[REFRESH])
    for name in {"refreshtokenexpiration", "refreshexpires"} & said.keys():
        assert instant(said[name]) == refresh
    if ACCESS not in tokens:
        assert {"accesstokenexpiration", "accessexpires", "expiresin"}.isdisjoint(said)
        return
    access = end_of_access(tokens[ACCESS])
    for name in {"accesstokenexpiration", "accessexpires"} & said.keys():
        assert instant(said[name]) == access
    if "expiresin" in said:
        late = access - harness.clock() - said["expiresin"] * SECOND
        assert 0 <= late < SECOND


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("milliseconds", MILLISECONDS)
async def test_an_answer_has_the_expiry_times_of_its_tokens(name, milliseconds):
    module, example = WIRES[name]
    harness = Harness(module, FakeClock(START + milliseconds))
    answer = await harness.ask(example.sign_in, example.body)
    for _ in range(3):
        assert_one_instant(harness, example, answer)
        harness.clock.forward(61.337)
        body, headers = second_body(example, answer), second_headers(example, answer)
        answer = await harness.ask(example.refresh, body, headers)
    assert_one_instant(harness, example, answer)
    harness.pool.close()


@pytest.mark.parametrize("milliseconds", MILLISECONDS)
def test_oauth_expires_in_is_never_later_than_the_tokens_own_end(milliseconds):
    world = Looks()
    world.clock.at = START + milliseconds
    token = world.begin("backend").refresh_token
    for _ in range(3):
        world.clock.forward(61.337)
        said = world.token("backend", grant_type="refresh_token", refresh_token=token).said
        late = end_of_access(said["access_token"]) - world.clock() - said["expires_in"] * SECOND
        assert 0 <= late < SECOND
        assert end_of_access(said["id_token"]) == end_of_access(said["access_token"])
        token = said["refresh_token"]
    alone = world.token("backend", grant_type="client_credentials").said
    late = end_of_access(alone["access_token"]) - world.clock() - alone["expires_in"] * SECOND
    assert 0 <= late < SECOND
    world.close()
