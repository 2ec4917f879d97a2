"""Clients of the three dialects, as plain as they can be: real sockets, no library between."""

from __future__ import annotations

import http.client
import json
import ssl
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from reticket.testing.waiting import PATIENCE, until

ADA = "ada@example.com"
PASSWORD = "correct horse"
TRUST = ssl.create_default_context()
"""For clients of httpx, which would read all certificates of the machine for each of them."""


def call(url, method, path, body=None, headers=None, address=None):
    """One request on a connection of its own: status, headers in lower case, body. It comes from
    another address of 127/8 where one is given: its refusals are counted apart.
    """
    said = {"Content-Type": "application/json", **(headers or {})}
    source = (address, 0) if address else None
    place = urlsplit(url).netloc
    with closing(
        http.client.HTTPConnection(place, timeout=PATIENCE, source_address=source)
    ) as connection:
        connection.request(method, path, body, said)
        with connection.getresponse() as response:
            text = response.read()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, text


@dataclass(frozen=True)
class Wire:
    """How a dialect signs in and refreshes; `refused` is what a bad token is answered."""

    name: str
    sign_in_path: str
    sign_in_body: dict
    method: str
    refresh_path: str
    member: str
    refused: tuple[int, str]

    def sign_in(self, url):
        status, _, body = call(url, "POST", self.sign_in_path, json.dumps(self.sign_in_body))
        assert status in (200, 201), body
        return self.token_of(body)

    def refresh(self, url, token, **headers):
        return call(url, self.method, self.refresh_path, self.body_of(token), headers)

    def body_of(self, token):
        return json.dumps({self.member: token})

    def token_of(self, body):
        said = json.loads(body)
        for inner in ("data", "token"):
            said = said.get(inner, said)
        return said[self.member]

    def is_good(self, answer):
        status, _, body = answer
        return status in (200, 201) and json.loads(body).get("code", 0) == 0

    def is_refused(self, answer):
        status, mark = self.refused
        return answer[0] == status and mark in answer[2].decode()

    def is_unavailable(self, answer):
        """503 with Retry-After in the dialect's shape; Cloudreve's clients read the code."""
        status, headers, body = answer
        said = json.loads(body)
        shape = {"akinon": "apiError", "cloudreve": "code"}.get(self.name, "message")
        return status == 503 and int(headers["retry-after"]) > 0 and shape in said


WIRES = [
    Wire(
        "akinon", "/api/v1/auth/login", {"username": ADA, "password": PASSWORD},
        "POST", "/api/v1/auth/refresh-token", "refreshToken", (401, "apiError"),
    ),
    Wire(
        "cloudreve", "/api/v4/session/token", {"email": ADA, "password": PASSWORD},
        "POST", "/api/v4/session/token/refresh", "refresh_token", (200, '"code":40020'),
    ),
    Wire(
        "kibo.application", "/api/platform/applications/authtickets",
        {"applicationId": "ns.app.1.0.0.Release", "sharedSecret": "s3cret"},
        "PUT", "/api/platform/applications/authtickets/refresh-ticket", "refreshToken",
        (401, "INVALID_ACCESS_TOKEN"),
    ),
    Wire(
        "kibo.developer", "/api/platform/developer/authtickets?developerAccountId=77",
        {"emailAddress": ADA, "password": PASSWORD},
        "PUT", "/api/platform/developer/authtickets", "refreshToken",
        (401, "INVALID_ACCESS_TOKEN"),
    ),
    Wire(
        "kibo.adminuser", "/api/platform/adminuser/authtickets/tenants?tenantId=1000",
        {"emailAddress": ADA, "password": PASSWORD},
        "PUT", "/api/platform/adminuser/authtickets/tenants", "refreshToken",
        (401, "INVALID_ACCESS_TOKEN"),
    ),
]  # fmt: skip


def how_often(told, event, **members):
    """The number of these events in an audit stream; repeated refusals have one line."""
    return sum(
        each.get("count", 1)
        for each in told
        if each["event"] == event and members.items() <= each.items()
    )


def audit_stream_when(server, holds):
    """The audit stream, once it has the expected lines: some are written after the response."""
    until(lambda: holds(events(server)), "the audit stream", lambda: events(server)[-20:])
    return events(server)


def events(server):
    """The audit stream so far."""
    return [json.loads(line) for line in (server.data / "audit.jsonl").read_text().splitlines()]
