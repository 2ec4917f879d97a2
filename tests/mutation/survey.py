"""Which tests come to which lines, how long they take, and what they import from others."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from types import FrameType
from typing import Any

import pytest
from tests.mutation.trial import FORK, ROOT, Mutant, pass_tests

OURS = ("reticket", "tests", "__main__", "__mp_main__")


@dataclass(frozen=True, slots=True)
class Survey:
    """What one traced run of the tests has found; lines are a file's, from the root."""

    lines: dict[str, dict[int, set[str]]]
    seconds: dict[str, float]
    libraries: list[str]

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Those that come to its lines; whatever is at a module's level is everybody's affair, and
        first of those who come to the module.
        """
        lines = self.lines.get(mutant.file, {})
        wanted = lines if mutant.lines is None else mutant.lines
        found = set[str]().union(*(lines.get(line, ()) for line in wanted))
        others = self.seconds.keys() - found if mutant.lines is None else ()
        return [*self._in_turn(found), *self._in_turn(others)]

    def _in_turn(self, tests: Iterable[str]) -> list[str]:
        return _by_turns(sorted(tests, key=lambda test: (self.seconds[test], test)))

    @property
    def patience(self) -> float:
        """Seconds that all of the tests may take on this machine."""
        return max(30.0, 3 * sum(self.seconds.values()))

    def import_libraries(self) -> None:
        """Whatever is not ours is imported once, before anything is forked, and then rests."""
        for name in self.libraries:
            with suppress(ImportError):
                import_module(name)
        gc.freeze()


def _by_turns(tests: Sequence[str]) -> list[str]:
    """One of each function, then a second one of each, and so on."""
    met, turns = Counter[str](), dict[str, int]()
    for test in tests:
        function = test.partition("[")[0]
        turns[test] = met[function]
        met[function] += 1
    return sorted(tests, key=turns.__getitem__)


def survey(tests: Sequence[str], folders: Sequence[str]) -> Survey:
    """Pass the tests, and look at what they do in those folders."""
    with FORK.Pool(1) as pool:
        return pool.apply(_surveyed, (tests, folders))


def _surveyed(tests: Sequence[str], folders: Sequence[str]) -> Survey:
    watch = _Watch(tuple(f"{ROOT / folder}/" for folder in folders))
    threading.settrace(watch.enter)
    sys.settrace(watch.enter)
    try:
        code, traced = pass_tests(tests, watch), sys.gettrace()
    finally:
        sys.settrace(None)
    if code != 0:
        raise RuntimeError("The tests do not pass as they are.")
    if traced != watch.enter:
        raise RuntimeError("A test has taken the tracing away, so no later test was looked at.")
    names = [name for name in sys.modules if name.partition(".")[0] not in OURS]
    lines = {file[len(f"{ROOT}/") :]: dict(found) for file, found in watch.lines.items()}
    return Survey(lines, watch.seconds, names)


def _forget_answers() -> None:
    """What a function remembers of one test would hide its lines from the next."""
    for name, module in list(sys.modules.items()):
        found = vars(module).values() if name.startswith("reticket.") else ()
        for remembering in [each for each in found if hasattr(each, "cache_clear")]:
            remembering.cache_clear()


@dataclass
class _Watch:
    """A plugin that knows which test is running; traces all threads."""

    folders: tuple[str, ...]
    test: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        _forget_answers()
        self.test, begun = item.nodeid, time.monotonic()
        result = yield
        self.seconds[item.nodeid] = time.monotonic() - begun
        self.test = ""
        return result

    def enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        is_ours = self.test and frame.f_code.co_filename.startswith(self.folders)
        return self.step if is_ours else None

    def step(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.lines[frame.f_code.co_filename][frame.f_lineno].add(self.test)
        return self.step
