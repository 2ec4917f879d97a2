"""`id_token_hint` (OpenID Connect Core §3.1.2.1): which tokens count, and what they cannot do."""

import json

import pytest
from tests.dialects.oauth.browser import JOAN, Browser
from tests.dialects.oauth.test_login_session import tokens
from tests.dialects.oauth.token_people import ADA, KEY, REDIRECT
from tests.dialects.oauth.token_world import claims_of, signed

from reticket.core.policy import DAY
from reticket.core.tokens.faces import from_text, to_text

YEAR = 365 * DAY


@pytest.fixture
def hint(browser):
    return tokens(browser.signs_in())["id_token"]


def header_of(token):
    return json.loads(from_text(token.split(".")[0]))


def error_of(browser, **said):
    return browser.asks(prompt="none", **said).answer["error"]


def test_an_expired_token_counts(browser, world, hint):
    world.clock.forward(YEAR)
    browser.signs_in()
    assert "code" in browser.asks(prompt="none", id_token_hint=hint).answer
    browser.signs_in(JOAN, prompt="login")
    assert "code" in browser.asks(prompt="none", id_token_hint=hint).answer


def test_a_token_of_another_client_names_the_person_and_gives_no_consent(browser, world, hint):
    world.people.register("other", redirect_uris=[REDIRECT], pkce="optional")
    assert error_of(browser, id_token_hint=hint, client_id="other") == "consent_required"
    stranger = Browser(world).signs_in(JOAN)
    assert error_of(stranger, id_token_hint=hint, client_id="other") == "login_required"


@pytest.mark.parametrize("change", [{"disabled": True}, {"active": False}])
def test_a_person_who_may_not_sign_in_is_not_signed_in(browser, world, hint, change):
    world.people.change(**change)
    assert error_of(browser, id_token_hint=hint) == "login_required"


def test_a_person_who_was_removed_is_not_signed_in(browser, world, hint):
    del world.people.users[ADA.id]
    assert error_of(browser, id_token_hint=hint) == "login_required"


def forged(hint, header, claims):
    return [
        signed({**header_of(hint), **header}, {**claims_of(hint), **claims}, KEY),
        ".".join((to_text(json.dumps({**header_of(hint), **header}).encode()),
                  to_text(json.dumps({**claims_of(hint), **claims}).encode()), "")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({}, {}),
        ({}, {"sub": JOAN.id}),
        ({}, {"iss": "https://other.example.com"}),
        ({"alg": "none"}, {}),
        ({"alg": "HS256"}, {}),
        ({"alg": "RS256"}, {}),
        ({"kid": "k1"}, {}),
        ({"jwk": KEY.as_dict(private=False)}, {}),
        ({"jku": "https://other.example.com/keys"}, {}),
    ],
)
def test_a_token_that_no_key_of_the_ring_has_signed_is_refused(browser, hint, header, claims):
    for text in forged(hint, header, claims):
        assert error_of(browser, id_token_hint=text) == "invalid_request"


def test_no_other_token_is_a_hint(browser, world):
    said = tokens(browser.signs_in())
    for text in (said["access_token"], said["refresh_token"], browser.cookies[COOKIE]):
        assert error_of(browser, id_token_hint=text) == "invalid_request"


COOKIE = "__Host-reticket_login"


def test_a_hint_signs_nobody_in(world, hint):
    stranger = Browser(world)
    assert error_of(stranger, id_token_hint=hint) == "login_required"
    assert stranger.asks(id_token_hint=hint).headline == "Sign in"
    assert "ada@example.com" not in stranger.text


def test_a_hint_and_another_account_of_the_browser(browser, world, hint):
    """The person of the hint has signed out; somebody else is signed in."""
    browser.gets("/oauth/logout", id_token_hint=hint)
    browser.signs_in(JOAN)
    assert error_of(browser, id_token_hint=hint) == "login_required"
    browser.asks(id_token_hint=hint).sends(email=JOAN.email, password="right")
    assert browser.page.status == 403
