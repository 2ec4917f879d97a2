"""A service that speaks https alone."""

import ssl
import sys
from contextlib import contextmanager

import httpx
from tests.fetching.other_server import certified

from reticket.testing import server
from reticket.testing.server import CHEAP_SIGN_INS, free_port, without_settings
from reticket.testing.waiting import PATIENCE, until


@contextmanager
def served_over_tls(folder, seed_for, settings):
    """Its address, and a file with the certificate that a client must trust.

    Args:
        seed_for: makes the directory file for a port.
        settings: RETICKET_ variables.
    """
    certificate, port = certified(folder, "localhost"), free_port()
    url = f"https://localhost:{port}"
    files = {"RETICKET_TLS_CERTIFICATE": str(certificate), "RETICKET_TLS_KEY": str(certificate)}
    command = [sys.executable, "-m", "reticket", "serve", "--port", str(port)]
    command += ["--data", str(folder / "data"), "--seed", str(seed_for(port))]
    environment = without_settings() | CHEAP_SIGN_INS | settings | files | {"RETICKET_ISSUER": url}
    process = server.start(command, folder / "server.log", environment)
    try:
        trusted = ssl.create_default_context(cafile=certificate)
        until(lambda: _answers(url, trusted), "an answer", (folder / "server.log").read_text)
        yield url, certificate
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _answers(url, trusted):
    try:
        return httpx.get(f"{url}/health/ready", verify=trusted).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
