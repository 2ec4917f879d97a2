"""A pushed request (RFC 9126) of a person who is signed in and has consented: who may load it."""

import json
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace
from tests.dialects.oauth.browser import JOAN, REQUEST, Browser
from tests.dialects.oauth.token_people import ADA

from reticket.core.errors import Unavailable
from reticket.dialects.oauth.grants.codes import CODE_LIFETIME

ALLOW = "Allow spa to access your account?"
USED = "used already"
LOOKS = [
    ("HEAD", {}),
    ("GET", {"sec-purpose": "prefetch"}),
    ("GET", {"sec-purpose": "prefetch;prerender"}),
    ("GET", {"purpose": "prefetch"}),
]


@pytest.fixture
def known(browser):
    """A browser whose person has consented to the client."""
    return browser.signs_in().sends(answer="allow")


def link(world, **changes):
    reply = world.post("/par", urlencode({**REQUEST, **changes}))
    return {"client_id": "spa", "request_uri": json.loads(reply.body)["request_uri"]}


def load(browser, query, method="GET", headers=()):
    browser.headers = dict(headers)
    request = browser.request_of("/oauth/authorize", **query)
    browser.headers = {}
    return browser.does(replace(request, method=method))


def is_put_off(browser):
    """Whether the answer is none that a browser would keep for the person."""
    headers = dict(browser.page.headers)
    is_kept = headers[b"cache-control"] != b"no-store" or b"location" in headers
    return browser.page.status == 503 and not is_kept and "code=" not in browser.text


@pytest.mark.parametrize("prompt", [None, "none"])
@pytest.mark.parametrize(("method", "headers"), LOOKS)
def test_a_head_or_prefetch_uses_no_pushed_request_up(known, world, method, headers, prompt):
    query = link(world, **({"prompt": prompt} if prompt else {}))
    for _ in range(2):
        assert is_put_off(load(known, query, method, headers))
    code = load(known, query).answer["code"]
    assert is_put_off(load(known, query, method, headers))
    assert world.exchange(code).status == 200


@pytest.mark.parametrize("prompt", [{}, {"prompt": "none"}])
@pytest.mark.parametrize(("method", "headers"), LOOKS)
def test_rfc_9110_9_2_1_a_head_or_prefetch_is_not_redirected_to_the_client(
    known, world, method, headers, prompt
):
    assert is_put_off(load(known, {**REQUEST, **prompt}, method, headers))
    assert is_put_off(load(known, {**REQUEST, "response_mode": "form_post"}, method, headers))
    assert (world.causes(), len(world.lines_of("consented"))) == ([], 1)
    assert load(known, {**REQUEST, **prompt}).answer["code"]


@pytest.mark.parametrize(("method", "headers"), LOOKS)
def test_a_head_or_prefetch_that_would_get_an_error_is_not_logged(browser, method, headers):
    silent = {**REQUEST, "prompt": "none"}
    assert is_put_off(load(browser, silent, method, headers))
    assert browser.world.audited() == []


def test_a_consent_page_that_was_prefetched_can_be_answered(browser, world):
    page = load(browser.signs_in(), link(world), headers={"sec-purpose": "prefetch"})
    assert page.headline == ALLOW
    assert world.exchange(page.sends(answer="allow").answer["code"]).status == 200


def test_a_sign_in_page_that_was_prefetched_asks_for_no_second_consent(known, world):
    other = load(Browser(world), link(world), headers={"sec-purpose": "prefetch"})
    assert other.sends(email=ADA.email, password="right").answer["code"]


@pytest.mark.parametrize("prompt", [None, "none"])
def test_a_browser_that_loads_a_pushed_request_twice_gets_one_code(known, world, prompt):
    query = link(world, **({"prompt": prompt} if prompt else {}))
    first, second = (load(known, query).answer["code"] for _ in range(2))
    assert first == second
    assert world.exchange(first).status == 200
    assert world.exchange(second).error == "invalid_grant"


def test_a_code_that_was_used_is_not_given_again(known, world):
    query = link(world)
    world.exchange(load(known, query).answer["code"])
    page = load(known, query)
    assert (page.page.status, USED in page.text) == (400, True)


def test_a_code_that_has_expired_is_not_given_again(known, world):
    query = link(world)
    load(known, query)
    world.clock.forward(CODE_LIFETIME + 1)
    assert load(known, query).page.status == 400


@pytest.mark.parametrize("who", [None, JOAN])
def test_another_browser_is_refused_after_the_answer(known, world, who):
    query = link(world)
    load(known, query)
    other = Browser(world)
    if who:
        other.signs_in(who).sends(answer="allow")
    page = load(other, query)
    assert (page.page.status, USED in page.text) == (400, True)


def test_another_browser_of_the_same_person_is_refused_after_the_answer(known, world):
    query, other = link(world), Browser(world).signs_in()
    load(known, query)
    assert load(other, query).page.status == 400


def test_a_request_that_was_answered_on_a_page_is_not_answered_again(known, world):
    query = link(world, prompt="consent")
    assert load(known, query).sends(answer="allow").answer["code"]
    assert load(known, query).page.status == 400


def test_two_pushed_requests_of_one_browser_get_two_codes(known, world):
    codes = {load(known, link(world)).answer["code"] for _ in range(2)}
    assert len(codes) == 2


def test_a_load_whose_store_has_failed_can_be_repeated(known, world):
    query = link(world)

    async def fail(command):
        if type(command).__name__ == "PutIfAbsent" and "oauth:code:" in command.key:
            raise Unavailable("away")

    world.before = fail
    assert load(known, query).page.status == 503
    world.before = None
    assert world.exchange(load(known, query).answer["code"]).status == 200


def is_used_up(browser):
    return (browser.page.status, USED in browser.text) == (400, True)


def test_a_second_load_asks_for_no_consent_that_cannot_be_given(known, world):
    query = link(world)
    load(known, query)
    world.consents.kept.clear()
    assert is_used_up(load(known, query))


def test_a_second_load_asks_for_no_password_that_cannot_help(known, world):
    query = link(world, max_age="30")
    assert load(known, query).answer["code"]
    world.clock.forward(31)
    assert is_used_up(load(known, query))


@pytest.mark.parametrize("prompt", [None, "none"])
def test_openid_connect_core_5_5_1_1_a_class_that_nobody_has_uses_nothing_up(known, world, prompt):
    claims = json.dumps({"id_token": {"acr": {"essential": True, "value": "urn:x"}}})
    query = link(world, claims=claims, **({"prompt": prompt} if prompt else {}))
    for _ in range(2):
        assert load(known, query).answer["error"] == "unmet_authentication_requirements"


def test_openid_connect_core_5_5_1_1_consent_with_too_weak_a_sign_in_is_an_answer(browser, world):
    claims = json.dumps({"id_token": {"acr": {"essential": True, "value": "urn:x"}}})
    query = link(world, claims=claims)
    page = load(browser.signs_in(), query).sends(answer="allow")
    assert page.answer["error"] == "unmet_authentication_requirements"
    assert is_used_up(load(browser, query))
