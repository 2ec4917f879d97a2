"""Cloudreve's web front end in Chromium: no step shows a red bar. It is a program of its own, whose
built files are in the folder that CLOUDREVE_WEB names.
"""

import json
import os
import time

import httpx
import pytest
from playwright.sync_api import expect
from tests.browser.chromium import launched, new_page
from tests.pages.instance import TOTP_SECRET
from tests.pages.people import one_time_password
from tests.vendors.cloudreve_site import running_site
from tests.vendors.services import ALAN

from reticket.testing.waiting import until

RED = """() => new MutationObserver(() => {
  for (const bar of document.querySelectorAll(".notistack-MuiContent-error")) redBar(bar.innerText)
}).observe(document, { subtree: true, childList: true })"""
"""Tells of each red bar."""
REFRESH = "/api/v4/session/token/refresh"


@pytest.fixture
def site(url):
    with running_site(os.environ["CLOUDREVE_WEB"], url) as site:
        yield site


@pytest.fixture
def page(site):
    """A page of the site; `red_bars` has the text of each."""
    home = f"http://127.0.0.1:{site.server_port}"
    with launched() as chromium, new_page(chromium, locale="en-US", base_url=home) as page:
        page.red_bars = []
        page.context.expose_function("redBar", lambda text: page.red_bars.append(text))
        page.context.add_init_script(f"({RED})()")
        yield page


def sign_in(page, password):
    page.goto("/session")
    page.get_by_role("textbox").first.fill(ALAN["email"])
    page.keyboard.press("Enter")
    page.locator("input[type=password]").fill(password)
    page.keyboard.press("Enter")


def give_code(page):
    expect(page.get_by_role("heading", name="2FA Verification")).to_be_visible()
    page.locator("input").first.click()
    page.keyboard.type(one_time_password(TOTP_SECRET, time.time()))
    expect_files(page)


def expect_files(page):
    """Assert that the page of the files has come, with the person's storage."""
    expect(page.get_by_text("0 B / 1.0 TB")).to_be_visible()
    expect(page.get_by_text("Request failed with status code 404")).to_be_visible()


def tokens(page):
    """Those that the front end keeps."""
    kept = json.loads(page.evaluate("localStorage.cloudreve_session"))
    return kept["sessions"][kept["current"]]["token"]


def await_expiry(page, url):
    bearer = {"authorization": f"Bearer {tokens(page)['access_token']}"}
    asked = f"{url}/api/v4/user/me"
    until(lambda: httpx.get(asked, headers=bearer).json()["code"] == 401, "the expiry")


def reload_at_once(pages):
    for page in pages:
        page.evaluate("document.body.dataset.old = ''; setTimeout(() => location.reload())")
    for page in pages:
        expect(page.locator("body[data-old]")).to_have_count(0)
        expect_files(page)


def sign_out(page):
    page.locator("header button").last.click()
    page.get_by_text("Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in to your account")).to_be_visible()


def refreshes(site):
    return [code for _, path, code in site.asked if path == REFRESH]


def test_a_person_with_a_second_factor_never_sees_a_red_bar(page, site, url):
    sign_in(page, ALAN["password"])
    give_code(page)
    await_expiry(page, url)
    before = len(refreshes(site))
    reload_at_once([page])
    assert len(refreshes(site)) > before
    tabs = [page, *(page.context.new_page() for _ in range(3))]
    for tab in tabs[1:]:
        tab.goto("/home")
        expect_files(tab)
    await_expiry(page, url)
    before = len(refreshes(site))
    reload_at_once(tabs)
    assert len(refreshes(site)) >= before + len(tabs)
    assert set(refreshes(site)) == {0}
    last = tokens(page)["refresh_token"]
    sign_out(page)
    assert httpx.post(url + REFRESH, json={"refresh_token": last}).json()["code"] == 40020
    assert page.red_bars == []


def test_a_wrong_password_is_shown_as_a_red_bar(page):
    sign_in(page, "wrong horse")
    expect(page.get_by_text("Incorrect email or password.")).to_be_visible()
    assert page.red_bars[0].startswith("Incorrect email or password.")
