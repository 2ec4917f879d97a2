"""Runs an operation of the dialect over what a service would do for it, at once and in memory."""

import json

from tests.core.operations import ran
from tests.core.world import Keys

from reticket.core.model import Caller
from reticket.core.policy import BROWSER_2026
from reticket.core.tokens.kinds import TokenKind
from reticket.core.tokens.mint import Mint
from reticket.oauth.provider import USER, Provider
from reticket.stores.memory import MemoryEphemeral
from reticket.testing import FakeClock
from reticket.wire import WireRequest

ISSUER = "https://tokens.example.com"
CALLER = Caller("192.0.2.1", "0" * 32)


def request(method="POST", path="/oauth/token", body="", **headers):
    """A request; `headers` by name with underscores, a list for one that comes several times."""
    pairs = [
        (name.replace("_", "-").encode(), value.encode())
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return WireRequest(method, path, b"", pairs, body.encode(), CALLER)


def form_of(flow, step):
    """The operation of the form of a page, as `/consent`."""
    return next(each.operate for each in flow.routes() if each.path.endswith(step))


class Harness:
    """A clock, an ephemeral store and nonces; `answers` has functions for further commands."""

    def __init__(self, issuer=ISSUER, **answers):
        self.clock = FakeClock()
        self.provider = Provider(issuer, {"BROWSER": BROWSER_2026})
        self.ephemeral = MemoryEphemeral(self.clock)
        self.mint = Mint(Keys(), lambda value: json.dumps(value).encode(), json.loads)
        self.resource = TokenKind(USER, BROWSER_2026)
        self.performed = []
        self.answers = {
            "Now": lambda said: self.clock(),
            "PutIfAbsent": lambda said: self.ephemeral.put_if_absent(
                said.key, said.lifetime, said.value
            ),
            "Peek": lambda said: self.ephemeral.peek(said.key),
            "Pop": lambda said: self.ephemeral.pop(said.key),
            "MakeNonce": lambda said: self.mint.nonce(self.resource, self.clock()),
            "CheckNonce": lambda said: self.mint.knows_nonce(
                self.resource, said.nonce, self.clock()
            ),
            "Audit": lambda said: None,
            **answers,
        }

    @property
    def seconds(self):
        return self.clock() / 1000

    def run(self, operation):
        """The result of an operation."""
        return ran(operation, self._perform)

    def _perform(self, command):
        self.performed.append(command)
        return self.answers[type(command).__name__](command)

    def did(self, kind):
        return [each for each in self.performed if isinstance(each, kind)]
