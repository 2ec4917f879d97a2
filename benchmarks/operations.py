"""The operations that are measured: how each signs in and how it refreshes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Operation:
    """A refresh in chains.

    Args:
        sign_in: method, path and body of what begins a family.
        method / path / status: of the refresh and its success.
        member: of the refresh token, in requests and answers.
        goals: by engine, the least ratio to the echo at 64 connections, where one is set.
    """

    name: str
    sign_in: tuple[str, str, str]
    method: str
    path: str
    status: int
    member: str
    goals: Mapping[str, float] = field(default_factory=dict)


_KIBO_USER = '{"emailAddress": "bench@example.com", "password": "bench password"}'

OPERATIONS = (
    Operation(
        "cloudreve refresh (HS256)",
        (
            "POST",
            "/api/v4/session/token",
            '{"email": "bench@example.com", "password": "bench password"}',
        ),
        "POST",
        "/api/v4/session/token/refresh",
        200,
        "refresh_token",
        {"sqlite": 0.22, "postgresql": 0.15, "valkey": 0.17},
    ),
    Operation(
        "akinon refresh (HS256)",
        (
            "POST",
            "/api/v1/auth/login",
            '{"username": "bench@example.com", "password": "bench password"}',
        ),
        "POST",
        "/api/v1/auth/refresh-token",
        201,
        "refreshToken",
        {"sqlite": 0.22, "postgresql": 0.15, "valkey": 0.17},
    ),
    Operation(
        "kibo application refresh (ES256)",
        (
            "POST",
            "/api/platform/applications/authtickets",
            '{"applicationId": "bench.app.1.0.0.Release", "sharedSecret": "bench-secret"}',
        ),
        "PUT",
        "/api/platform/applications/authtickets/refresh-ticket",
        200,
        "refreshToken",
        {"sqlite": 0.17},
    ),
    Operation(
        "kibo admin-user refresh (ES256)",
        ("POST", "/api/platform/adminuser/authtickets/tenants?tenantId=1000", _KIBO_USER),
        "PUT",
        "/api/platform/adminuser/authtickets/tenants",
        200,
        "refreshToken",
    ),
    Operation(
        "kibo developer refresh (ES256)",
        ("POST", "/api/platform/developer/authtickets?developerAccountId=77", _KIBO_USER),
        "PUT",
        "/api/platform/developer/authtickets",
        200,
        "refreshToken",
    ),
)

OPERATION = next(each for each in OPERATIONS if each.name.startswith("akinon"))
"""What plans and comparisons of sizes go by: HS256, an opaque refresh token."""
