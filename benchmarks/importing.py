"""`reticket import` in a process of its own, which gets its rows through a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import IO

from reticket.testing.server import without_settings

RETICKET = (sys.executable, "-m", "reticket")


@dataclass(frozen=True, slots=True)
class Imported:
    """What one import took.

    Args:
        seconds: of the whole command.
        megabytes: of memory that the process had, at most.
    """

    seconds: float
    megabytes: float


def run_import(
    data: Path, settings: Mapping[str, str], words: Sequence[str], rows: Iterable[bytes]
) -> Imported:
    """Import all rows. SystemExit when the command fails."""
    began = perf_counter()
    with importing(data, settings, words, rows) as (process, end):
        end.set()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the import ended with {process.returncode}")
    return Imported(perf_counter() - began, used.ru_maxrss / 1000)


@contextmanager
def importing(
    data: Path, settings: Mapping[str, str], words: Sequence[str], rows: Iterable[bytes]
) -> Iterator[tuple[subprocess.Popen[bytes], Event]]:
    """An import at work. The pipe is open until the event.

    Args:
        data: the data folder, which is made where there is none.
        settings: variables of the command.
        words: of the command, after `reticket import`.
        rows: lines of the file.
    """
    variables = {**without_settings(), **settings}
    if not data.exists():
        init = [*RETICKET, "init", "--data", str(data)]
        subprocess.run(init, env=variables, check=True, stdout=subprocess.DEVNULL)
    with subprocess.Popen(
        [*RETICKET, "import", *words, "--data", str(data)],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        end = Event()
        writer = Thread(target=_write, args=(process.stdin, rows, end))
        writer.start()
        try:
            yield process, end
        finally:
            end.set()
            writer.join()


def _write(stream: IO[bytes], rows: Iterable[bytes], end: Event) -> None:
    """Write rows, until nobody reads them any more."""
    with suppress(BrokenPipeError), stream:
        stream.writelines(rows)
        stream.flush()
        end.wait()
