"""Starts and stops what is measured: the service, and the echo on the same server."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reticket.testing.server import free_port, without_settings

HERE = Path(__file__).parent
HOST = "127.0.0.1"
PATIENCE = 30.0
JSON = {"Content-Type": "application/json"}

# Sign-ins are not what is measured: the cheapest hash that argon2 has, and all of the room for one
# account at one address.
CHEAP_HASHES = {
    "RETICKET_HASHING__TIME_COST": "1",
    "RETICKET_HASHING__MEMORY": "8",
    "RETICKET_HASHING__PARALLELISM": "1",
}
CHEAP_SIGN_INS = {**CHEAP_HASHES, "RETICKET_EPHEMERAL__SHARE": "100"}


@contextmanager
def service(
    folder: Path, settings: Mapping[str, str], cheap: Mapping[str, str] = CHEAP_SIGN_INS
) -> Iterator[int]:
    """The service over a data folder; its port. `settings` go before those that make it cheap."""
    port = free_port()
    command = [sys.executable, "-m", "reticket", "serve", "--host", HOST, "--port", str(port)]
    command += ["--data", str(folder / "data"), "--seed", str(HERE / "seed.yaml")]
    with _running(command, folder / "service.log", {**cheap, **settings}, port):
        yield port


@contextmanager
def echo(folder: Path, answer: Mapping[str, object]) -> Iterator[int]:
    """uvicorn with httptools, answering with those bytes; its port."""
    port = free_port()
    said = folder / "echo.json"
    said.write_text(json.dumps(answer))
    command = [sys.executable, "-m", "uvicorn", "benchmarks.echo:app", "--host", HOST]
    command += ["--port", str(port), "--no-access-log", "--no-server-header", "--no-proxy-headers"]
    command += ["--log-level", "warning", "--loop", "uvloop", "--http", "httptools"]
    with _running(command, folder / "echo.log", {"BENCH_ECHO": str(said)}, port):
        yield port


def ask(
    port: int, method: str, path: str, body: str, headers: Mapping[str, str] = JSON
) -> tuple[int, list[tuple[str, str]], str]:
    """One request on a connection of its own: status, headers, body."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    connection.request(method, path, body, dict(headers))
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, response.getheaders(), text


@contextmanager
def _running(
    command: list[str], log: Path, environment: Mapping[str, str], port: int
) -> Iterator[None]:
    variables = {**without_settings(), **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=variables, cwd=HERE.parent
        )
        try:
            _await(process, port, log)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if ask(port, "GET", "/health/ready", "")[0] < 500:
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"the server did not start:\n{log.read_text()}")
