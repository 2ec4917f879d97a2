"""Tokens that a running service knows, made by its own rules over its own data folder."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from contextlib import contextmanager

from reticket.core.commands import BeginSession, Refresh
from reticket.core.model import Caller
from reticket.oauth.provider import USER
from reticket.oauth.terms import Terms
from reticket.runtime import opening as app
from reticket.runtime.assembly import service_of, worker_pools_of
from reticket.testing.waiting import PATIENCE, until

CALLER = Caller("192.0.2.1", "0" * 32)
AUDIENCE = "https://orders.example.com"


class Issuing:
    """The service's other half: begins families, turns keys."""

    def __init__(self, instance):
        self.instance, self.pools = instance, worker_pools_of(instance.settings)
        self.service = service_of(instance, self.pools)
        self.user = instance.directory.user_by_email("ada@example.com")

    def begin(self, client="spa", scope="openid orders.read", jkt=None, audience=AUDIENCE):
        terms = Terms(self.instance.clock() // 1000, ("pwd",), jkt, (audience,)).to_json()
        return self.perform(BeginSession(USER, self.user, client=client, scope=scope, terms=terms))

    def next(self, issued):
        return self.perform(Refresh(USER, issued.refresh_token))

    def rotate(self, server):
        """Let the next key sign at once; the service sees it with its next beat."""
        self.instance.ring.rotate(("sign",), overlap=0)
        mine = {key.kid for key in self.instance.ring.snapshot.verifiers()}
        until(lambda: published(server) == mine, "the new keys", lambda: published(server))

    def perform(self, command):
        """The result of a command, by the service's own rules."""

        async def performed():
            return await self.service.performers[type(command)](command, CALLER)

        return asyncio.run(performed())


def published(server):
    """The ids of the keys that the service tells."""
    with urllib.request.urlopen(f"{server.url}/.well-known/jwks.json", timeout=PATIENCE) as answer:
        return {key["kid"] for key in json.load(answer)["keys"]}


@contextmanager
def issuing(server, **settings):
    """Issue tokens over the data folder of a running server."""
    builder = app.Builder()
    said = {"data": server.data, "issuer": server.url, "audit_file": server.data / "mine.jsonl"}
    instance = builder.open(builder.load(None, {**said, **settings}))
    made = Issuing(instance)
    try:
        yield made
    finally:
        made.pools.close()
        instance.close()
