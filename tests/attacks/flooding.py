"""Fill the store that all share, with requests that need no credentials.

Each flood asks for something that the service would have to remember: pushed requests (RFC 9126)
with much in them, device codes (RFC 8628), proofs of possession (RFC 9449) beside garbage, first
pages of sign-ins, failed sign-ins of made-up names.
"""

from __future__ import annotations

import http.client
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import time
from urllib.parse import urlencode

from tests.attacks.target import PATIENCE, Target, attack
from tests.dialects.oauth.proofs import ath_of, proof

ROUNDS = 2000
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Clients:
    """Public clients of the service under attack; the demo's by default.

    Args:
        pages: one with a page to sign in at, and where that sends people.
        devices: one of devices.
    """

    pages: str = "spa"
    redirect_uri: str = "http://127.0.0.1:5173/callback"
    devices: str = "tv"


Request = tuple[str, str, Mapping[str, str], str]
"""Method, path, headers, body."""


def asking(clients: Clients, **more: str) -> dict[str, str]:
    """A request that may be made, with as much in it as is bearable."""
    return {
        "client_id": clients.pages,
        "response_type": "code",
        "redirect_uri": clients.redirect_uri,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "s" * 2048,
        "nonce": "n" * 2048,
        **more,
    }


def pushed(clients: Clients, target: Target) -> Request:
    """A pushed request of 31 KB."""
    junk = {f"junk{number}": "j" * 8000 for number in range(3)}
    return "POST", "/oauth/par", FORM, urlencode(asking(clients, login_hint="h" * 2000, **junk))


def device_code(clients: Clients, target: Target) -> Request:
    """A device authorization request."""
    return "POST", "/oauth/device", FORM, urlencode({"client_id": clients.devices})


def proven(clients: Clients, target: Target) -> Request:
    """A valid new proof with an invalid token."""
    token = "garbage"
    uri = f"http://{target.host}:{target.port}/oauth/userinfo"
    shown = proof("GET", uri, time(), ath=ath_of(token), jti=os.urandom(16).hex())
    return "GET", "/oauth/userinfo", {"Authorization": f"DPoP {token}", "DPoP": shown}, ""


def page(clients: Clients, target: Target) -> Request:
    """The first page of a sign-in."""
    return "GET", f"/oauth/authorize?{urlencode(asking(clients))}", {}, ""


def guess(clients: Clients, target: Target) -> Request:
    """A sign-in with an unknown e-mail."""
    said = {"email": f"{os.urandom(8).hex()}@example.com", "password": "guess"}
    return "POST", "/api/v4/session/token", JSON, json.dumps(said)


FLOODS: Mapping[str, Callable[[Clients, Target], Request]] = {
    "pushed requests": pushed,
    "device codes": device_code,
    "proofs beside garbage": proven,
    "first pages": page,
    "made-up names": guess,
}


def flood(
    target: Target,
    name: str,
    rounds: int = ROUNDS,
    clients: Clients | None = None,
    source: str = "127.0.0.1",
) -> Counter[int]:
    """Send so many requests of a kind on one connection; how often each status came."""
    connection = http.client.HTTPConnection(
        target.host, target.port, timeout=PATIENCE, source_address=(source, 0)
    )
    statuses: Counter[int] = Counter()
    for _ in range(rounds):
        method, path, headers, body = FLOODS[name](clients or Clients(), target)
        connection.request(method, path, body or None, dict(headers))
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
    connection.close()
    return statuses


def run(target: Target) -> Iterator[str]:
    """Every flood in its turn."""
    for name in FLOODS:
        yield f"{name}: {dict(flood(target, name))}"


if __name__ == "__main__":
    attack(run)
