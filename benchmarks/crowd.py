"""People and programs beside others that sign in as fast as they can."""

from __future__ import annotations

import http.client
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.hostile import CROWDS, VALID_HOME
from benchmarks.processes import Said, ended, honest, started
from benchmarks.report import Bound, table
from benchmarks.servers import HOST, JSON, service
from benchmarks.sign_ins import NEWCOMER, PERSON, SIGN_IN, VALID
from reticket.crypto.passwords import Argon2Hasher
from reticket.settings import Settings

KNOWN_GOAL, NEW_GOAL = 20, 80
"""Hashes that the p99 of sign-ins may take, from an address that signed in before and a new one."""

REFRESH_GOAL = 0.8
"""What is kept of the refreshes that are offered, at least."""

CLIENTS = 32
HASHES = 9
WARM_UP = 5.0
PATIENCE = 60.0
HOME = "127.2.0.1"


def real_hashes() -> Mapping[str, str]:
    """The hashing settings of a service that nobody has configured."""
    said = Settings().hashing
    names = ("TIME_COST", "MEMORY", "PARALLELISM")
    values = (said.time_cost, said.memory, said.parallelism)
    return {
        f"RETICKET_HASHING__{name}": str(each) for name, each in zip(names, values, strict=True)
    }


def seconds_of_a_hash() -> float:
    """One hash, alone on this machine: the median of some."""
    said = Settings().hashing
    hasher = Argon2Hasher(said.time_cost, said.memory, said.parallelism)
    absent = hasher.absent()
    return median(_seconds(lambda: hasher.verify(absent, "no password")) for _ in range(HASHES))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@dataclass(slots=True)
class Beside:
    """What people and programs saw beside one crowd.

    Args:
        known / new: seconds of honest sign-ins, from an address that signed in before and from
            new ones; a refused one counts as endless.
        refreshes: what `benchmarks.honest` said of them.
        answers: what the crowd was answered.
    """

    known: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)
    refreshes: Said = field(default_factory=dict)
    answers: Said = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """A run.

    Args:
        seconds: beside each crowd.
        hash: seconds of one hash of that run, beside nothing else.
        lone: refreshes a second beside nothing else; half of it is offered beside the crowds.
        beside: by the name of the crowd.
    """

    seconds: int
    hash: float
    lone: float
    beside: Mapping[str, Beside]

    def bounds(self) -> list[Bound]:
        """What must hold beside each of the crowds."""
        return [bound for name in self.beside for bound in self._bounds(name, self.beside[name])]

    def _bounds(self, name: str, found: Beside) -> Iterator[Bound]:
        for whose, times, goal in (
            ("known", found.known, KNOWN_GOAL),
            ("new", found.new, NEW_GOAL),
        ):
            worst = quantile(times, 0.99) / self.hash
            what = f"{name}: p99 of {len(times)} sign-ins from {whose} addresses, in hashes"
            yield Bound(what, f"{worst:.1f}", f"<= {goal}", worst <= goal)
        kept = found.refreshes["good"] / (self.lone / 2 * self.seconds)
        what = f"{name}: refreshes kept of what was offered"
        yield Bound(what, f"{kept:.1%}", f">= {REFRESH_GOAL:.0%}", kept >= REFRESH_GOAL)
        lost = sum(found.refreshes["lost"].values())
        yield Bound(f"{name}: refreshes lost", str(lost), "0", not lost)

    def lines(self) -> Iterator[str]:
        """Of the section."""
        guessing, alone = CROWDS["crowd"], CROWDS["account"]
        yield f"`crowd`: {guessing.guessing} addresses of 127/8 send wrong passwords, and one more"
        yield "signs in with a valid account. Each is as fast as its answers, on"
        yield f"{guessing.connections} connections. `account`: one valid account alone, on"
        yield f"{alone.connections} connections. Beside each an honest person signs in every second"
        yield f"for {self.seconds} s, from a known address and from a new one by turns. Another"
        yield f"{CLIENTS} connections refresh at half of their lone rate. Clients and service share"
        yield "the cores of one machine: the clients take processor time from the service."
        yield ""
        yield f"One hash alone: {self.hash * 1000:.0f} ms. Lone rate: {self.lone:,.0f} refreshes/s."
        yield ""
        yield from table(self.bounds())
        for name, found in self.beside.items():
            told = ", ".join(f"{times:,} x {what}" for what, times in found.answers.items())
            yield ""
            yield f"Answers to `{name}`: {told}."


def measure(folder: Path, settings: Mapping[str, str], seconds: int) -> Measured:
    """Run both crowds against a service of its own."""
    a_hash = seconds_of_a_hash()
    with service(folder, {**settings, **real_hashes()}) as port:
        post(port, HOME, SIGN_IN, PERSON)
        post(port, VALID_HOME, SIGN_IN, VALID)
        lone = ended(honest(port, CLIENTS, 0, WARM_UP))["good"] / WARM_UP
        news = new_addresses()
        beside = {name: _beside(port, name, lone / 2, seconds, news) for name in CROWDS}
    return Measured(seconds, a_hash, lone, beside)


def _beside(port: int, name: str, rate: float, seconds: int, news: Iterator[str]) -> Beside:
    found = Beside()
    refreshes = honest(port, CLIENTS, rate, seconds)
    crowd = started("benchmarks.hostile", str(port), name)
    people(port, news, seconds, found)
    found.answers = ended(crowd)
    found.refreshes = ended(refreshes)
    return found


def post(port: int, source: str, path: str, body: object) -> tuple[int, str]:
    """One request from an address, on a connection of its own."""
    with closing(http.client.HTTPConnection(HOST, port, PATIENCE, (source, 0))) as connection:
        connection.request("POST", path, json.dumps(body), JSON)
        response = connection.getresponse()
        return response.status, response.read().decode()


def new_addresses() -> Iterator[str]:
    """Each once."""
    return (f"127.3.{number // 256}.{number % 256}" for number in count(1))


def sign_in(port: int, source: str, person: Mapping[str, str], times: list[float]) -> None:
    """Note how long it takes."""
    asked = time.perf_counter()
    try:
        status, said = post(port, source, SIGN_IN, person)
    except (OSError, http.client.HTTPException):
        status, said = 0, ""
    good = status == 200 and '"code":0' in said
    times.append(time.perf_counter() - asked if good else math.inf)


def people(port: int, news: Iterator[str], seconds: int, found: Beside) -> None:
    """A sign-in every second, however long the ones before take: from home and from a new address
    by turns.
    """
    begun = time.perf_counter()
    with ThreadPoolExecutor(2 * math.ceil(PATIENCE)) as pool:
        for turn in range(seconds):
            time.sleep(max(0.0, begun + turn - time.perf_counter()))
            if turn % 2:
                pool.submit(sign_in, port, next(news), NEWCOMER, found.new)
            else:
                pool.submit(sign_in, port, HOME, PERSON, found.known)


def quantile(values: Sequence[float], part: float) -> float:
    """The value that so large a part does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
