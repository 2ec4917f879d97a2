"""The command `step oauth`, which accepts an issuer with https alone."""

import os
import shlex
import ssl
import subprocess
from contextlib import contextmanager

import httpx
import yaml
from tests.clients.applications import BUILT
from tests.clients.page import quick_start, replaced
from tests.clients.person import JOAN
from tests.judges.browser import ADA, Browser
from tests.judges.over_tls import served_over_tls

from reticket.testing.waiting import PATIENCE

PROVIDER = "https://localhost:8443"
"""Of the page."""


class Step:
    """The command beside a service: owns the address and the certificate that it trusts."""

    def __init__(self, url, certificate):
        self.url, self._certificate = url, certificate
        self._words = shlex.split(replaced(quick_start("step", "sh"), {PROVIDER: url}))

    @contextmanager
    def started(self, *more):
        """The running command; its questions are on its error output."""
        words = [BUILT / self._words[0], *self._words[1:], *more]
        told = {**os.environ, "SSL_CERT_FILE": str(self._certificate)}
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = subprocess.Popen(words, text=True, env=told, **pipes)
        try:
            yield process
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE)

    def browser(self, person=ADA):
        """That of a person who trusts the service."""
        return Browser(self.url, person, trust=ssl.create_default_context(cafile=self._certificate))


def come_back(landed):
    """Open the address on which the command listens."""
    httpx.get(landed, timeout=PATIENCE)


def said_before(process, word):
    """The word of the command's questions that contains another."""
    for line in process.stderr:
        for found in line.split():
            if word in found:
                return found
    raise AssertionError(f"no {word}")


@contextmanager
def beside_a_service(folder):
    """`Step`, with the client of its quick start in a service with a certificate."""
    seed = folder / "seed.yaml"
    clients = yaml.safe_load(quick_start("step", "yaml"))
    seed.write_text(yaml.safe_dump(clients | {"users": [ADA, JOAN]}))
    with served_over_tls(folder, lambda port: seed, {}) as service:
        yield Step(*service)
