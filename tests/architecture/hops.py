"""Counts what one refresh takes: `python -m tests.architecture.hops [SRC_FOLDER] [--list]`.

What is counted is a refresh of the Akinon dialect on SQLite, from the call of the ASGI application
until the answer, on the event loop and on the store's thread. The caches are filled, and nothing
else is asked at that time. The service was idle before, so a refresh has a part in what is done at
most once a second. Of five refreshes the figures that most of them have are printed.

- Calls: calls of Python functions whose code lies in the package. A resumption of a generator or
  a coroutine is a call, and so is a comprehension (Python 3.12 inlines these and counts fewer).
- Files: the distinct files of these functions.
- Wrapper values: instances of the package's classes that the refresh makes, and that have another
  instance of the package's classes as a field. Exceptions and enum members do not count.

The calls, files and values of the connection (`CONNECTION`) are counted apart: every request has
them. By this count commit 60df8cf has 165 calls, 33 files and 11 wrapper values.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from reticket.testing.server import without_settings

HERE = Path(__file__).parent
SRC = HERE.parents[1] / "src"
CONNECTION = ("http/connection/", "http/forwarding.py")
"""Files that turn bytes into the call of the application, and its messages into bytes."""


class Call(NamedTuple):
    """A call of a function of the package, or the resumption of a generator.

    Args:
        thread: its name, without the number that a pool gives it.
        depth: how many functions of the package are below it on the stack.
        file: in the package.
    """

    thread: str
    depth: int
    file: str
    function: str

    @property
    def is_connection(self) -> bool:
        return self.file.startswith(CONNECTION)


@dataclass(frozen=True, slots=True)
class Share:
    """The calls of one side, and the class of each of its wrapper values."""

    calls: Sequence[Call]
    wrappers: Sequence[str]

    @property
    def figures(self) -> tuple[int, int, int]:
        """Calls, files, wrapper values."""
        return len(self.calls), len({call.file for call in self.calls}), len(self.wrappers)


@dataclass(frozen=True, slots=True)
class Hops:
    """One refresh: all of its calls in their order, and how they are shared out."""

    calls: Sequence[Call]
    refresh: Share
    connection: Share


def hops_of(recorded: Any) -> Hops:
    """The count of one refresh that the recorder has written."""
    calls = until_answered([Call(*call) for call in recorded["calls"]])
    ours, others = (
        Share(
            [call for call in calls if call.is_connection is side],
            [name for file, name in recorded["wrappers"] if file.startswith(CONNECTION) is side],
        )
        for side in (False, True)
    )
    return Hops(calls, ours, others)


def until_answered(calls: Sequence[Call]) -> Sequence[Call]:
    """The calls without those that begin once the application has returned."""
    last = max(at for at, call in enumerate(calls) if not call.is_connection)
    later = (at for at, call in enumerate(calls) if at > last and call.depth == 0)
    return calls[: next(later, len(calls))]


def typical(counted: Sequence[Hops]) -> Hops:
    """The count with the figures that most of them have. A cache that is filled or a background
    task adds calls. Of several such counts it is the least.
    """
    frequency = Counter(each.refresh.figures for each in counted)

    def rank(each: Hops) -> tuple[object, ...]:
        figures = each.refresh.figures
        return -frequency[figures], figures, each.connection.figures

    return min(counted, key=rank)


def count(src: Path) -> Hops:
    """Run the service whose package is in that folder, and count a refresh."""
    with tempfile.TemporaryDirectory() as folder:
        out, log = Path(folder, "recorded.json"), Path(folder, "log")
        command = [sys.executable, str(HERE / "recorder.py"), str(out)]
        with log.open("wb") as output:
            subprocess.run(
                command,
                env=without_settings() | {"PYTHONPATH": str(src.resolve())},
                cwd=folder,
                stdout=output,
                stderr=output,
                check=False,
            )
        if not out.exists():
            raise SystemExit(f"nothing was recorded:\n{log.read_text()}")
        return typical([hops_of(each) for each in json.loads(out.read_text())])


def report(hops: Hops) -> str:
    """The counts as lines of text."""
    lines = [f"{'':15}{'calls':>6}{'files':>6}{'wrapper values':>16}"]
    for name, share in (("refresh", hops.refresh), ("the connection", hops.connection)):
        calls, files, wrappers = share.figures
        lines.append(f"{name:15}{calls:6}{files:6}{wrappers:16}")
    return "\n".join([*lines, f"wrapper values: {', '.join(hops.refresh.wrappers)}"])


def listed(hops: Hops) -> str:
    """Every call as a line, with its thread if that is not the event loop's."""
    return "\n".join(
        f"{'c' if call.is_connection else ' '} {call.thread.replace('MainThread', ''):6}"
        f"{'  ' * call.depth}{call.file}:{call.function}"
        for call in hops.calls
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("src", nargs="?", type=Path, default=SRC, help="where the package is")
    parser.add_argument(
        "--list", action="store_true", help="every call in its order; c: the connection's"
    )
    asked = parser.parse_args()
    hops = count(asked.src)
    sys.stdout.write(f"{report(hops)}\n")
    if asked.list:
        sys.stdout.write(f"{listed(hops)}\n")


if __name__ == "__main__":
    main()
