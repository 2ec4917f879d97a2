"""The pages in a real browser: `make test-browser`. `make test` is content with HTTP, so that it
needs no browser; where these are wanted and there is none, they fail.
"""

import os
from http.server import BaseHTTPRequestHandler

import httpx
import pytest
from tests.browser.chromium import launched, new_page
from tests.browser.serving import served
from tests.pages.instance import running_service

from reticket.testing import running_server

if not os.environ.get("RETICKET_BROWSER"):
    collect_ignore_glob = ["test_*.py"]


class App(BaseHTTPRequestHandler):
    """A client's callback; it sends the browser on to a page of its own on another host."""

    def do_GET(self):
        if self.path.startswith("/callback"):
            self.server.answers.append(self.path)
            self.send_response(302)
            self.send_header("location", f"http://localhost:{self.server.server_port}/home")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>home</title><h1>Back in the app</h1>")

    def log_message(self, *said):
        """Log nothing."""


@pytest.fixture(scope="session")
def app():
    with served(App) as server:
        server.answers = []
        yield server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("demo"), seed=None) as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture
def http(server):
    with httpx.Client(base_url=server.url) as client:
        yield client


@pytest.fixture
def page(chromium):
    """A page without JavaScript."""
    with new_page(chromium, java_script_enabled=False) as page:
        yield page


@pytest.fixture
def viewer(chromium):
    """A page with JavaScript."""
    with new_page(chromium) as page:
        yield page
