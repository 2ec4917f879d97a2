"""Tokens that a running service knows, made by its own rules over its own data folder."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from contextlib import contextmanager

from reticket.core.commands import Begin, Refresh
from reticket.core.model import Caller
from reticket.oauth.site import USER
from reticket.oauth.terms import Terms
from reticket.runtime import opening as app
from reticket.runtime.assembly import lanes_of, service_of
from reticket.testing.waiting import PATIENCE, until

CALLER = Caller("192.0.2.1", "0" * 32)
AUDIENCE = "https://orders.example.com"


class Issuing:
    """The service's other half: begins families, turns keys."""

    def __init__(self, house):
        self.house, self.lanes = house, lanes_of(house.settings)
        self.service = service_of(house, self.lanes)
        self.user = house.directory.user_by_email("ada@example.com")

    def begin(self, client="spa", scope="openid orders.read", jkt=None, audience=AUDIENCE):
        terms = Terms(self.house.clock() // 1000, ("pwd",), jkt, (audience,)).written()
        return self._perform(Begin(USER, self.user, client=client, scope=scope, terms=terms))

    def next(self, issued):
        return self._perform(Refresh(USER, issued.refresh_token))

    def rotate(self, server):
        """Let the next key sign at once; the service sees it with its next beat."""
        self.house.ring.rotate(("sign",), overlap=0)
        mine = {key.kid for key in self.house.ring.verifiers()}
        until(lambda: published(server) == mine, "the new keys", lambda: published(server))

    def _perform(self, command):
        async def performed():
            return await self.service.perform(command, CALLER)

        return asyncio.run(performed())


def published(server):
    """The ids of the keys that the service tells."""
    with urllib.request.urlopen(f"{server.url}/.well-known/jwks.json", timeout=PATIENCE) as answer:
        return {key["kid"] for key in json.load(answer)["keys"]}


@contextmanager
def issuing(server, **settings):
    """Over the folder of a running server."""
    builder = app.Builder()
    said = {"data": server.data, "issuer": server.url, "audit_file": server.data / "mine.jsonl"}
    house = builder.open(builder.load(None, {**said, **settings}))
    made = Issuing(house)
    try:
        yield made
    finally:
        made.lanes.close()
        house.close()
