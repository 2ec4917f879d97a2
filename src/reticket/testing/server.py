"""A service for a test: a subprocess on a free port with its own data folder."""

from __future__ import annotations

import atexit
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reticket.directory.seed import DEMO
from reticket.testing.waiting import PATIENCE, PAUSE

LOOK = 5.0
"""Seconds of one attempt to get a response: another process on the port may never give one."""
LAST_LINES = 40
"""Lines of its log that are shown in the error about a failed start."""
PORTS = 20_000
"""How many ports `free_port` chooses from."""
CHEAP_SIGN_INS = {
    "RETICKET_HASHING__TIME_COST": "1",
    "RETICKET_HASHING__MEMORY": "8",
    "RETICKET_HASHING__PARALLELISM": "1",
}


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A running service.

    Args:
        url: without a trailing slash.
        data: its data folder.
        log: its standard output and error.
    """

    url: str
    data: Path
    log: Path
    process: subprocess.Popen[bytes]


@contextmanager
def running_server(
    folder: Path,
    *,
    seed: Path | None = DEMO,
    settings: Mapping[str, str] | None = None,
    port: int | None = None,
) -> Iterator[RunningServer]:
    """Start `reticket serve` and stop it afterwards.

    Args:
        folder: for its data and its log; a second server on the same folder continues with them.
        seed: the directory file to load, which allows other machines; None starts the demo as
            `make run` does, for this machine only.
        settings: RETICKET_ variables; this process's own variables are not passed on.
        port: None takes a free one.

    Raises:
        RuntimeError: it ended, or did not answer. The message says which, with its last output.
    """
    port = port or free_port()
    log, data = folder / "server.log", folder / "data"
    command = [sys.executable, "-m", "reticket", "serve", "--port", str(port)]
    command += ["--data", str(data), *(["--demo"] if seed is None else ["--seed", str(seed)])]
    reach = {} if seed is None else {"RETICKET_DEMO_PUBLIC": "true"}
    environment = {**without_settings(), **CHEAP_SIGN_INS, **reach, **(settings or {})}
    process = start(command, log, environment)
    server = RunningServer(f"http://127.0.0.1:{port}", data, log, process)
    try:
        _await(server)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE)


def without_settings() -> dict[str, str]:
    """The variables of this process but for its settings of the service."""
    return {name: said for name, said in os.environ.items() if not name.startswith("RETICKET_")}


def start(
    command: Sequence[str], log: Path, environment: Mapping[str, str], errors: Path | None = None
) -> subprocess.Popen[bytes]:
    """A process that appends its output to a log, and its errors to another file if given."""
    with log.open("ab") as output, (errors or log).open("ab") as other:
        return subprocess.Popen(command, stdout=output, stderr=other, env=environment)  # noqa: S603


def free_port() -> int:
    """A port that is free, and outside the range of outgoing connections. No other process gets it
    from here until this one ends: it could use the port first, and would then answer for it.
    """
    while True:
        port = 10_000 + secrets.randbelow(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            atexit.register(_reservation(port).close)
            return port


def _reservation(port: int) -> socket.socket:
    """A UDP socket that only one process can bind for that port. OSError when another has it."""
    reservation = socket.socket(type=socket.SOCK_DGRAM)
    try:
        reservation.bind(("127.0.0.1", port + PORTS))
    except OSError:
        reservation.close()
        raise
    return reservation


def _await(server: RunningServer) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(server.url):
        status = server.process.poll()
        if status is not None:
            raise RuntimeError(f"reticket serve ended with status {status}; {_last_output(server)}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"reticket serve has not answered; {_last_output(server)}")
        time.sleep(PAUSE)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=LOOK):  # noqa: S310
            return True
    except (OSError, urllib.error.URLError):
        return False


def _last_output(server: RunningServer) -> str:
    lines = server.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
    return "it printed last:\n" + ("\n".join(lines) or "(nothing)")
