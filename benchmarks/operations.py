"""The operations that are measured: how each signs in, and what it asks then."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.servers import JSON
from benchmarks.sign_ins import SignIn, consented, posted


@dataclass(frozen=True, slots=True)
class Operation:
    """A request with a token, again and again.

    Args:
        sign_in: gets the first token.
        method / path / status: of the request and its success.
        before / after: the request's body around the token.
        mark: what a good answer has, as a regular expression that is a Lua pattern, too; a chain
            goes on with what it captures.
        script: `chain.lua` presents a token once, `turns.lua` again and again.
        goals: by engine, the least ratio to the echo at 64 connections, where one is set.
    """

    name: str
    sign_in: SignIn
    method: str
    path: str
    status: int
    before: str
    after: str
    mark: str
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    script: str = "chain.lua"
    goals: Mapping[str, float] = field(default_factory=dict)


def _refresh(
    name: str,
    sign_in: tuple[str, str, str],
    call: tuple[str, str, int],
    member: str,
    **goals: float,
) -> Operation:
    """A refresh by JSON: method, path and body of what begins a session, method, path and status
    of the refresh, and the refresh token's member in all of them.
    """
    mark = f'"{member}":"([^"]+)"'
    before, after = f'{{"{member}":"', '"}'
    return Operation(name, posted(*sign_in, mark), *call, before, after, mark, goals=goals)


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_BASIC = _FORM | {"Authorization": f"Basic {b64encode(b'bench-web:bench-secret').decode()}"}
_REFRESH_TOKEN = '"refresh_token":"([^"]+)"'
_ACCESS_TOKEN = '"access_token":"([^"]+)"'


def _oauth_refresh(name: str, client: str, headers: Mapping[str, str], after: str) -> Operation:
    return Operation(
        name,
        consented(client, headers, _REFRESH_TOKEN),
        "POST",
        "/oauth/token",
        200,
        "grant_type=refresh_token&refresh_token=",
        after,
        _REFRESH_TOKEN,
        headers,
        goals={"sqlite": 0.15},
    )


_KIBO_USER = '{"emailAddress": "bench@example.com", "password": "bench password"}'

OPERATIONS = (
    _refresh(
        "cloudreve refresh (HS256)",
        (
            "POST",
            "/api/v4/session/token",
            '{"email": "bench@example.com", "password": "bench password"}',
        ),
        ("POST", "/api/v4/session/token/refresh", 200),
        "refresh_token",
        sqlite=0.22,
        postgresql=0.15,
        valkey=0.17,
    ),
    _refresh(
        "akinon refresh (HS256)",
        (
            "POST",
            "/api/v1/auth/login",
            '{"username": "bench@example.com", "password": "bench password"}',
        ),
        ("POST", "/api/v1/auth/refresh-token", 201),
        "refreshToken",
        sqlite=0.22,
        postgresql=0.15,
        valkey=0.17,
    ),
    _refresh(
        "kibo application refresh (ES256)",
        (
            "POST",
            "/api/platform/applications/authtickets",
            '{"applicationId": "bench.app.1.0.0.Release", "sharedSecret": "bench-secret"}',
        ),
        ("PUT", "/api/platform/applications/authtickets/refresh-ticket", 200),
        "refreshToken",
        sqlite=0.17,
    ),
    _refresh(
        "kibo admin-user refresh (ES256)",
        ("POST", "/api/platform/adminuser/authtickets/tenants?tenantId=1000", _KIBO_USER),
        ("PUT", "/api/platform/adminuser/authtickets/tenants", 200),
        "refreshToken",
    ),
    _refresh(
        "kibo developer refresh (ES256)",
        ("POST", "/api/platform/developer/authtickets?developerAccountId=77", _KIBO_USER),
        ("PUT", "/api/platform/developer/authtickets", 200),
        "refreshToken",
    ),
    _oauth_refresh("oauth confidential refresh (ES256)", "bench-web", _BASIC, ""),
    _oauth_refresh("oauth public refresh (ES256)", "bench-spa", _FORM, "&client_id=bench-spa"),
    Operation(
        "oauth introspection (ES256)",
        consented("bench-web", _BASIC, _ACCESS_TOKEN),
        "POST",
        "/oauth/introspect",
        200,
        "token=",
        "",
        '"active":true',
        _BASIC,
        "turns.lua",
        {"sqlite": 0.30},
    ),
)

OPERATION = next(each for each in OPERATIONS if each.name.startswith("akinon"))
