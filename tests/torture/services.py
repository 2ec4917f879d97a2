"""Several service processes over one engine, and a load of clients on them.

Knows how to start, kill and stop processes of its own; which engine and which fault is for others.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.http.wire import WIRES, call
from tests.torture.clients import (
    STRICT,
    WINDOWS,
    Chain,
    Client,
    Field,
    Foreign,
    Hasty,
    Leaver,
    Operator,
    Quitter,
    Revenant,
    Slow,
    Thief,
)
from tests.torture.history import Answer, History, Verb

from reticket.core.tokens.faces import PREFIX, from_text
from reticket.testing import running_server
from reticket.testing.server import CHEAP_SIGN_INS, RunningServer, free_port, without_settings
from reticket.testing.waiting import until

TORTURE = bool(os.environ.get("RETICKET_TORTURE"))
RETURN = 20.0
"""Seconds within which every client is back after everything."""

BOUND = 12.0
"""Seconds until whoever is patient is answered: 5 in a queue, and what is before it there."""

MASTER_KEY = base64.b64encode(os.urandom(32)).decode()
TWO: tuple[dict[str, str], ...] = ({}, {})
IMPATIENT = {"RETICKET_BUSY_TIMEOUT": "1", "RETICKET_LOG_LEVEL": "error"}

CLOCK = """
import time
seconds, nanoseconds = time.time, time.time_ns
time.time = lambda: seconds() + {seconds}
time.time_ns = lambda: nanoseconds() + {seconds} * 10**9
"""


class Service:
    """One process that can be killed and started again, at the same address and folder."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        folder.mkdir()
        self.folder, self.settings, self.port = folder, settings, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._running = ExitStack()
        self._server: RunningServer

    def start(self) -> None:
        running = running_server(self.folder, settings=self.settings, port=self.port)
        self._server = self._running.enter_context(running)

    def kill(self) -> None:
        """`kill -9`."""
        self._server.process.kill()
        self._server.process.wait()
        self._running.close()

    def stop(self) -> None:
        self._running.close()

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Every file of the process is as long as it may get."""
        pid, kind = self._server.process.pid, resource.RLIMIT_FSIZE
        before = resource.prlimit(pid, kind, (0, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            resource.prlimit(pid, kind, before)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def signs_with(self) -> set[str]:
        """The keys that make a pair of tokens, by what the tokens say."""
        application = next(wire for wire in WIRES if wire.name == "kibo.application")
        body = json.dumps(application.sign_in_body)
        said = json.loads(call(self.url, "POST", application.sign_in_path, body)[2])
        header = json.loads(from_text(said["accessToken"].partition(".")[0]))
        return {from_text(said["refreshToken"].removeprefix(PREFIX))[:4].hex(), header["kid"]}

    def audit(self) -> list[str]:
        return (self.data / "audit.jsonl").read_text().splitlines()


def clock_off(folder: Path, seconds: int) -> dict[str, str]:
    """Variables for a process whose clock is off by that much, from its first line on."""
    place = folder / f"clock{seconds}"
    place.mkdir()
    (place / "sitecustomize.py").write_text(CLOCK.format(seconds=seconds))
    return {"PYTHONPATH": os.pathsep.join([str(place), os.environ.get("PYTHONPATH", "")])}


class Services:
    """Processes that answer as one.

    Args:
        settings: variables for all of them; the directory is shared unless they say otherwise.
        own: variables for each of them.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, str], own: Sequence[Mapping[str, str]] = TWO
    ) -> None:
        shared = {
            "RETICKET_MASTER_KEY": MASTER_KEY,
            "RETICKET_DIRECTORY": f"sqlite:///{folder / 'directory.sqlite'}",
        }
        self.settings = {**STRICT, **IMPATIENT, **shared, **settings}
        self.all = [
            Service(folder / f"service{number}", self.settings | each)
            for number, each in enumerate(own)
        ]

    def __enter__(self) -> Services:
        with ExitStack() as started:
            for each in self.all:
                started.callback(each.stop)
                each.start()
            self._started = started.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._started.close()

    def command(self, *words: str, said: str = "") -> str:
        """Of an operator beside the first process, run to its end; what it printed."""
        ended = subprocess.run(
            [sys.executable, "-m", "reticket", *words, "--data", str(self.all[0].data)],
            input=said, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    @property
    def environment(self) -> dict[str, str]:
        """For a command beside them."""
        return {**without_settings(), **CHEAP_SIGN_INS, **self.settings}


class Crowd(NamedTuple):
    """How many clients there are of each kind: chains per wire, all others in all."""

    chains: int = 3
    slow: int = 3
    leavers: int = 2
    hasty: int = 2
    thieves: int = 3
    operators: int = 1

    def clients(self, field: Field, services: Services) -> Iterator[Client]:
        akinon, cloudreve, application, developer, adminuser = WIRES
        for wire in (akinon, cloudreve, application):
            yield from (Chain(field, wire) for _ in range(self.chains))
        yield from (Slow(field, adminuser) for _ in range(self.slow))
        yield from (Leaver(field, (akinon, cloudreve)[n % 2]) for n in range(self.leavers))
        yield from (Hasty(field, (akinon, cloudreve)[n % 2]) for n in range(self.hasty))
        yield from (Thief(field, developer) for _ in range(self.thieves))
        beside = services.all[0].data, services.environment
        yield from (Operator(field, application, *beside) for _ in range(self.operators))


CROWD = Crowd(12, 10, 6, 4, 8, 1) if TORTURE else Crowd()


class Outcome(NamedTuple):
    """What came of a load; one line of the table."""

    clients: int
    history: History
    stranded: int
    seconds: float

    def cells(self) -> dict[str, int | str]:
        history = self.history
        return {
            "clients": self.clients,
            "s": round(self.seconds),
            "good": history.count(Answer.GOOD),
            "503": history.count(Answer.UNAVAILABLE),
            "cut": history.count(Answer.CUT),
            "ended": history.count(Answer.GOOD, verb=Verb.END),
            "reuse": sum(
                each.misuse and each.answer is Answer.REFUSED for each in history.exchanges
            ),
            "healed": history.healed.total(),
            "reissued": history.reissued.total(),
            "stranded": self.stranded,
            "faults": len(history.faults()),
        }


class Load:
    """A crowd at work, from before the fault until everybody is back.

    Args:
        crowd: how many of each kind.
        old: another system; its sessions go on here, and those that it has ended come as well.
    """

    def __init__(
        self, services: Services, crowd: Crowd = CROWD, old: Foreign | None = None
    ) -> None:
        self.services = services
        self.history = History(WINDOWS)
        self._heard = [len(each.audit()) for each in services.all]
        self.field = Field([each.url for each in services.all], self.history, old=old)
        self.clients = list(crowd.clients(self.field, services))
        if old is not None:
            wires = WIRES[:2] * (3 if TORTURE else 1)
            self.clients += [
                kind(self.field, wire) for kind in (Quitter, Revenant) for wire in wires
            ]
        self.outcome: Outcome

    @contextmanager
    def running(self) -> Iterator[Load]:
        """Everybody is signed in when the body begins and has come back when it has ended."""
        began = time.monotonic()
        for each in self.clients:
            each.start()
        self.wait_for(len(self.clients))
        try:
            yield self
        finally:
            self.field.stopping.set()
            for each in self.clients:
                each.join()
            stranded = self._stranded()
            self._haunt()
            self.field.close()
        for each, heard in zip(self.services.all, self._heard, strict=True):
            self.history.read_audit(each.audit()[heard:])
        for each in self.clients:
            if each.broken is not None:
                raise each.broken
        self.outcome = Outcome(len(self.clients), self.history, stranded, time.monotonic() - began)

    def rotate_keys(self, times: int) -> None:
        """Several times at once, until every process signs with new ones."""
        before = set().union(*(each.signs_with() for each in self.services.all))
        for _ in range(times):
            self.services.command("key", "rotate")
        until(
            lambda: not any(each.signs_with() & before for each in self.services.all),
            "the end of the keys that signed before",
        )

    def wait_for(self, more: int, verb: Verb = Verb.REFRESH) -> None:
        """Until so many more went well."""
        wanted = self.history.count(Answer.GOOD, verb=verb) + more
        until(
            lambda: self.history.count(Answer.GOOD, verb=verb) >= wanted,
            f"{more} more that go well",
        )

    def _stranded(self) -> int:
        end = time.monotonic() + RETURN
        chains = [each for each in self.clients if isinstance(each, Chain)]
        return sum(not each.come_back(end) for each in chains)

    def _haunt(self) -> None:
        for each in self.clients:
            if isinstance(each, Leaver):
                each.haunt()
