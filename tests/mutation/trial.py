"""One mutant, judged by the tests that come to its line, in a process that is forked for it."""

from __future__ import annotations

import ast
import multiprocessing
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import Phase, settings
from tests.mutation.changes import changes

ROOT = Path(__file__).parents[2]
FORK = multiprocessing.get_context("fork")
BEAT = 0.1
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """The `number`th change of a file, counted from 0; `lines` are None at a module's level."""

    file: str
    number: int
    line: int
    what: str
    lines: range | None


def mutants(file: str) -> list[Mutant]:
    """All of a file, which is named from the root of the project."""
    return [
        Mutant(file, number, each.before.lineno, str(each), each.lines if each.called else None)
        for number, each in enumerate(changes(_tree(file)))
    ]


def lives(mutant: Mutant, tests: Sequence[str], patience: float) -> bool:
    """Whether the tests pass with it, or there are none. One that takes longer than `patience`
    (seconds) does not live; they are counted in beats: a machine that sleeps in between is not
    held against it.
    """
    if not tests:
        return True
    process = FORK.Process(target=_judge, args=(mutant, tests))
    process.start()
    for _ in range(round(patience / BEAT)):
        process.join(BEAT)
        if process.exitcode is not None:
            return process.exitcode == 0
    process.kill()
    process.join()
    return False


def pass_tests(chosen: Sequence[str], *plugins: object) -> int:
    """Run the tests in this process without output. Returns pytest's exit status."""
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)
    settings.register_profile(
        "mutation", derandomize=True, database=None, deadline=None,
        phases=(Phase.explicit, Phase.generate),
    )  # fmt: skip
    settings.load_profile("mutation")
    options = ("-x", "-p", "no:cacheprovider", "--assert=plain", "--tb=native", "--timeout=0")
    return int(pytest.main([*options, *chosen], plugins=plugins))


def _judge(mutant: Mutant, tests: Sequence[str]) -> None:
    sys.meta_path.insert(0, _Finder(mutant))
    files = sorted({test.partition("::")[0] for test in tests})
    os._exit(pass_tests(files, _Chosen(tests)))


class _Finder(MetaPathFinder):
    """Finds the one module that is changed."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        parts = Path(mutant.file).with_suffix("").parts[1:]
        self._name = ".".join(parts).removesuffix(".__init__")

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        file = str(ROOT / self._mutant.file)
        return spec_from_file_location(name, file, loader=_Loader(name, file, self._mutant))


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, mutant: Mutant) -> None:
        super().__init__(name, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        tree = _tree(self._mutant.file)
        changes(tree)[self._mutant.number].apply()
        return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)


class _Chosen:
    """A plugin: those tests and no others, in their order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._tests = tests

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        found = {item.nodeid: item for item in items}
        items[:] = [found[test] for test in self._tests if test in found]


def _tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text())
