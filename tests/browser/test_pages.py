"""All pages of an authorization in a browser without JavaScript."""

import time
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from tests.pages.instance import TOTP_SECRET
from tests.pages.people import ADA, ALAN, answer_in, asking, one_time_password

NARROW = {"width": 320, "height": 568}
WIDE = {"width": 1280, "height": 800}


@pytest.fixture
def address(server, app):
    """The address of an authorization request by a client that listens on this machine."""
    callback = f"http://127.0.0.1:{app.server_port}/callback"
    query = asking(client_id="native", redirect_uri=callback, scope="openid profile orders.read")
    return f"{server.url}/oauth/authorize?{urlencode(query)}"


def sign_in(page, who):
    page.get_by_label("E-mail address").fill(who["email"])
    page.get_by_label("Password").fill(who["password"])
    page.get_by_role("button", name="Sign in").click()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def headline(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def unexpected(page):
    """Complaints but those of a browser that was answered with an error, as it should be."""
    return [said for said in page.complaints if "the server responded with" not in said]


def test_a_person_signs_in_and_returns_to_the_app(page, address, app):
    page.goto(address)
    sign_in(page, ADA)
    headline(page, "Allow native to access your account?")
    press(page, "Allow")
    headline(page, "Back in the app")
    answer = answer_in(app.answers[-1])
    assert answer.keys() == {"code", "state", "iss"}
    assert unexpected(page) == []


def test_a_person_refuses_consent(page, address, app):
    page.goto(address)
    sign_in(page, ADA)
    press(page, "Deny")
    headline(page, "Back in the app")
    assert answer_in(app.answers[-1])["error"] == "access_denied"


def test_a_person_goes_back_to_the_app_without_an_answer(page, address, app):
    page.goto(address)
    page.get_by_role("link", name="Cancel").click()
    headline(page, "Back in the app")
    assert answer_in(app.answers[-1])["error"] == "access_denied"


def test_a_person_with_a_second_factor(page, address):
    page.goto(address)
    sign_in(page, ALAN)
    headline(page, "One more step")
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill("000000")
    press(page, "Go on")
    expect(page.get_by_role("alert")).to_contain_text("The code is not right")
    page.get_by_label("Code").fill(one_time_password(TOTP_SECRET, time.time()))
    press(page, "Go on")
    headline(page, "Allow native to access your account?")


def test_after_a_wrong_password_the_email_stays_in_the_form(page, address):
    page.goto(address)
    sign_in(page, {**ADA, "password": "wrong"})
    expect(page.get_by_role("alert")).to_have_text(
        "The e-mail address or the password is not right."
    )
    expect(page.get_by_label("E-mail address")).to_have_value(ADA["email"])
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("Password")).to_have_accessible_description(
        "The e-mail address or the password is not right."
    )
    page.get_by_label("Password").fill(ADA["password"])
    page.keyboard.press("Enter")
    headline(page, "Allow native to access your account?")
    assert unexpected(page) == []


def test_the_pages_work_with_the_keyboard_alone(page, address):
    page.goto(address)
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.keyboard.type(ADA["email"])
    page.keyboard.press("Tab")
    page.keyboard.type(ADA["password"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    headline(page, "Allow native to access your account?")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Allow")).to_be_focused()
    page.keyboard.press("Enter")
    headline(page, "Back in the app")


def test_a_page_sent_again_after_going_back_explains_itself(page, address, app):
    page.goto(address)
    sign_in(page, ADA)
    ticket = page.locator("input[name=interaction]").get_attribute("value")
    press(page, "Deny")
    headline(page, "Back in the app")
    page.goto(address)
    headline(page, "Allow native to access your account?")  # still signed in
    page.locator("input[name=interaction]").evaluate(f"field => field.value = '{ticket}'")
    press(page, "Allow")
    headline(page, "This cannot go on")


def test_a_device_is_authorised(page, http):
    said = http.post("/oauth/device", data={"client_id": "tv"}).json()
    page.goto(said["verification_uri_complete"])
    press(page, "Go on")
    sign_in(page, ADA)
    expect(page.get_by_text("Allow this only if")).to_contain_text(said["user_code"])
    press(page, "Allow")
    headline(page, "Your device is connected")
    assert unexpected(page) == []


@pytest.mark.parametrize(("size", "text"), [(NARROW, "100%"), (NARROW, "200%"), (WIDE, "200%")])
def test_no_text_is_cut_off(page, address, server, size, text):
    page.set_viewport_size(size)
    for path in (address, f"{server.url}/oauth/authorize", f"{server.url}/oauth/device"):
        page.goto(path)
        assert fits(page, text)
    page.goto(address)
    sign_in(page, {**ADA, "password": "wrong"})
    assert fits(page, text)
    sign_in(page, ADA)
    headline(page, "Allow native to access your account?")
    assert fits(page, text)


def fits(page, text):
    """No sideways scrolling, at that size of text."""
    root = page.locator("html")
    root.evaluate(f"root => root.style.fontSize = '{text}'")
    return root.evaluate("root => root.scrollWidth <= root.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(page, address, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    sign_in(page, {**ADA, "password": "wrong"})
    found = contrasts(page)
    sign_in(page, ADA)
    headline(page, "Allow native to access your account?")
    found += contrasts(page)
    assert len(found) > 15
    assert [each for each in found if each[1] < 4.5] == []


def contrasts(page):
    """Of every text: what it says, and its contrast (WCAG 2.2, 1.4.3)."""
    return page.locator("body").evaluate(_CONTRASTS)


_CONTRASTS = """body => {
  const channels = colour => colour.match(/[0-9.]+/g).map(Number);
  const luminance = colour => channels(colour).slice(0, 3)
    .map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    const colour = getComputedStyle(element).backgroundColor;
    return channels(colour)[3] === 0 ? ground(element.parentElement) : colour;
  };
  const texts = [];
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text) continue;
    const pair = [getComputedStyle(element).color, ground(element)].map(luminance);
    texts.push([text, (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)]);
  }
  return texts;
}"""
