"""A service from files that were built and installed, as on a machine without this repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.http.wire import WIRES, call

from reticket.testing.server import CHEAP_SIGN_INS, free_port, start
from reticket.testing.waiting import PATIENCE, until

AKINON = WIRES[0]


def environment(**more: str) -> dict[str, str]:
    """Neither this repository's sources nor settings of the caller get through."""
    dropped = ("RETICKET_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"} | more


def run(*words: str | Path, cwd: Path, **more: str) -> str:
    """The output of a command, which must succeed."""
    ended = subprocess.run(
        list(map(str, words)), cwd=cwd, env=environment(**more), capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@contextmanager
def serving_demo(command: Path, folder: Path, **more: str) -> Iterator[str]:
    """`reticket serve --demo` of that command, in an empty folder, once it answers."""
    port, log = free_port(), folder / "log"
    words = [str(command), "serve", "--demo", "--port", str(port)]
    process = start(["env", "-C", str(folder), *words], log, environment(**CHEAP_SIGN_INS, **more))
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return call(url, "GET", "/health/ready")[0] == 200
        except OSError:
            return False

    try:
        until(answers, "an answer", log.read_text)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def signs_in_and_refreshes(url: str) -> bool:
    return AKINON.is_good(AKINON.refresh(url, AKINON.sign_in(url)))


def versions(lock: Path, constraints: Path) -> Path:
    """The versions of a lock alone: pip wants a hash of each file once one line has some."""
    pins = [line.removesuffix(" \\") for line in lock.read_text().splitlines() if "==" in line]
    constraints.write_text("\n".join(pins) + "\n")
    return constraints
