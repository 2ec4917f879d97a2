"""Pushed authorisation requests (RFC 9126)."""

import itertools
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import httpx
import pytest
from tests.dialects.oauth.proofs import KEY, proof
from tests.pages.instance import ORDERS
from tests.pages.people import (
    ADA,
    CALLBACK,
    CHALLENGE,
    JOAN,
    LEFT_OUT,
    VERIFIER,
    Person,
    asking,
)

from reticket.testing.waiting import PATIENCE

PREFIX = "urn:ietf:params:oauth:request_uri:"
STRICT = {"client_id": "strict", "client_secret": "strict-secret"}


def push(person, headers=None, **changes):
    return person.http.post("/oauth/par", data=asking(**changes), headers=headers)


def pushed(person, **changes):
    return push(person, **changes).json()["request_uri"]


def test_rfc_9126_2_2_a_pushed_request_is_shown_to_a_person(person):
    answer = push(person)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"request_uri", "expires_in"}
    assert answer.json()["expires_in"] == 90
    assert answer.json()["request_uri"].startswith(PREFIX)
    person.opens(client_id="web", request_uri=answer.json()["request_uri"])
    answer = person.sends(**ADA).sends(answer="allow").answer
    assert answer["state"] == "a state"


def finishes(person, query, answer="allow", who=ADA):
    return person.opens(**query).sends(**who).sends(answer=answer)


@pytest.fixture
def another(server):
    """Makes people at browsers of their own."""
    with ExitStack() as opened:
        yield lambda: Person(
            opened.enter_context(httpx.Client(base_url=server.url, timeout=PATIENCE))
        )


LOOKS = [
    ("GET", {}),
    ("HEAD", {}),
    ("GET", {"Sec-Purpose": "prefetch"}),
    ("GET", {"Sec-Purpose": "prefetch;prerender"}),
]


@pytest.mark.parametrize(("method", "headers"), LOOKS)
def test_rfc_9126_4_loading_the_page_does_not_use_the_request(person, method, headers):
    query = {"client_id": "web", "request_uri": pushed(person)}
    for _ in range(3):
        look = person.http.request(method, "/oauth/authorize", params=query, headers=headers)
        assert look.status_code == 200
    assert "code" in finishes(person, query).answer


@pytest.mark.parametrize("answer", ["allow", "deny"])
@pytest.mark.parametrize(("method", "headers"), LOOKS)
def test_rfc_9126_4_after_an_answer_the_request_is_used_for_every_browser(
    person, method, headers, answer
):
    query = {"client_id": "web", "request_uri": pushed(person)}
    finishes(person, query, answer)
    look = person.http.request(method, "/oauth/authorize", params=query, headers=headers)
    assert look.status_code == 400
    assert person.opens(**query).page.status_code == 400
    assert "used already" in person.sees


@pytest.mark.parametrize(
    "answers", list(itertools.product(["allow", "deny"], repeat=2)), ids="-".join
)
def test_rfc_9126_4_only_one_of_two_browsers_gets_a_code(person, another, answers):
    query = {"client_id": "web", "request_uri": pushed(person)}
    other = another().opens(**query).sends(**JOAN)
    finishes(person, query, answers[0])
    assert ("code" in person.answer) is (answers[0] == "allow")
    other.sends(answer=answers[1])
    if answers == ("deny", "deny"):
        assert other.answer["error"] == "access_denied"
    else:
        assert other.page.status_code == 400


def test_rfc_9126_4_a_double_click_gives_the_same_code(person):
    query = {"client_id": "web", "request_uri": pushed(person)}
    person.opens(**query).sends(**ADA)
    action, hidden = person.action, person.hidden
    codes = {
        person.http.post(action, data={**hidden, "answer": "allow"}).headers["location"]
        for _ in range(2)
    }
    assert len(codes) == 1


def test_rfc_9126_4_beginning_again_with_another_account_gives_no_second_code(person):
    query = {"client_id": "web", "request_uri": pushed(person)}
    person.opens(**query).sends(**ADA)
    action, hidden = person.action, person.hidden
    assert "code" in person.sends(answer="allow").answer
    person.page = person.http.post(action, data={**hidden, "answer": "switch"})
    assert person.sends(**JOAN).sends(answer="allow").page.status_code == 400


def test_only_one_of_many_parallel_answers_gets_a_code(person, another):
    query = {"client_id": "web", "request_uri": pushed(person)}
    people = [another().opens(**query).sends(**ADA) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(lambda each: each.sends(answer="allow").page.status_code, people))
    assert sorted(answered) == [303] + [400] * 7


@pytest.mark.parametrize("client", ["web", "strict"])
def test_only_known_parameters_are_stored(person, server, client):
    said = STRICT if client == "strict" else {"client_id": "web", "resource": [ORDERS] * 200}
    junk = {
        "scope": " ".join(["openid"] * 1000),
        "state": f"only {client}",
        "max_age": "7",
        "prompt": "login",
        "request_id": "j" * 8000,
        "ui_locales": "unheard of",
    }
    assert push(person, **said, **junk).status_code == 201
    (kept,) = (row for row in rows(server, "oauth:pushed:") if f"only {client}" in row)
    assert len(kept) < 600
    assert "unheard" not in kept
    assert kept.count(ORDERS) == (client == "web")


def test_openid_connect_core_3_1_2_1_an_invalid_id_token_hint_is_refused_when_pushed(person):
    assert push(person, id_token_hint="h" * 8000).json()["error"] == "invalid_request"


def rows(server, prefix):
    with closing(sqlite3.connect(server.data / "families.sqlite")) as file:
        found = file.execute("SELECT value FROM entries WHERE key LIKE ?", (f"{prefix}%",))
        return [value for (value,) in found]


@pytest.mark.parametrize("other", ["native", "server"])
def test_rfc_9126_4_another_client_cannot_use_a_pushed_request(person, other):
    """Also where another one is registered with the same redirect URI."""
    reference = pushed(person)
    assert person.opens(client_id=other, request_uri=reference).page.status_code == 400
    assert person.opens(client_id="web", request_uri=reference).headline == "Sign in"


@pytest.mark.parametrize("said", [{}, {"client_id": ["web", "native"]}])
def test_rfc_9126_4_the_client_id_is_required_with_the_request_uri(person, said):
    assert person.opens(request_uri=pushed(person), **said).page.status_code == 400


def test_rfc_9101_5_other_parameters_beside_the_request_uri_are_ignored(person):
    said = {"scope": "orders.burn", "redirect_uri": "https://evil.example/", "state": "other"}
    person.opens(client_id="web", request_uri=pushed(person), **said)
    assert person.sends(**ADA).sends(answer="allow").answer["state"] == "a state"
    assert person.page.headers["location"].startswith(CALLBACK)


@pytest.mark.parametrize("reference", [PREFIX, PREFIX + "A" * 43, PREFIX + "A" * 8000])
def test_an_unknown_request_uri_is_an_error_page(person, reference):
    page = person.opens(**asking(request_uri=reference)).page
    assert (page.status_code, "location" in page.headers) == (400, False)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_request"),
        ({"redirect_uri": LEFT_OUT}, 400, "invalid_request"),
        ({"client_id": LEFT_OUT}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "off"}, 401, "invalid_client"),
        ({"client_id": "strict"}, 401, "invalid_client"),
        ({**STRICT, "client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "other-tv"}, 400, "unauthorized_client"),
        ({"request_uri": PREFIX + "A" * 43}, 400, "invalid_request"),
        ({"request": "e30.e30."}, 400, "invalid_request_object"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"code_challenge": LEFT_OUT}, 400, "invalid_request"),
        ({"scope": "orders.burn"}, 400, "invalid_scope"),
        ({"scope": "admin"}, 400, "invalid_scope"),
        ({"resource": "https://elsewhere.example.com"}, 400, "invalid_target"),
        ({"prompt": "shout"}, 400, "invalid_request"),
        ({"state": ["one", "two"]}, 400, "invalid_request"),
        ({"nonce": "n" * 8193}, 400, "invalid_request"),
    ],
)
def test_rfc_9126_2_3_errors_are_returned_when_pushed(person, changes, status, error):
    answer = push(person, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_rfc_9126_2_1_only_forms_are_accepted(person):
    assert person.http.post("/oauth/par", json=asking()).status_code == 400
    assert person.http.get("/oauth/par", params=asking()).status_code == 405


def test_openid_connect_core_3_1_2_6_a_pushed_prompt_none_is_answered_by_redirect(person):
    person.opens(client_id="web", request_uri=pushed(person, prompt="none"))
    assert person.answer["error"] == "login_required"


def test_rfc_9126_5_a_client_that_must_push_is_refused_without(person):
    answer = person.asks(client_id="strict").answer
    assert (answer["error"], answer["state"]) == ("invalid_request", "a state")
    reference = pushed(person, **STRICT)
    assert person.opens(client_id="strict", request_uri=reference).headline == "Sign in"


def test_the_store_contains_no_client_secret(person, server):
    assert push(person, **STRICT).status_code == 201
    stored = b"".join(path.read_bytes() for path in server.data.glob("*.sqlite*"))
    assert b"oauth:pushed:" in stored
    assert b"strict-secret" not in stored


def bound_tokens(person, server, reference, key):
    person.signs_out().opens(client_id="web", request_uri=reference).sends(**ADA)
    form = {"grant_type": "authorization_code", "client_id": "web", "code_verifier": VERIFIER}
    form |= {"redirect_uri": CALLBACK, "code": person.sends(answer="allow").answer["code"]}
    headers = {"dpop": proof("POST", f"{server.url}/oauth/token", time.time(), key=key)}
    return person.http.post("/oauth/token", data=form, headers=headers)


def test_rfc_9449_10_1_a_proof_binds_the_code_to_its_key(person, server):
    url = f"{server.url}/oauth/par"
    other = type(KEY).generate_key("P-256")
    for key, status in ((KEY, 200), (other, 400)):
        headers = {"dpop": proof("POST", url, time.time(), state=key.thumbprint())}
        reference = push(person, headers=headers).json()["request_uri"]
        assert bound_tokens(person, server, reference, key).status_code == status


def test_rfc_9449_10_1_the_key_of_the_proof_must_match_dpop_jkt(person, server):
    url = f"{server.url}/oauth/par"
    for jkt, status in ((KEY.thumbprint(), 201), (CHALLENGE, 400)):
        headers = {"dpop": proof("POST", url, time.time(), jti=jkt)}
        assert push(person, headers=headers, dpop_jkt=jkt).status_code == status
    broken = push(person, headers={"dpop": "no.proof.this"})
    assert broken.json()["error"] == "invalid_dpop_proof"


def test_rfc_9449_10_a_request_may_name_its_key(person, server):
    person.asks(dpop_jkt=KEY.thumbprint()).sends(**ADA)
    form = {"grant_type": "authorization_code", "client_id": "web", "code_verifier": VERIFIER}
    form |= {"redirect_uri": CALLBACK, "code": person.sends(answer="allow").answer["code"]}
    assert person.http.post("/oauth/token", data=form).json()["error"] == "invalid_grant"
    headers = {"dpop": proof("POST", f"{server.url}/oauth/token", time.time(), key=KEY)}
    assert person.http.post("/oauth/token", data=form, headers=headers).status_code == 200


def test_openid_connect_core_3_1_2_6_a_used_pushed_prompt_none_is_an_error_for_the_client(
    person, another
):
    person.opens(**asking()).sends(**ADA).sends(answer="allow")
    query = {"client_id": "web", "request_uri": pushed(person, prompt="none")}
    code = person.opens(**query).answer["code"]
    assert person.opens(**query).answer["code"] == code
    answer = another().opens(**query).answer
    assert (answer["error"], answer["state"]) == ("invalid_request_uri", "a state")
    assert "code" not in answer


@pytest.mark.parametrize(("method", "headers"), LOOKS[1:])
def test_rfc_9126_4_a_head_or_prefetch_of_a_remembered_consent_uses_nothing_up(
    person, method, headers
):
    person.opens(**asking()).sends(**ADA).sends(answer="allow")
    query = {"client_id": "web", "request_uri": pushed(person, prompt=LEFT_OUT)}
    look = person.http.request(method, "/oauth/authorize", params=query, headers=headers)
    assert look.status_code == 503
    assert "code" in person.opens(**query).answer
