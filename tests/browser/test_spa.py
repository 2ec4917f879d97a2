"""The demo's client `spa` with oidc-client-ts, from a page at its port; no setting names it."""

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect
from tests.browser.serving import served
from tests.operation.commands import Commands

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


@pytest.fixture
def signed_in(viewer, demo):
    """The page after a sign-in, with the library's `manager`."""
    with served(Page, PORT):
        viewer.goto(f"{ORIGIN}:{PORT}/?authority={demo.url}&stays=true")
        sign_in(viewer)
        expect(viewer.get_by_role("heading")).to_have_text("signed in")
        yield viewer


def test_it_refreshes_after_expiry(signed_in):
    renewed = signed_in.evaluate("""async () => {
        const user = await manager.getUser();
        user.expires_at = 1;
        await manager.storeUser(user);
        const next = await manager.signinSilent();
        return [user.expired, next.expired, next.access_token !== user.access_token];
    }""")
    assert renewed == [True, False, True]


def test_eight_refreshes_at_once_all_succeed(signed_in):
    tokens = signed_in.evaluate("""async () => {
        const renewing = Array.from({length: 8}, () => manager.signinSilent());
        return (await Promise.all(renewing)).map((user) => user.access_token);
    }""")
    assert len(tokens) == 8
    assert all(tokens)


def test_it_is_refused_readably_when_an_operator_ends_its_session(signed_in, demo):
    Commands(demo.data).run("session", "revoke", "--client", "spa")
    refused = """() => manager.signinSilent().then(() => "renewed", (fault) => [
        fault.error, Boolean(fault.error_description)])"""
    assert signed_in.evaluate(refused) == ["invalid_grant", True]


def test_it_signs_out_so_that_its_session_is_over(signed_in, demo):
    token = signed_in.evaluate("() => manager.getUser().then((user) => user.refresh_token)")
    signed_in.evaluate("() => { manager.signoutRedirect(); }")
    expect(signed_in.get_by_role("heading")).to_have_text("You are signed out")
    said = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": token}
    answer = httpx.post(f"{demo.url}/oauth/token", data=said)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


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
