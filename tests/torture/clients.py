"""Clients that refresh, leave and steal through any of several services, and write it all down.

None of them knows which fault comes: an error or silence makes them try again elsewhere.
"""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from tests.http.wire import Wire
from tests.torture.history import Answer, Exchange, History, Said, Verb, said_by

CUT = (OSError, http.client.HTTPException)
NOBODY = Said("", 0)
DECIDED = (Answer.GOOD, Answer.REFUSED)
PATIENCE = 3.0
"""Seconds until a client hangs up; what it sent may still arrive."""
LONG_PATIENCE = 30.0
SHORT_WINDOW = 1
WINDOWS = {"kibo.developer": SHORT_WINDOW, "kibo.adminuser": SHORT_WINDOW}
STRICT = {
    "RETICKET_POLICIES__KIBO_2026__REUSE": "revoke",
    "RETICKET_POLICIES__CLOUDREVE_2026__REUSE": "revoke",
    "RETICKET_POLICIES__KIBO__DEVELOPER__WINDOW": str(SHORT_WINDOW),
    "RETICKET_POLICIES__KIBO__ADMINUSER__WINDOW": str(SHORT_WINDOW),
}
"""Everybody revokes on reuse; thieves and slow clients have a window that shuts while we watch."""

SIGN_OUTS = {
    "akinon": ("POST", "/api/v1/auth/logout"),
    "cloudreve": ("DELETE", "/api/v4/session/token"),
}


class Got(NamedTuple):
    """An exchange, and the token that came with it."""

    exchange: Exchange
    token: str | None = None


class Foreign(Protocol):
    """Another system, whose sessions go on here."""

    def token(self, wire: Wire) -> str | None:
        """A token of a living session."""

    def ended(self, wire: Wire) -> str | None:
        """A token of a session that it has ended."""


class Field:
    """What all clients share: the services' addresses, the history, and when to stop.

    Args:
        old: gives half of all sessions their first token.
    """

    def __init__(
        self, urls: Sequence[str], history: History, seed: int = 1, old: Foreign | None = None
    ) -> None:
        self.urls = urls
        self.history = history
        self.old = old
        self.stopping = threading.Event()
        self._seeds = count(seed)
        self._pool = ThreadPoolExecutor(128)

    def seed(self) -> int:
        return next(self._seeds)

    def together(self, work: Callable[[], Got], times: int) -> list[Got]:
        """The same at once."""
        return [each.result() for each in [self.beside(work) for _ in range(times)]]

    def beside(self, work: Callable[[], Got]) -> Future[Got]:
        """While the caller does something else."""
        return self._pool.submit(work)

    def close(self) -> None:
        self._pool.shutdown()


class Client(threading.Thread):
    """One session after another over one wire. Subclasses say what a session does."""

    patience = PATIENCE
    pause = 0.05

    def __init__(self, field: Field, wire: Wire) -> None:
        super().__init__(daemon=True)
        self.field, self.wire = field, wire
        self.dice = random.Random(field.seed())
        self.broken: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.field.stopping.is_set():
                self.session()
        except BaseException as error:  # shown by the test that waits for this thread
            self.broken = error

    def session(self) -> None:
        raise NotImplementedError

    def think(self, seconds: float | None = None) -> None:
        self.field.stopping.wait(seconds or self.pause)

    def sign_in(self) -> str | None:
        """The first token, unless we stop before. It may be one of another system."""
        if self.field.old and self.dice.random() < 0.5:
            token = self.field.old.token(self.wire)
            if token is not None:
                self.begin_elsewhere(token)
                return token
        body = json.dumps(self.wire.sign_in_body)
        while not self.field.stopping.is_set():
            got = self.ask(Verb.SIGN_IN, "POST", self.wire.sign_in_path, body, NOBODY)
            if got.token:
                return got.token
            self.think()
        return None

    def begin_elsewhere(self, token: str, *verbs: Verb) -> None:
        """Note what has become of a session at another system: its beginning, and more."""
        now, said = time.monotonic(), said_by(token)
        for verb in (Verb.SIGN_IN, *verbs):
            exchange = Exchange(verb, said, now, now, Answer.GOOD, resource=self.wire.name)
            self.field.history.add(exchange._replace(server="elsewhere"))

    def refresh(self, token: str, *, misuse: bool = False) -> Got:
        wire = self.wire
        body, said = wire.body_of(token), said_by(token)
        return self.ask(Verb.REFRESH, wire.method, wire.refresh_path, body, said, misuse=misuse)

    def persist(self, ask: Callable[[], Got], *answers: Answer) -> Got | None:
        """Ask until one of these answers comes, unless we stop before."""
        while not self.field.stopping.is_set():
            got = ask()
            if got.exchange.answer in answers:
                return got
            self.think()
        return None

    def ask(
        self, verb: Verb, method: str, path: str, body: str, said: Said, *, misuse: bool = False
    ) -> Got:
        """Send one request to any of the services."""
        server = self.dice.choice(self.field.urls)
        sent = time.monotonic()
        try:
            status, headers, text = _call(server, method, path, body, self.patience)
        except CUT:
            status, answer, token = None, Answer.CUT, None
        else:
            answer = self.judge(verb, status, headers, text)
            gets = answer is Answer.GOOD and verb is not Verb.END
            token = self.wire.token_of(text) if gets else None
        successor = said_by(token) if token else None
        if verb is Verb.SIGN_IN:
            said, successor = successor or NOBODY, None
        exchange = Exchange(
            verb, said, sent, time.monotonic(), answer, successor, misuse,
            self.wire.name, server, status,
        )  # fmt: skip
        self.field.history.add(exchange)
        return Got(exchange, token)

    def judge(self, verb: Verb, status: int, headers: Mapping[str, str], text: bytes) -> Answer:
        """A sign-in with the right password is never refused, and a sign-out neither."""
        response = status, headers, text
        if status == 204 or self.wire.is_good(response):
            return Answer.GOOD
        if verb is Verb.REFRESH and self.wire.is_refused(response):
            return Answer.REFUSED
        if status == 503 and int(headers.get("retry-after", 0)) > 0:
            return Answer.UNAVAILABLE
        return Answer.WRONG


class Chain(Client):
    """Refreshes in a chain, often in parallel, loses answers, and has tabs that are late."""

    late = 8.0
    """Seconds that a tab may be behind the others; far inside the window."""
    crowds: tuple[int, ...] = (1, 1, 1, 2, 4)
    losing = 0.1
    """How often an answer is lost on its way back."""

    def __init__(self, field: Field, wire: Wire) -> None:
        super().__init__(field, wire)
        self.token: str | None = None
        self.older: list[tuple[float, str]] = []
        self.refused = False

    def session(self) -> None:
        self.token = self.token or self.sign_in()
        if self.token is None:
            return
        if self.refused:
            self.field.stopping.wait()
        self.round()
        self.think()

    def round(self) -> bool:
        """Refresh once; whether the newest token is known afterwards."""
        token = self.token
        got = self.field.together(lambda: self.refresh(token), self.dice.choice(self.crowds))
        good = [each.token for each in got if each.token]
        self.refused |= any(each.exchange.answer is Answer.REFUSED for each in got)
        if not good or self.dice.random() < self.losing:
            return bool(good)
        self.older = [*self.older[-4:], (time.monotonic(), token)]
        self.token = max(good, key=said_by)
        if self.dice.random() < 0.1:
            self.late_tab()
        return True

    def late_tab(self) -> None:
        """Somebody comes with an older token, whose child may have been used."""
        young = [t for at, t in self.older if time.monotonic() - at < self.late]
        if young:
            self.refresh(self.dice.choice(young))

    def come_back(self, until: float) -> bool:
        """After everything: the session goes on with the newest token that the client knows."""
        while self.token and not self.refused:
            if self.round():
                return True
            if time.monotonic() > until:
                return False
            time.sleep(self.pause)
        return False


class Slow(Chain):
    """Thinks longer than its window is open: an answer that was lost costs one more child."""

    patience = LONG_PATIENCE
    pause = SHORT_WINDOW * 1.3
    late = 0.0
    crowds = (1,)
    losing = 0.5


class Leaver(Client):
    """Signs out, and sees that nothing works any more, then and at the very end."""

    ending: tuple[Answer, ...] = (Answer.GOOD,)
    generations = 4

    def __init__(self, field: Field, wire: Wire) -> None:
        super().__init__(field, wire)
        self.ended: list[str] = []

    def session(self) -> None:
        tokens = [self.sign_in()]
        while tokens[-1] and len(tokens) < self.generations:
            self.think()
            got = self.persist(lambda: self.refresh(tokens[-1]), *DECIDED)
            tokens.append(got.token if got else None)
        if tokens[-1] and self.persist(lambda: self.end_at_once(tokens), *self.ending):
            self.ended.append(tokens[-1])
            for token in (tokens[-1], tokens[0], tokens[-2]):
                self.refresh(token)
        self.think()

    def end_at_once(self, tokens: Sequence[str]) -> Got:
        """While other tabs refresh."""
        tabs = [self.field.beside(lambda: self.refresh(tokens[-1])) for _ in range(4)]
        got = self.end(tokens)
        for tab in tabs:
            tab.result()
        return got

    def end(self, tokens: Sequence[str]) -> Got:
        """Ask for the end."""
        method, path = SIGN_OUTS[self.wire.name]
        said = said_by(tokens[-1])
        return self.ask(Verb.END, method, path, self.wire.body_of(tokens[-1]), said)

    def haunt(self) -> None:
        """Come with the newest token of every session that was ended."""
        for token in self.ended:
            self.refresh(token)


class Hasty(Leaver):
    """Signs out as soon as it can."""

    pause = 0.01
    generations = 2


class Quitter(Leaver):
    """Signs out with the token of another system, before it was ever used here."""

    def session(self) -> None:
        token = self.field.old and self.field.old.token(self.wire)
        if token:
            self.begin_elsewhere(token)
            if self.persist(lambda: self.end_at_once([token]), *self.ending):
                self.ended.append(token)
                self.refresh(token)
        self.think()


class Revenant(Leaver):
    """Comes with the token of a session that was ended at another system."""

    def session(self) -> None:
        token = self.field.old and self.field.old.ended(self.wire)
        if token is not None:
            self.begin_elsewhere(token, Verb.END)
            self.ended.append(token)
            self.persist(lambda: self.refresh(token), *DECIDED)
        self.think()


class Operator(Leaver):
    """Ends a session by the command line."""

    pause = 0.5

    def __init__(self, field: Field, wire: Wire, data: Path, environment: Mapping[str, str]):
        super().__init__(field, wire)
        self.data, self.environment = data, environment

    def end(self, tokens: Sequence[str]) -> Got:
        said, sent = said_by(tokens[-1]), time.monotonic()
        command = [sys.executable, "-m", "reticket", "session", "revoke", said.family]
        done = subprocess.run(
            [*command, "--data", str(self.data)], env=self.environment, capture_output=True,
            check=False,
        )  # fmt: skip
        answer = Answer.UNAVAILABLE if done.returncode else Answer.GOOD
        exchange = Exchange(
            Verb.END, said, sent, time.monotonic(), answer, resource=self.wire.name, server="cli"
        )
        self.field.history.add(exchange)
        return Got(exchange)


class Thief(Leaver):
    """Waits until the window has shut, and comes with a token whose child's child was used."""

    ending = DECIDED
    patience = LONG_PATIENCE
    pause = SHORT_WINDOW * 0.3

    def end(self, tokens: Sequence[str]) -> Got:
        time.sleep(SHORT_WINDOW * 1.2)
        return self.refresh(tokens[0], misuse=True)


def _call(
    url: str, method: str, path: str, body: str, patience: float
) -> tuple[int, Mapping[str, str], bytes]:
    said = {"Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=patience)) as connection:
        connection.request(method, path, body, said)
        with connection.getresponse() as response:
            text = response.read()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, text
