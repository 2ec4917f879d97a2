"""Whom the pages ask for consent again."""

import pytest
from tests.dialects.oauth.browser import JOAN, Browser
from tests.dialects.oauth.token_people import ADA

from reticket.core.errors import Unavailable

ALLOW = "Allow spa to access your account?"
POLICY, TERMS = "https://app.example.com/privacy?a=1&b=2", "https://app.example.com/terms"
LOOPBACK = "http://127.0.0.1/callback"


def consents(browser, **changes):
    return browser.signs_in(**changes).sends(answer="allow")


def test_a_person_is_asked_once_for_each_client(browser, world):
    world.people.register("other", redirect_uris=["https://app.example.com/callback"])
    assert consents(browser).answer["code"]
    assert browser.asks().answer["code"]
    assert browser.asks(client_id="other").headline == "Allow other to access your account?"


def test_the_code_of_a_remembered_consent_gives_tokens(browser, world):
    consents(browser)
    said = world.exchange(browser.asks().answer["code"]).said
    assert said["scope"] == "openid orders.read"
    assert said["id_token"]


def test_a_person_is_asked_for_more_scopes_and_not_for_fewer(browser):
    consents(browser)
    assert browser.asks(scope="openid").answer["code"]
    assert browser.asks(scope="openid orders.read orders.write").headline == ALLOW
    browser.sends(answer="allow")
    assert browser.asks(scope="openid orders.read orders.write").answer["code"]


def test_another_person_is_asked(browser):
    consents(browser)
    assert browser.signs_in(JOAN, prompt="login").headline == ALLOW


def test_a_consent_holds_in_another_browser_after_a_sign_in(browser, world):
    consents(browser)
    other = Browser(world).signs_in()
    assert other.answer["code"]
    assert "__Host-reticket_login" in other.cookies
    assert other.asks().answer["code"]


def test_openid_connect_core_3_1_2_1_prompt_consent_asks_again(browser):
    consents(browser)
    assert browser.asks(prompt="consent").headline == ALLOW
    assert browser.sends(answer="deny").answer["error"] == "access_denied"


def test_openid_connect_core_3_1_2_1_prompt_none_is_answered_with_a_code(browser, world):
    code = consents(browser).answer["code"]
    hint = world.exchange(code).said["id_token"]
    assert browser.asks(prompt="none").answer.keys() == {"code", "state", "iss"}
    assert browser.asks(prompt="none", id_token_hint=hint).answer["code"]
    more = browser.asks(prompt="none", scope="openid orders.write")
    assert more.answer["error"] == "consent_required"


def test_a_chosen_account_goes_back_to_the_app_at_once(browser):
    consents(browser)
    browser.asks(prompt="select_account").sends(account=browser.choices[ADA.email])
    assert browser.answer["code"]


def test_csp_3_6_4_1_a_form_of_ours_is_not_redirected_to_the_app(browser):
    """Browsers apply `form-action` to redirects after a form; a refresh is none."""
    consents(browser)
    page = browser.signs_in(prompt="login").page
    headers = dict(page.headers)
    assert (page.status, b"location" in headers) == (200, False)
    assert headers[b"refresh"].startswith(b"0; url=https://app.example.com/callback?code=")
    assert b"form-action 'self';" in headers[b"content-security-policy"]


def test_a_refused_consent_is_not_kept(browser):
    browser.signs_in().sends(answer="deny")
    assert browser.asks().headline == ALLOW


def test_a_store_that_fails_costs_the_memory_alone(browser, world):
    async def fail(command):
        if type(command).__name__ == "KeepConsent":
            raise Unavailable("away")

    world.before = fail
    assert consents(browser).answer["code"]
    assert browser.asks().headline == ALLOW


ON_THE_DEVICE = [
    LOOPBACK,
    "com.example.app:/callback",
    "http://a.example.com/",
    "https://localhost:3000/callback",
    "https://127.0.0.1/callback",
    "https://[::1]/callback",
    "https://app.localhost/callback",
]


@pytest.mark.parametrize("target", ON_THE_DEVICE)
def test_rfc_8252_8_6_a_public_client_on_the_device_is_asked_each_time(browser, world, target):
    world.people.register("spa", redirect_uris=[target], first_party=True)
    consents(browser, redirect_uri=target)
    assert browser.asks(redirect_uri=target).headline == ALLOW
    assert browser.asks(redirect_uri=target, prompt="none").answer["error"] == "consent_required"


def test_a_confidential_client_may_be_on_the_device(browser, world):
    world.people.register("backend", redirect_uris=[LOOPBACK])
    consents(browser, client_id="backend", redirect_uri=LOOPBACK)
    assert browser.asks(client_id="backend", redirect_uri=LOOPBACK).answer["code"]


def test_a_first_party_client_asks_for_no_consent(browser, world):
    world.people.register("spa", first_party=True)
    assert browser.signs_in().answer["code"]
    assert browser.asks(prompt="none").answer["code"]
    assert browser.asks(prompt="consent").headline == ALLOW
    assert world.consents.kept == {}


def test_the_consent_page_links_to_the_clients_policy_and_terms(world, browser):
    assert "Privacy policy" not in browser.signs_in().text
    world.people.register("spa", policy_uri=POLICY, tos_uri=TERMS)
    said = Browser(world).signs_in().text
    assert f'href="{POLICY}"'.replace("&", "&amp;") in said
    assert f'href="{TERMS}"' in said
