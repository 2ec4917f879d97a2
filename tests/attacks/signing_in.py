"""One sign-in of Cloudreve's dialect from an address of 127/8, and how it was answered."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing

from tests.attacks.target import PATIENCE, Target

SIGN_IN = "/api/v4/session/token"
WRONG, RIGHT = 40080, 0


def answered(target: Target, source: str, email: str, password: str) -> int:
    """The envelope's code; 429 and 503 are the HTTP status."""
    connection = http.client.HTTPConnection(
        target.host, target.port, timeout=PATIENCE, source_address=(source, 0)
    )
    with closing(connection):
        body = json.dumps({"email": email, "password": password})
        connection.request("POST", SIGN_IN, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        said = json.loads(response.read())
    return response.status if response.status in (429, 503) else said["code"]


def sources(first: int = 1) -> Iterator[str]:
    """Distinct addresses of 127.1/16."""
    for number in range(first, 2**16):
        yield f"127.1.{number // 256}.{number % 256}"
