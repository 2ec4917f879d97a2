"""The demo's client `spa` with oidc-client-ts, from a page at its port; no setting names it."""

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.serving import served

HERE = Path(__file__).parent
LIBRARY = HERE.parent / "node/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"
ORIGIN, PORT = "http://127.0.0.1", 5173
"""Those of the redirect URI of `spa`."""


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


def sign_in(viewer):
    viewer.get_by_label("E-mail address").fill("ada@example.com")
    viewer.get_by_label("Password").fill("correct horse")
    viewer.get_by_role("button", name="Sign in").click()
    viewer.get_by_role("button", name="Allow", exact=True).click()


@pytest.mark.parametrize(
    ("bound", "shown"),
    [
        ("true", "DPoP, undefined, true, null"),
        ("false", "Bearer, Ada, true, null"),
    ],
)
def test_the_demos_spa_works_from_a_page_at_its_port(viewer, demo, bound, shown):
    with served(Page, PORT):
        viewer.goto(f"{ORIGIN}:{PORT}/?authority={demo.url}&bound={bound}")
        sign_in(viewer)
        expect(viewer.get_by_role("heading")).to_have_text(shown)


def test_no_page_at_another_port_reads_an_answer(viewer, demo):
    with served(Page, PORT + 1):
        viewer.goto(f"{ORIGIN}:{PORT + 1}")
        asked = f"""async () => {{
            const said = {{method: "POST", body: new URLSearchParams({{client_id: "spa"}})}};
            return await fetch("{demo.url}/oauth/token", said).then(() => "read", String);
        }}"""
        assert "Failed to fetch" in viewer.evaluate(asked)
        metadata = f'() => fetch("{demo.url}/.well-known/jwks.json").then((r) => r.status)'
        assert viewer.evaluate(metadata) == 200
