"""A world in which families begin without the token endpoint, and tokens are looked at."""

from __future__ import annotations

import os
from dataclasses import replace
from urllib.parse import urlencode

from tests.dialects.oauth.proofs import KEY, ath_of, proof
from tests.dialects.oauth.token_world import ADA, CALLER, ISSUER, PRESETS, SECRETS, World, basic

from reticket.core.commands import BeginSession, ExchangeToken, FindSession, IssueAccess, Refresh
from reticket.core.errors import Unavailable
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.registration import registration_of
from reticket.oauth.terms import Terms

JKT = KEY.thumbprint()
ORDERS = "https://orders.example.com"


class Looks(World):
    def perform(self, command):
        async def performed():
            return await self.serve(command, CALLER)

        return self._runner.run(performed())

    def registration(self, client):
        return registration_of(self.people.client(client), Provider(ISSUER, PRESETS))

    def begin(self, client="spa", scope="openid profile email", jkt=None, audiences=(), **said):
        """A pair of a fresh family."""
        terms = Terms(self.clock() // 1000, ("pwd",), jkt, tuple(audiences))
        begin = BeginSession(
            USER, ADA, client=client, scope=scope, terms=terms.to_json(),
            policy=self.registration(client).policy, asked=tuple(said.items()),
        )  # fmt: skip
        return self.perform(begin)

    def next(self, issued):
        policy = self.registration(issued.family.client).policy
        return self.perform(Refresh(USER, issued.refresh_token, policy=policy))

    def derived(self, issued, **asked):
        return self.perform(ExchangeToken(USER, issued.family.id, asked=tuple(asked.items())))

    def alone(self, client="backend", scope="orders.read", **asked):
        """An access token that a client got for itself."""
        asked = tuple(asked.items())
        issue = IssueAccess(CLIENT, self.people.client(client), scope, asked=asked)
        return self.perform(issue).access_token

    def ask(self, path, client="backend", headers=None, **form):
        """A form from a client of the world, with its way to authenticate; None sends no
        credentials.
        """
        said = dict(headers or {})
        if client in SECRETS:
            said["authorization"] = basic(client, SECRETS[client])
        elif client is not None:
            form["client_id"] = client
        return self.post(path, urlencode(form), said)

    def look(self, token, client="backend", **form):
        return self.ask("/introspect", client, token=token, **form)

    def is_inactive(self, token, client="backend"):
        """Exactly that, to the byte."""
        reply = self.look(token, client)
        return (reply.status, reply.body) == (200, b'{"active":false}')

    def give_back(self, token, client="spa", **form):
        return self.ask("/revoke", client, token=token, **form)

    def who(self, token, scheme="Bearer", **headers):
        return self.post("/userinfo", "", {"authorization": f"{scheme} {token}", **headers})

    def shown(self, token, **claims):
        """The header of a proof that belongs to a token."""
        said = {"ath": ath_of(token), "jti": os.urandom(8).hex(), **claims}
        return proof("POST", f"{ISSUER}/oauth/userinfo", self.clock() // 1000, **said)

    def block_ada(self):
        self.people.users[ADA.id] = replace(ADA, disabled=True)

    def lines_of(self, event):
        """The audit events of that name, after all events were written."""
        for _ in range(2):
            self.perform(FindSession(bytes(16)))
        return [each for each in self.audit.events if each.event == event]

    def causes(self, event="refused"):
        return [each.cause for each in self.lines_of(event)]


def broken(*arguments, **more):
    """Replaces a method of a store that cannot be reached."""
    raise Unavailable("the disk is full")
