"""Requests over HTTP/2 and TLS with curl, from any address of this machine."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass

from tests.deploy.proxies import NAME, Proxy

LAST_LINE = "\n%{json}"


@dataclass(frozen=True)
class Answer:
    """The response that curl received, and its version of HTTP."""

    status: int
    version: str
    headers: dict[str, str]
    body: bytes


def ask(
    proxy: Proxy,
    path: str,
    body: str | None = None,
    *headers: str,
    method: str = "GET",
    client: str = "127.0.0.1",
) -> Answer:
    """Send one request. The certificate must be the proxy's."""
    command = [
        "curl", "--silent", "--show-error", "--http2", "--noproxy", "*", "--path-as-is",
        "--cacert", str(proxy.certificate.chain), "--interface", client,
        "--resolve", f"{NAME}:{proxy.port}:127.0.0.1", "--request", method,
        "--dump-header", "-", "--write-out", LAST_LINE, proxy.url + path,
    ]  # fmt: skip
    command += ["--header", "Content-Type: application/json"] if body is not None else []
    for header in headers:
        command += ["--header", header]
    command += ["--data-binary", body] if body is not None else []
    ended = subprocess.run(command, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    return _answer(ended.stdout)


def _answer(output: bytes) -> Answer:
    rest, _, last = output.rpartition(b"\n")
    told = json.loads(last)
    head, _, body = rest.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name.lower(): value for name, _, value in lines}
    return Answer(told["http_code"], told["http_version"], headers, body)
