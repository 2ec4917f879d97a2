"""Clients that no operator has registered: what they are told, and what is asked for them again."""

import json

import pytest
from tests.dialects.oauth.browser import JOAN, Browser
from tests.dialects.oauth.documents import ASKED, accepting
from tests.dialects.oauth.test_remembered_consents import ON_THE_DEVICE
from tests.dialects.oauth.token_people import REDIRECT

ESSENTIAL = {"id_token": {"acr": {"essential": True, "value": "urn:reticket:acr:2"}}}


@pytest.fixture(params=["self", "document"])
def asked(request, browser):
    """What a client that registered itself, or one of a document, asks with."""
    browser.world.people.register("spa", registered_by=request.param)
    return {"prompt": "none"}


def test_openid_connect_core_3_1_2_1_prompt_none_is_answered_to_it(browser, asked):
    """RFC 9700 \u00a74.11.2 exempts silent authentication."""
    answer = browser.asks(**asked).answer
    assert (answer["error"], answer["state"]) == ("login_required", "a state")
    assert browser.location.startswith(REDIRECT)
    browser.signs_in()
    assert browser.asks(**asked).answer["error"] == "consent_required"
    browser.signs_in(JOAN, prompt="login")
    assert browser.asks(**asked).answer["error"] == "account_selection_required"
    claims = json.dumps(ESSENTIAL)
    assert browser.asks(**asked, claims=claims).answer["error"] == "login_required"


def test_prompt_none_of_a_client_of_a_document_is_answered_to_it():
    with accepting() as world:
        browser = Browser(world).asks(**ASKED, prompt="none")
        assert browser.answer["error"] == "login_required"


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_type": "token"},
        {"scope": "orders.delete"},
        {"code_challenge": None},
        {"prompt": "none login"},
        {"request": "e30.e30."},
    ],
    ids=str,
)
def test_rfc9700_4_11_2_no_other_error_is_sent_to_it(browser, asked, wrong):
    browser.asks(**{**asked, **wrong})
    assert (browser.page.status, browser.location) == (400, None)


def test_rfc9700_4_11_2_prompt_none_redirects_to_no_address_that_is_not_registered(browser, asked):
    browser.asks(**asked, redirect_uri="https://evil.example/")
    assert (browser.page.status, browser.location) == (400, None)


KINDS = pytest.mark.parametrize("kind", ["self", "document"])


def headlines(browser, client, target, times=2):
    """The headlines of some requests; None where the browser leaves without a page."""
    said = {"client_id": client, "redirect_uri": target}
    browser.signs_in(**said)
    for _ in range(times):
        yield None if browser.has_left else browser.headline
        browser = browser if browser.has_left else browser.sends(answer="allow")
        browser.asks(**said)


@KINDS
@pytest.mark.parametrize("target", ON_THE_DEVICE)
def test_rfc_8252_8_6_on_the_device_its_secret_does_not_prove_it(browser, world, target, kind):
    world.people.register("backend", redirect_uris=[target], registered_by=kind)
    ask = "Allow backend to access your account?"
    assert list(headlines(browser, "backend", target)) == [ask, ask]
    silent = browser.asks(client_id="backend", redirect_uri=target, prompt="none")
    assert silent.answer["error"] == "consent_required"
    assert world.consents.kept == {}


@KINDS
@pytest.mark.parametrize("client", ["spa", "backend"])
def test_at_its_own_host_it_is_asked_for_once(browser, world, client, kind):
    said = {"redirect_uris": [REDIRECT], "registered_by": kind, "first_party": True}
    world.people.register(client, **said)
    ask = f"Allow {client} to access your account?"
    assert list(headlines(browser, client, REDIRECT)) == [ask, None]
