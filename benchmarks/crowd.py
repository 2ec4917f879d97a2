"""People and programs beside a crowd that signs in as fast as it can."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.servers import HOST, JSON, service
from benchmarks.sign_ins import PERSON
from reticket.crypto.passwords import Argon2Hasher
from reticket.settings import Settings

HOSTILE = 50
KNOWN_GOAL, NEW_GOAL, REFRESH_GOAL = 20, 80, 0.8
PATIENCE = 60.0
SIGN_IN = "/api/v4/session/token"
REFRESH = "/api/v4/session/token/refresh"


def real_hashes() -> Mapping[str, str]:
    """The hashing settings of a service that nobody has configured."""
    said = Settings().hashing
    names = ("TIME_COST", "MEMORY", "PARALLELISM")
    values = (said.time_cost, said.memory, said.parallelism)
    return {
        f"RETICKET_HASHING__{name}": str(each) for name, each in zip(names, values, strict=True)
    }


def seconds_of_a_hash() -> float:
    """One hash, alone on this machine."""
    said = Settings().hashing
    hasher = Argon2Hasher(said.time_cost, said.memory, said.parallelism)
    begun = time.perf_counter()
    hasher.verify(hasher.absent(), "no password")
    return time.perf_counter() - begun


@dataclass(slots=True)
class Measured:
    """What was seen.

    Args:
        hash: seconds of one hash of that run, beside nothing else.
        known / new: seconds of honest sign-ins, from an address that signed in before and from
            new ones; a refused one counts as endless.
        lone / beside: refreshes a second alone, and offered at half of that beside the crowd.
        hostile: answers to the crowd, by status.
    """

    hash: float
    known: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)
    lone: float = 0.0
    beside: float = 0.0
    hostile: dict[int, int] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Of the section."""
        yield f"{HOSTILE} addresses of 127/8 send wrong passwords as fast as they are answered; one"
        yield "person signs in every second from an address that is known, one from a new address"
        yield "each time; one client refreshes at half of its lone rate. All on one machine."
        yield ""
        yield "| measured | result | goal |"
        yield "| --- | --- | --- |"
        yield f"| one hash alone | {self.hash * 1000:.0f} ms | |"
        for name, found, goal in (
            ("known", self.known, KNOWN_GOAL),
            ("new", self.new, NEW_GOAL),
        ):
            worst = quantile(found, 0.99) / self.hash
            what = f"p99 of {len(found)} sign-ins from {name} addresses"
            yield f"| {what} | {worst:.1f} hashes | {goal} |"
        kept, lone = self.beside / (self.lone / 2), f"{self.lone:,.0f}/s"
        yield f"| refreshes kept at half of {lone} | {kept:.0%} | {REFRESH_GOAL:.0%} |"
        told = ", ".join(f"{status}: {times}" for status, times in sorted(self.hostile.items()))
        yield f"| answers to the crowd | {told} | |"


def measure(folder: Path, settings: Mapping[str, str], seconds: int) -> Measured:
    """Run the crowd against a service of its own."""
    measured = Measured(seconds_of_a_hash())
    with service(folder, {**settings, **real_hashes()}) as port:
        _, said = post(port, "127.2.0.1", SIGN_IN, PERSON)
        token = json.loads(said)["data"]["token"]["refresh_token"]
        measured.lone = refreshes(port, token, seconds, pause=0.0)
        stop = threading.Event()
        crowd = [hostile(port, number, stop, measured.hostile) for number in range(HOSTILE)]
        honest = [
            people(port, lambda: "127.2.0.1", seconds, measured.known),
            people(port, new_addresses().__next__, seconds, measured.new),
        ]
        measured.beside = refreshes(port, token, seconds, pause=2 / measured.lone)
        for thread in honest:
            thread.join()
        stop.set()
        for thread in crowd:
            thread.join()
    return measured


def post(port: int, source: str, path: str, body: object) -> tuple[int, str]:
    """One request from an address, on a connection of its own."""
    with closing(http.client.HTTPConnection(HOST, port, PATIENCE, (source, 0))) as connection:
        connection.request("POST", path, json.dumps(body), JSON)
        response = connection.getresponse()
        return response.status, response.read().decode()


def new_addresses() -> Iterator[str]:
    """Each once."""
    return (f"127.3.{number // 256}.{number % 256}" for number in count(1))


def hostile(
    port: int, number: int, stop: threading.Event, answers: dict[int, int]
) -> threading.Thread:
    """An address that sends wrong passwords until it is stopped."""

    def run() -> None:
        for turn in count():
            if stop.is_set():
                return
            body = {"email": f"{number}.{turn}@example.com", "password": "wrong"}
            status, _ = post(port, f"127.1.0.{number + 1}", SIGN_IN, body)
            answers[status] = answers.get(status, 0) + 1

    return _started(run)


def people(
    port: int, source: Callable[[], str], seconds: int, times: list[float]
) -> threading.Thread:
    """Somebody who signs in once a second."""

    def run() -> None:
        begun = time.perf_counter()
        for turn in range(seconds):
            time.sleep(max(0.0, begun + turn - time.perf_counter()))
            asked = time.perf_counter()
            status, said = post(port, source(), SIGN_IN, PERSON)
            good = status == 200 and '"code":0' in said
            times.append(time.perf_counter() - asked if good else float("inf"))

    return _started(run)


def refreshes(port: int, token: str, seconds: int, pause: float) -> float:
    """Refreshes a second on one connection, offered every so many seconds."""
    done, begun = 0, time.perf_counter()
    with closing(http.client.HTTPConnection(HOST, port, PATIENCE)) as connection:
        while (now := time.perf_counter()) < begun + seconds:
            ahead = begun + done * pause - now
            if ahead > 0:
                time.sleep(ahead)
            connection.request("POST", REFRESH, json.dumps({"refresh_token": token}), JSON)
            token = json.loads(connection.getresponse().read())["data"]["refresh_token"]
            done += 1
    return done / (time.perf_counter() - begun)


def quantile(values: list[float], part: float) -> float:
    """The value that so large a part does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def _started(run: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=run)
    thread.start()
    return thread
