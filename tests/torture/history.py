"""What clients asked and were answered, and the rules that a history must keep.

A history knows nothing of servers and sockets: exchanges in, faults out. Times are seconds of one
monotonic clock; a successor is compared as family and generation.
"""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

PREFIX = "rtk_"
WINDOW = 30.0
"""Seconds, the shortest of the presets."""


class Verb(StrEnum):
    SIGN_IN = "sign_in"
    REFRESH = "refresh"
    END = "end"
    """A sign-out, or a revocation by the operator."""


class Answer(StrEnum):
    GOOD = "good"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    """503 with Retry-After."""
    CUT = "cut"
    """No answer, or half of one."""
    WRONG = "wrong"
    """Any other status."""


class Said(NamedTuple):
    """What a refresh token says, for whoever can read it without its key."""

    family: str
    generation: int


class Exchange(NamedTuple):
    """A request and what came of it. `misuse`: its client knows that it is a theft."""

    verb: Verb
    said: Said
    sent: float
    received: float
    answer: Answer
    successor: Said | None = None
    misuse: bool = False
    resource: str = ""
    server: str = ""
    status: int | None = None


class Rollback(NamedTuple):
    """The store fell back to what it was at `since`; somebody did that between `begun` and
    `ended`, and `since` is known not better than that it was not later.
    """

    since: float
    begun: float
    ended: float


class Fault(NamedTuple):
    """A broken rule and the exchanges that show it."""

    rule: str
    family: str
    shown: tuple[Exchange, ...] = ()


class History:
    """Everything that was asked; safe to add to from any thread.

    Args:
        windows: seconds, by resource, where they are not `WINDOW`.
    """

    def __init__(self, windows: Mapping[str, float] | None = None) -> None:
        self.windows = dict(windows or {})
        self.exchanges: list[Exchange] = []
        self.rollbacks: list[Rollback] = []
        self.reused: Counter[str] = Counter()
        self.healed: Counter[str] = Counter()
        self.reissued: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, *exchanges: Exchange) -> None:
        with self._lock:
            self.exchanges.extend(exchanges)

    def read_audit(self, lines: Iterable[str]) -> None:
        """Count what an audit stream says of families; a torn line is no event."""
        counters = {"reused": self.reused, "healed": self.healed, "reissued": self.reissued}
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event["event"] in counters:
                counters[event["event"]][event["session"]] += 1

    def families(self) -> dict[str, list[Exchange]]:
        """The exchanges of each family, in order of their answers."""
        found = defaultdict(list)
        for exchange in sorted(self.exchanges, key=lambda each: each.received):
            found[exchange.said.family].append(exchange)
        return found

    def faults(self) -> list[Fault]:
        """Every broken rule."""
        families = self.families()
        found = [
            Fault(name, family, tuple(shown))
            for name, rule in RULES.items()
            for family, exchanges in families.items()
            for shown in rule(self, exchanges)
        ]
        misused = {e.said.family for e in self.exchanges if e.misuse}
        found += [Fault("reuse that was none", f) for f in self.reused if f not in misused]
        if not self.rollbacks:
            found += [Fault("a write was lost", family) for family in self.healed]
        return found

    def count(self, *answers: Answer, verb: Verb = Verb.REFRESH) -> int:
        return sum(each.answer in answers and each.verb is verb for each in self.exchanges)

    def longest(self) -> float:
        """Seconds that somebody waited for an answer that came."""
        waits = (e.received - e.sent for e in self.exchanges if e.answer is not Answer.CUT)
        return max(waits, default=0.0)

    def fell_back(self, after: float, before: float) -> bool:
        """Whether the store may have fallen back between the two."""
        return any(each.begun < before and after < each.ended for each in self.rollbacks)

    def may_be_lost(self, born: float) -> bool:
        """Whether a family made then need not have survived."""
        return any(each.since < born < each.ended for each in self.rollbacks)


FOREIGN: dict[str, Said] = {}
"""The tokens of another system: the first of their families here."""


def said_by(token: str) -> Said:
    """Family and generation of a refresh token of either face, or of another system."""
    if token in FOREIGN:
        return FOREIGN[token]
    if token.startswith(PREFIX):
        body = _decoded(token.removeprefix(PREFIX))
        return Said(body[4:20].hex(), int.from_bytes(body[26:34], "big"))
    claims = json.loads(_decoded(token.split(".")[1]))
    return Said(claims["sid"], claims["gen"])


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


Shown = Iterator[tuple[Exchange, ...]]
Rule = Callable[[History, list[Exchange]], Shown]


def two_successors(history: History, exchanges: list[Exchange]) -> Shown:
    """One generation gets one successor: until a child of it is used, its window has shut, or
    the store has fallen back.
    """
    answered = defaultdict(dict)
    for each in _good(exchanges):
        answered[each.said.generation].setdefault(each.successor, each)
    for by_successor in answered.values():
        for pair in combinations(sorted(by_successor.values(), key=_successor), 2):
            begin, end = min(each.sent for each in pair), max(each.received for each in pair)
            if (
                end - begin < history.windows.get(pair[0].resource, WINDOW)
                and not _child_used(exchanges, *pair)
                and not history.fell_back(begin, end)
            ):
                yield pair


def _child_used(exchanges: list[Exchange], first: Exchange, second: Exchange) -> bool:
    """Whether the current token may have been a later one when the second was answered."""
    return any(
        first.said.generation < each.said.generation < second.successor.generation
        and each.sent < second.received
        for each in exchanges
    )


def went_back(history: History, exchanges: list[Exchange]) -> Shown:
    """A response has the newest generation, never an older one than a response before it."""
    told, newest = iter(_good(exchanges)), None
    coming = next(told, None)
    for each in sorted(_good(exchanges), key=lambda each: each.sent):
        while coming and coming.received < each.sent:
            newest = max(newest or coming, coming, key=_successor)
            coming = next(told, None)
        older = newest and newest.successor > each.successor
        if older and not history.fell_back(newest.sent, each.received):
            yield newest, each


def strange_successor(_: History, exchanges: list[Exchange]) -> Shown:
    """A successor is of the same family, and newer."""
    for each in _good(exchanges):
        family, generation = each.said
        if each.successor.family != family or each.successor.generation <= generation:
            yield (each,)


def signed_out(history: History, exchanges: list[Exchange]) -> Shown:
    """No client is refused without a misused token or a sign-out."""
    ends = [each.sent for each in exchanges if each.misuse or each.verb is Verb.END]
    births = [each.received for each in exchanges if each.verb is Verb.SIGN_IN]
    if any(map(history.may_be_lost, births)):
        return
    for each in exchanges:
        deserved = any(end < each.received for end in ends)
        if each.verb is Verb.REFRESH and each.answer is Answer.REFUSED and not deserved:
            yield (each,)


def unseen_theft(history: History, exchanges: list[Exchange]) -> Shown:
    """A misuse is refused, unless somebody else's refresh may just have opened the window anew."""
    for each in _good(exchanges):
        if each.misuse and not history.fell_back(exchanges[0].sent, each.received):
            shut = each.sent - history.windows.get(each.resource, WINDOW)
            others = (other for other in exchanges if other.verb is Verb.REFRESH)
            if all(other is each or other.received < shut for other in others):
                yield (each,)


def works_after_its_end(_: History, exchanges: list[Exchange]) -> Shown:
    """Once a reuse was refused or an end was acknowledged, nothing of the family works; that
    outlives a store that falls back.
    """
    ended = [
        each
        for each in exchanges
        if (each.misuse and each.answer is Answer.REFUSED)
        or (each.verb is Verb.END and each.answer is Answer.GOOD)
    ]
    for each in _good(exchanges):
        earlier = [end for end in ended if end.received < each.sent]
        if earlier:
            yield earlier[0], each


def no_answer(_: History, exchanges: list[Exchange]) -> Shown:
    """A failure is 503 with Retry-After, or silence."""
    return ((each,) for each in exchanges if each.answer is Answer.WRONG)


def _successor(each: Exchange) -> Said:
    return each.successor


def _good(exchanges: list[Exchange]) -> list[Exchange]:
    return [each for each in exchanges if each.successor and each.verb is Verb.REFRESH]


RULES: dict[str, Rule] = {
    "two successors": two_successors,
    "went back": went_back,
    "a strange successor": strange_successor,
    "signed out": signed_out,
    "a theft unseen": unseen_theft,
    "works after its end": works_after_its_end,
    "no answer of ours": no_answer,
}
