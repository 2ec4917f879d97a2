"""What pages of other origins can do to a person who is signed in, in a real browser."""

from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import Error, expect
from tests.browser.chromium import new_page
from tests.browser.serving import served
from tests.browser.test_pages import headline, press, sign_in
from tests.pages.instance import running_service
from tests.pages.people import ADA, JOAN, asking

from reticket.testing.waiting import until

STATE = "a\u2069b \u202e<\"'&>\u2066"


class Site(BaseHTTPRequestHandler):
    """A site that answers every request with its own page, and remembers what it was sent."""

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers), ""))
        self._answer()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.requests.append((self.path, dict(self.headers), body))
        self._answer()

    def _answer(self):
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>site</title><h1>Another site</h1>")

    def log_message(self, *said):
        """Log nothing."""


@pytest.fixture
def site():
    with served(Site) as server:
        server.requests = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server


def address(server, site, **changes):
    query = asking(
        client_id="native", redirect_uri=f"{site.url}/callback", scope="openid", **changes
    )
    return f"{server.url}/oauth/authorize?{urlencode(query)}"


def signed_in(viewer, server, site):
    viewer.goto(address(server, site))
    sign_in(viewer, ADA)
    headline(viewer, "Allow native to access your account?")


@pytest.mark.parametrize("path", ["authorize", "account", "logout", "device"])
def test_no_page_is_framed(viewer, server, site, path):
    signed_in(viewer, server, site)
    target = address(server, site) if path == "authorize" else f"{server.url}/oauth/{path}"
    viewer.goto(site.url)
    viewer.set_content(f'<iframe src="{target}"></iframe>')
    viewer.wait_for_function("frames.length === 1")
    frame = viewer.frames[1]
    frame.wait_for_load_state()
    assert "chrome-error" in frame.url
    assert any("frame" in said.lower() for said in viewer.complaints)


FORMS = [
    ("account/end", {"everything": "yes"}),
    ("logout/confirm", {"answer": "sign_out"}),
    ("authorize/consent", {"answer": "allow"}),
    ("authorize/sign-in", {**JOAN}),
]
SANDBOX = "allow-forms allow-scripts allow-top-navigation"
SUBMIT = "<script>document.forms[0].submit()</script>"


@pytest.mark.parametrize(("path", "fields"), FORMS)
@pytest.mark.parametrize("origin", ["of the site", "null"])
def test_no_form_of_another_site_is_accepted(viewer, server, site, path, fields, origin):
    """Not even with the ticket of the page, which no other site knows."""
    signed_in(viewer, server, site)
    ticket = viewer.locator('input[name="interaction"]').input_value()
    inputs = "".join(
        f"<input name='{name}' value='{value}'>"
        for name, value in {"interaction": ticket, **fields}.items()
    )
    action = f"{server.url}/oauth/{path}"
    form = f"<form method='post' target='_top' action='{action}'>{inputs}</form>{SUBMIT}"
    viewer.goto(site.url)
    if origin == "null":
        form = f'<iframe sandbox="{SANDBOX}" srcdoc="{form}"></iframe>'
    viewer.set_content(form, wait_until="commit")
    headline(viewer, "This cannot go on")
    expect(viewer.get_by_text("The form was sent from another site").first).to_be_visible()


def test_oauth_2_form_post_arrives_to_the_byte_and_tells_no_referrer(viewer, server, site):
    viewer.goto(address(server, site, response_mode="form_post", state=STATE))
    sign_in(viewer, ADA)
    press(viewer, "Allow")
    headline(viewer, "Another site")
    path, headers, body = site.requests[0]
    said = {name: value for name, (value,) in parse_qs(body).items()}
    assert (path, said["state"], said.keys()) == ("/callback", STATE, {"code", "state", "iss"})
    assert "Referer" not in headers
    assert viewer.complaints == []


def test_form_post_works_by_a_click_without_a_script(page, server, site):
    page.goto(address(server, site, response_mode="form_post"))
    sign_in(page, ADA)
    press(page, "Allow")
    headline(page, "Going back to the app")
    press(page, "Continue")
    headline(page, "Another site")
    assert "code=" in site.requests[0][2]


def test_rfc_9700_4_2_4_no_page_tells_its_address_to_the_app(viewer, server, site):
    signed_in(viewer, server, site)
    press(viewer, "Allow")
    headline(viewer, "Another site")
    viewer.goto(address(server, site, prompt="login"))
    viewer.get_by_role("link", name="Cancel").click()
    headline(viewer, "Another site")
    asked = [each for each in site.requests if each[0].startswith("/callback")]
    assert len(asked) == 2
    assert not any("Referer" in headers for _, headers, _ in asked)


def test_rfc_6265_8_5_a_service_on_another_port_keeps_its_own_sign_in(
    chromium, server, site, tmp_path
):
    with running_service(tmp_path) as neighbour, new_page(chromium) as page:
        for service, who in ((server, ADA), (neighbour, JOAN)):
            page.goto(address(service, site))
            sign_in(page, who)
        for service, who in ((server, ADA), (neighbour, JOAN)):
            page.goto(address(service, site))
            expect(page.get_by_text(who["email"])).to_be_visible()


def is_error(frame):
    """Whether the browser asks before it sends a form again."""
    return "chrome-error" in frame.url


def reloaded(page):
    """Whether the page could be reloaded. The address of an error page is told some milliseconds
    before the page takes the place of the one before, and no page is reloaded in between.
    """
    try:
        page.reload()
    except Error as error:
        if "Not attached to an active page" in error.message:
            return False
        raise
    return True


def test_after_a_log_out_back_and_reload_sign_nobody_in(viewer, server, site):
    signed_in(viewer, server, site)
    viewer.goto(f"{server.url}/oauth/logout")
    press(viewer, "Sign out")
    headline(viewer, "You are signed out")
    viewer.go_back()
    with viewer.expect_event("framenavigated", is_error), suppress(Error):
        viewer.go_back()
    until(lambda: reloaded(viewer), "the browser reloads its error page")
    headline(viewer, "This cannot go on")
    viewer.goto(f"{server.url}/oauth/account")
    headline(viewer, "Sign in")
