"""Clients that no operator has registered: what they are told, and what is asked for them again."""

import json

import pytest
from tests.dialects.oauth.browser import JOAN, Browser
from tests.dialects.oauth.documents import ASKED, accepting
from tests.dialects.oauth.test_remembered_consents import ON_THE_DEVICE
from tests.dialects.oauth.token_people import ADA, REDIRECT

ESSENTIAL = {"id_token": {"acr": {"essential": True, "value": "urn:reticket:acr:2"}}}


@pytest.fixture(params=["self", "document"])
def asked(request, browser):
    """What a client that registered itself, or one of a document, asks with."""
    browser.world.people.register("spa", registered_by=request.param)
    return {"prompt": "none"}


def error_of(browser, **asked):
    """What the client learns, by its error and by the sentence beside it."""
    answer = browser.asks(**asked).answer
    return answer["error"], answer["error_description"]


GUESSES = [
    {"login_hint": ADA.email},
    {"login_hint": JOAN.email},
    {"max_age": "1"},
    {"max_age": "3600"},
    {"claims": json.dumps(ESSENTIAL)},
    {"claims": json.dumps({"id_token": {"sub": {"value": ADA.id}}})},
]


def test_openid_connect_core_3_1_2_6_prompt_none_tells_it_nothing_of_its_visitor(browser, asked):
    """RFC 9700 \u00a74.11.2 exempts silent authentication, so the error is redirected."""
    nobody = error_of(browser, **asked)
    assert (nobody[0], browser.answer["state"]) == ("interaction_required", "a state")
    assert browser.location.startswith(REDIRECT)
    browser.signs_in()
    browser.world.clock.forward(60)
    assert [error_of(browser, **asked, **guess) for guess in GUESSES] == [nobody] * len(GUESSES)
    assert error_of(browser, **asked) == nobody
    browser.signs_in(JOAN, prompt="login")
    assert error_of(browser, **asked) == nobody


def test_groups_of_a_visitor_are_not_told_to_it(browser, asked):
    nobody = error_of(browser, **asked)
    browser.signs_in()
    browser.world.people.register("spa", registered_by="self", groups_allowed=["staff"])
    assert error_of(browser, **asked) == nobody


def test_prompt_none_tells_it_why_a_person_who_has_consented_must_be_asked(browser, asked):
    browser.signs_in().sends(answer="allow")
    browser.world.clock.forward(60)
    assert browser.asks(**asked).answer["code"]
    assert error_of(browser, **asked, max_age="1")[0] == "login_required"
    assert error_of(browser, **asked, claims=json.dumps(ESSENTIAL))[0] == "login_required"
    assert error_of(browser, **asked, scope="openid orders.write")[0] == "interaction_required"


def test_a_person_who_has_not_consented_is_not_told_to_it_beside_one_who_has(browser, asked):
    browser.signs_in().sends(answer="allow")
    guesses = ({}, {"login_hint": JOAN.email}, {"login_hint": JOAN.email, "max_age": "1"})
    browser.signs_in(JOAN, prompt="login")
    browser.world.clock.forward(60)
    said = [error_of(browser, **asked, **guess)[0] for guess in guesses]
    assert said == ["interaction_required"] * len(guesses)


def test_several_people_who_have_consented_are_told_to_it(browser, asked):
    browser.signs_in().sends(answer="allow")
    browser.signs_in(JOAN, prompt="login").sends(answer="allow")
    assert error_of(browser, **asked)[0] == "account_selection_required"


def test_prompt_none_of_a_client_of_a_document_is_answered_to_it():
    with accepting() as world:
        browser = Browser(world).asks(**ASKED, prompt="none")
        assert browser.answer["error"] == "interaction_required"


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
    assert silent.answer["error"] == "interaction_required"
    assert world.consents.kept == {}


@KINDS
@pytest.mark.parametrize("client", ["spa", "backend"])
def test_at_its_own_host_it_is_asked_for_once(browser, world, client, kind):
    said = {"redirect_uris": [REDIRECT], "registered_by": kind, "first_party": True}
    world.people.register(client, **said)
    ask = f"Allow {client} to access your account?"
    assert list(headlines(browser, client, REDIRECT)) == [ask, None]
