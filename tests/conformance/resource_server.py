"""`python -m tests.conformance.resource_server PROVIDER RESOURCE CERTIFICATE KEY`: a protected
resource, guarded by `reticket.verify` as docs/verify.md shows it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.conformance.addresses import Addresses, port_of
from tests.conformance.clients import RESOURCE_SCOPE
from tests.conformance.provider import Tls

from reticket.testing.server import start, without_settings
from reticket.testing.waiting import PATIENCE, until
from reticket.verify import AccessTokens
from reticket.verify.starlette import Guard


@contextmanager
def running(folder: Path, addresses: Addresses, tls: Tls) -> Iterator[None]:
    """Start it in a process of its own, and stop it afterwards."""
    command = [sys.executable, "-m", "tests.conformance.resource_server"]
    command += [addresses.provider, addresses.resource, str(tls.certificate), str(tls.key)]
    process = start(command, folder / "resource.log", without_settings())
    try:
        until(lambda: _is_listening(process, addresses.resource), "the resource server")
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _is_listening(process: subprocess.Popen[bytes], resource: str) -> bool:
    """Whether its port is open.

    Raises:
        RuntimeError: it has ended.
    """
    if process.poll() is not None:
        raise RuntimeError("the resource server has ended; is its port in use?")
    try:
        with socket.create_connection(("127.0.0.1", port_of(resource)), PATIENCE):
            return True
    except OSError:
        return False


def application(provider: str, resource: str) -> Starlette:
    """The protected resource at its path; every other path is not found."""
    at = urlsplit(resource)
    tokens = AccessTokens(provider, audience=resource)
    guard = Guard(tokens, RESOURCE_SCOPE, base=f"{at.scheme}://{at.netloc}")

    async def orders(request: Request) -> JSONResponse:
        token = await guard(request)
        return JSONResponse({"orders_of": token.subject})

    return Starlette(routes=[Route(at.path, orders)])


def main() -> None:
    """Serve until a signal stops it."""
    provider, resource, certificate, key = sys.argv[1:]
    os.environ["SSL_CERT_FILE"] = certificate
    uvicorn.run(
        application(provider, resource),
        port=port_of(resource),
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_ciphers="ECDHE+AESGCM",
        log_level="warning",
    )


if __name__ == "__main__":
    main()
