"""Programs without a page of their own: requests and answers are lines."""

import subprocess
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from tests.clients.applications import BUILT
from tests.judges.browser import Browser

from reticket.testing.waiting import PATIENCE

PROGRAMS = ("openidconnect",)


class Program:
    """One that is running, and the person before it."""

    def __init__(self, process):
        self._process = process

    def sign_in(self, browser):
        """The ID token."""
        landed = browser.allow(self._said())
        return self._asked(parse_qs(urlsplit(landed).query)["code"][0])

    def refresh(self):
        """The new access token, or what the program says instead."""
        (said,) = self.refresh_at_once(1)
        return said

    def refresh_at_once(self, times):
        """So many refreshes with one token at the same time: what `refresh` returns, of each."""
        return self._asked(str(times)).split("\t")

    def _asked(self, line):
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._said()

    def _said(self):
        return self._process.stdout.readline().strip() or self._process.stderr.read()


@contextmanager
def started(name, issuer):
    """The program with a browser of its own: both."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen([BUILT / name, issuer], text=True, **pipes)
    try:
        with Browser(issuer) as browser:
            yield Program(process), browser
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)
