"""The page on which people see and end their sessions, and take consents back."""

import re
from urllib.parse import parse_qsl

import pytest
from tests.dialects.oauth.browser import JOAN, Browser
from tests.dialects.oauth.token_people import ADA

from reticket.dialects.oauth.endpoints.account import MAX_SESSIONS, MAX_SIGN_IN_AGE

ALLOW = "Allow spa to access your account?"


def signed_in(browser, person=ADA):
    """Open the page, and type the password there."""
    return browser.gets("/oauth/account").sends(email=person.email, password="right")


def with_an_app(browser):
    """Allow an app. Returns its refresh token."""
    code = browser.signs_in().sends(answer="allow").answer["code"]
    return browser.world.exchange(code).said["refresh_token"]


def buttons(browser, name):
    return re.findall(f'<button name="{name}" value="([^"]+)"', browser.text)


def ended(world):
    return {(each.resource, each.revoked_cause) for each in world.families() if each.revoked_at}


def test_a_person_signs_in_and_sees_the_own_account(browser):
    assert browser.gets("/oauth/account").headline == "Sign in"
    browser.sends(email=ADA.email, password="right")
    assert browser.headline == "Your account"
    assert "ada@example.com" in browser.text
    assert "This browser" in browser.text


def test_owasp_asvs_7_5_2_sessions_and_apps_are_listed(browser, world):
    with_an_app(browser)
    Browser(world).signs_in(JOAN)
    browser.gets("/oauth/account")
    assert len(buttons(browser, "session")) == 2
    assert buttons(browser, "app") == ["spa"]
    assert "know that it is you; use orders.read" in browser.text
    assert "joan@example.com" not in browser.text


def test_owasp_asvs_7_5_2_the_password_must_be_recent(browser, world):
    browser.signs_in()
    world.clock.forward(MAX_SIGN_IN_AGE)
    assert browser.gets("/oauth/account").headline == "Your account"
    world.clock.forward(1)
    assert browser.gets("/oauth/account").headline == "Sign in"


def test_a_session_of_an_app_is_ended(browser, world):
    token = with_an_app(browser)
    browser.gets("/oauth/account")
    (session,) = [each.id.hex() for each in world.families() if each.resource == "oauth.user"]
    assert browser.sends(session=session).headline == "Your account"
    assert session not in browser.text
    assert ended(world) == {("oauth.user", "account_page")}
    assert world.refresh(token).error == "invalid_grant"
    assert browser.asks().answer["code"]


def test_the_login_session_of_another_browser_is_ended(browser, world):
    other = Browser(world).signs_in()
    (login,) = [each.id.hex() for each in world.logins()]
    signed_in(browser).sends(session=login)
    assert browser.headline == "Your account"
    assert other.asks().headline == "Sign in"


def test_the_own_login_session_is_ended(browser, world):
    (login,) = buttons(signed_in(browser), "session")
    assert browser.sends(session=login).headline == "You are signed out"
    assert browser.asks().headline == "Sign in"


def test_everything_is_ended(browser, world):
    token = with_an_app(browser)
    assert browser.gets("/oauth/account").sends(everything="yes").headline == "You are signed out"
    assert ended(world) == {("oauth.user", "account_page"), ("oauth.login", "account_page")}
    assert world.refresh(token).error == "invalid_grant"


def test_owasp_asvs_10_7_3_a_consent_is_taken_back_with_its_sessions(browser, world):
    token = with_an_app(browser)
    browser.gets("/oauth/account").sends(app="spa")
    assert buttons(browser, "app") == []
    assert world.refresh(token).error == "invalid_grant"
    assert browser.asks().headline == ALLOW
    assert ("consent_withdrawn", None) in world.audited()


def test_nobody_ends_a_session_of_somebody_else(browser, world):
    with_an_app(Browser(world))
    theirs = [each.id.hex() for each in world.families()]
    signed_in(browser, JOAN)
    for session in theirs:
        browser.sends(session=session)
    browser.sends(app="spa")
    assert ended(world) == set()
    assert world.consents.of_user(ADA.id)


@pytest.mark.parametrize("form", [{}, {"session": "x"}, {"session": "A" * 32}, {"session": ""}])
def test_a_wrong_form_ends_nothing(browser, world, form):
    assert signed_in(browser).sends(**form).page.status == 400
    assert ended(world) == set()


def test_a_form_without_its_ticket_or_cookie_ends_nothing(browser, world):
    signed_in(browser)
    ticket = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', browser.text))
    assert Browser(world).posts("/oauth/account/end", **ticket, everything="yes").page.status == 400
    assert browser.posts("/oauth/account/end", everything="yes").page.status == 400
    assert ended(world) == set()


def test_a_page_that_outlives_its_login_session_ends_nothing(browser, world):
    with_an_app(Browser(world))
    page = signed_in(browser)
    cookie = browser.cookies.pop("__Host-reticket_login")
    assert page.sends(everything="yes").page.status == 400
    assert ended(world) == set()
    assert cookie


def link(browser, words):
    """The target of a link, as path and query."""
    (target,) = re.findall(f'<a href="([^"]+)">{words}</a>', browser.text)
    path, _, query = target.partition("?")
    return path, dict(parse_qsl(query))


def test_the_page_leads_to_the_other_accounts_of_the_browser(browser, world):
    browser.signs_in()
    world.clock.forward(MAX_SIGN_IN_AGE)
    browser.signs_in(JOAN, prompt="login")
    world.clock.forward(1)
    assert "joan@example.com" in browser.gets("/oauth/account").text
    path, query = link(browser, "Use another account")
    assert browser.gets(path, **query).headline == "Choose an account"
    assert list(browser.choices) == [JOAN.email]
    browser.sends(account="other").sends(email=ADA.email, password="right")
    assert browser.headline == "Your account"
    assert "ada@example.com" in browser.text


def test_owasp_asvs_7_4_4_the_page_leads_to_the_log_out(browser, world):
    token = with_an_app(browser)
    path, query = link(browser.gets("/oauth/account"), "Sign out of this browser")
    assert browser.gets(path, **query).headline == "Do you want to sign out?"
    browser.sends(answer="sign_out")
    assert world.refresh(token).error == "invalid_grant"


@pytest.mark.parametrize("said", [{"prompt": "none"}, {"prompt": "x"}, {"max_age": "99999"}, {}])
def test_no_other_prompt_changes_the_page(browser, world, said):
    browser.signs_in()
    assert browser.gets("/oauth/account", **said).headline == "Your account"
    world.clock.forward(MAX_SIGN_IN_AGE + 1)
    assert browser.gets("/oauth/account", **said).headline == "Sign in"


def test_the_page_says_when_it_does_not_show_every_session(browser, world):
    signed_in(browser)
    for _ in range(MAX_SESSIONS - 1):
        world.begin()
    browser.gets("/oauth/account")
    assert len(buttons(browser, "session")) == MAX_SESSIONS
    assert "There are more" not in browser.text
    world.begin()
    browser.gets("/oauth/account")
    assert len(buttons(browser, "session")) == MAX_SESSIONS
    assert "There are more" in browser.text
