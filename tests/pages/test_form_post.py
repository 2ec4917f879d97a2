"""`response_mode=form_post` (OAuth 2.0 Form Post Response Mode): a page posts the answer."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from html import unescape

import pytest
from tests.pages.people import ADA, CALLBACK, asking

POSTED = {"response_mode": "form_post"}


def answer_of(page):
    assert page.status_code == 200
    assert "location" not in page.headers
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found}


def test_the_code_is_posted_to_the_redirect_uri(person, server):
    page = person.asks(**POSTED).sends(**ADA).sends(answer="allow").page
    assert person.action == CALLBACK
    answer = answer_of(page)
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("a state", server.url)


def test_the_page_works_with_and_without_its_script(person):
    page = person.asks(**POSTED).sends(**ADA).sends(answer="allow").page
    (script,) = re.findall(r"<script>(.*?)</script>", page.text)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert f"script-src 'sha256-{digest}'" in policy
    assert "form-action 'self' https:" in policy
    assert '<button class="main">Continue</button>' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "app.example.com" in person.sees


def test_no_other_page_has_a_script(person):
    for page in (person.asks(**POSTED).page, person.sends(**ADA).page):
        assert "script-src" not in page.headers["content-security-policy"]
        assert "<script" not in page.text


def test_a_refusal_is_posted_as_well(person):
    page = person.asks(**POSTED).sends(**ADA).sends(answer="deny").page
    assert answer_of(page)["error"] == "access_denied"


FAULTS = [({"scope": "orders.burn"}, "invalid_scope"), ({"nonce": ["a", "b"]}, "invalid_request")]


@pytest.mark.parametrize(("change", "error"), FAULTS)
def test_an_error_of_the_request_is_posted_as_well(person, change, error):
    answer = answer_of(person.asks(**POSTED, **change).page)
    assert (answer["error"], answer["state"]) == (error, "a state")


def test_the_state_of_a_client_is_escaped(person):
    text = '"><script>alert(1)</script>'
    page = person.asks(**POSTED, state=text).sends(**ADA).sends(answer="deny").page
    assert answer_of(page)["state"] == text
    assert "<script>alert" not in page.text


def test_a_pushed_request_is_posted_as_well(person):
    pushed = person.http.post("/oauth/par", data=asking(**POSTED)).json()
    person.opens(client_id="web", request_uri=pushed["request_uri"])
    assert "code" in answer_of(person.sends(**ADA).sends(answer="allow").page)


def test_a_nul_of_a_request_object_is_not_posted(person):
    answer = answer_of(person.asks(request=request_object({**POSTED, "state": "\0"})).page)
    assert (answer["error"], "state" in answer) == ("invalid_request_object", False)


def test_there_is_no_link_back_that_would_not_post(person):
    person.asks(**POSTED)
    assert CALLBACK not in person.page.text


def test_scopes_that_the_client_may_not_have_are_left_out(person):
    person.asks(scope="openid orders.burn orders.read unknown").sends(**ADA)
    assert "orders.read" in person.sees
    assert "orders.burn" not in person.sees
    assert person.sends(answer="allow").answer["code"]


def request_object(said):
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return f"eyJhbGciOiJub25lIn0.{urlsafe_b64encode(text).decode().rstrip('=')}."


def test_oidcc_unsigned_request_object_the_error_is_posted_where_the_object_asks_for_it(person):
    said = request_object({**POSTED, "state": "another", "scope": "orders.burn"})
    answer = answer_of(person.asks(request=said).page)
    assert (answer["error"], answer["state"]) == ("invalid_request_object", "another")


NO_TEXTS = {"state": 7, "response_mode": ["form_post"]}
UNFIT = [b"no JSON", [], NO_TEXTS, b'{"state": "\\ud800"}', b'{"state": "\xed\xa0\x80"}']


@pytest.mark.parametrize("said", UNFIT)
def test_a_request_object_that_cannot_be_read_changes_nothing(person, said):
    answer = person.asks(request=request_object(said)).answer
    assert (answer["error"], answer["state"]) == ("invalid_request_object", "a state")


INVISIBLE = "a\u2069b\u202ec\u2066\U000e0001"


def test_oauth_2_4_1_2_the_state_is_returned_unchanged(person):
    page = person.asks(**POSTED, state=INVISIBLE).sends(**ADA).sends(answer="deny").page
    assert answer_of(page)["state"] == INVISIBLE
    assert person.asks(state=INVISIBLE, scope="orders.burn").answer["state"] == INVISIBLE


@pytest.mark.parametrize("state", ["a\nb", "a\rb", "a\x07b"])
def test_a_state_that_browsers_would_change_in_a_form_is_refused(person, state):
    """Browsers send each line end as CR LF (HTML, constructing the entry list)."""
    answer = answer_of(person.asks(**POSTED, state=state).page)
    assert answer["error"] == "invalid_request"
    assert answer["error_description"] == "state has a control character."
    assert "state" not in answer
    assert person.asks(state=state, scope="orders.burn").answer["state"] == state
