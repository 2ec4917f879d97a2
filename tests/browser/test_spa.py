"""The demo's client `spa` with oidc-client-ts, from a page at its port; no setting names it."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from reticket.testing import running_server

HERE = Path(__file__).parent
LIBRARY = HERE.parent / "node/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"
PORT = 5173
"""That of the redirect URI of `spa`."""


class Page(BaseHTTPRequestHandler):
    """The page and its library."""

    def do_GET(self):
        is_script = self.path.endswith(".js")
        body = (LIBRARY if is_script else HERE / "spa.html").read_bytes()
        self.send_response(200)
        self.send_header("content-type", "text/javascript" if is_script else "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said):
        """Log nothing."""


@contextmanager
def page_at(port):
    """The origin of the page, served at that port."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Page)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("demo"), seed=None) as running:
        yield running


@pytest.fixture
def tab(chromium):
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def sign_in(tab):
    tab.get_by_label("E-mail address").fill("ada@example.com")
    tab.get_by_label("Password").fill("correct horse")
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("button", name="Allow", exact=True).click()


@pytest.mark.parametrize(
    ("bound", "shown"),
    [
        ("true", "DPoP, undefined, true, null"),
        ("false", "Bearer, Ada, true, null"),
    ],
)
def test_the_demos_spa_works_from_a_page_at_its_port(tab, demo, bound, shown):
    with page_at(PORT) as origin:
        tab.goto(f"{origin}/?authority={demo.url}&bound={bound}")
        sign_in(tab)
        expect(tab.get_by_role("heading")).to_have_text(shown)


def test_no_page_at_another_port_reads_an_answer(tab, demo):
    with page_at(PORT + 1) as origin:
        tab.goto(origin)
        asked = f"""async () => {{
            const said = {{method: "POST", body: new URLSearchParams({{client_id: "spa"}})}};
            return await fetch("{demo.url}/oauth/token", said).then(() => "read", String);
        }}"""
        assert "Failed to fetch" in tab.evaluate(asked)
        metadata = f'() => fetch("{demo.url}/.well-known/jwks.json").then((r) => r.status)'
        assert tab.evaluate(metadata) == 200
