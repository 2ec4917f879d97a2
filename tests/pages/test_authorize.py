"""The authorisation endpoint (RFC 6749 §4.1), from a client's request to its answer."""

import re
import sqlite3
import time

import httpx
import pytest
from tests.http.wire import audit_stream_when, how_often
from tests.pages.instance import NATIVE, ORDERS, STOCK, TOTP_SECRET, running_service
from tests.pages.people import (
    ADA,
    ALAN,
    CALLBACK,
    CHALLENGE,
    JOAN,
    LEFT_OUT,
    VERIFIER,
    Person,
    asking,
    one_time_password,
)

from reticket.testing.waiting import PATIENCE

ELSEWHERE = "127.0.1.5"
"""Another address of this machine."""

ERRORS = [
    ({"response_type": LEFT_OUT}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"response_mode": ["query", "form_post"]}, "invalid_request"),
    ({"code_challenge": LEFT_OUT}, "invalid_request"),
    ({"code_challenge_method": LEFT_OUT}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": "s256"}, "invalid_request"),
    ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
    ({"code_challenge": CHALLENGE + "A"}, "invalid_request"),
    ({"code_challenge": CHALLENGE[:-1] + "="}, "invalid_request"),
    ({"scope": "orders.burn"}, "invalid_scope"),
    ({"scope": "orders.burn orders.drop"}, "invalid_scope"),
    ({"scope": "OPENID"}, "invalid_scope"),
    ({"resource": "https://elsewhere.example.com"}, "invalid_target"),
    ({"resource": [ORDERS, "orders"]}, "invalid_target"),
    ({"prompt": "none"}, "login_required"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "shout"}, "invalid_request"),
    ({"max_age": "-1"}, "invalid_request"),
    ({"max_age": "soon"}, "invalid_request"),
    ({"dpop_jkt": "key"}, "invalid_request"),
    ({"request": "eyJhbGciOiJub25lIn0.e30."}, "invalid_request_object"),
    ({"request_uri": "https://app.example.com/request.jwt"}, "invalid_request_uri"),
    ({"registration": "{}"}, "registration_not_supported"),
    ({"nonce": ["one", "two"]}, "invalid_request"),
    ({"scope": ["openid", "orders.read"]}, "invalid_request"),
    ({"code_challenge": [CHALLENGE, CHALLENGE]}, "invalid_request"),
    ({"whatever": ["one", "two"]}, "invalid_request"),
    ({"nonce": "n" * 8193}, "invalid_request"),
    ({"nonce": "a\0b"}, "invalid_request"),
]


def test_rfc_6749_4_1_a_person_signs_in_and_consents_and_the_client_gets_a_code(person):
    person.asks()
    assert (person.page.status_code, person.headline) == (200, "Sign in")
    person.sends(**ADA)
    assert person.headline == "Allow Orders & <More> to access your account?"
    assert "ada@example.com" in person.sees
    assert "know that it is you" in person.sees
    assert "orders.read" in person.sees
    person.sends(answer="allow")
    assert person.page.headers["location"].startswith(f"{CALLBACK}?code=")
    assert person.answer.keys() == {"code", "state", "iss"}
    assert person.answer["state"] == "a state"
    assert person.page.content == b""


def test_rfc_6749_4_1_3_a_code_gives_tokens_once(person, server):
    code = person.asks(nonce="n-1").sends(**ADA).sends(answer="allow").answer["code"]
    form = {"grant_type": "authorization_code", "client_id": "web", "code": code}
    form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    tokens = person.http.post("/oauth/token", data=form)
    assert tokens.status_code == 200
    assert tokens.json()["scope"] == "openid orders.read"
    assert tokens.json()["id_token"]
    again = person.http.post("/oauth/token", data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    refresh = {"grant_type": "refresh_token", "client_id": "web"}
    refresh["refresh_token"] = tokens.json()["refresh_token"]
    assert person.http.post("/oauth/token", data=refresh).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("change", [{"code_verifier": "x" * 43}, {"redirect_uri": NATIVE[0]}])
def test_rfc_7636_4_6_a_wrong_verifier_gets_nothing(person, change):
    code = person.asks().sends(**ADA).sends(answer="allow").answer["code"]
    form = {"grant_type": "authorization_code", "client_id": "web", "code": code}
    form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER, **change}
    assert person.http.post("/oauth/token", data=form).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(("change", "error"), ERRORS)
def test_rfc_6749_4_1_2_1_an_error_is_returned_to_the_client(person, server, change, error):
    answer = person.asks(**change).answer
    assert answer.pop("error_description")
    assert answer == {"error": error, "state": "a state", "iss": server.url}
    assert "set-cookie" not in person.page.headers


def test_rfc_9207_every_response_has_the_issuer(person, server):
    assert person.asks(scope="orders.burn").answer["iss"] == server.url
    assert person.asks().sends(**ADA).sends(answer="deny").answer["iss"] == server.url
    assert person.asks().sends(answer="allow").answer["iss"] == server.url


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": LEFT_OUT},
        {"client_id": "nobody"},
        {"client_id": "off"},
        {"client_id": ["web", "web"]},
        {"client_id": "w" * 8193},
        {"client_id": "web\n"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?a=b"},
        {"redirect_uri": f"{CALLBACK}#a"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": CALLBACK.replace("https", "http")},
        {"redirect_uri": CALLBACK.replace("/callback", ":443/callback")},
        {"redirect_uri": CALLBACK.replace("/callback", "/callback/../callback")},
        {"redirect_uri": CALLBACK.replace("app.", "app.evil.")},
        {"redirect_uri": "https://app.example.com@evil.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "//app.example.com/callback"},
        {"redirect_uri": [CALLBACK, "https://evil.example/"]},
        {"redirect_uri": f"{CALLBACK} "},
        {"redirect_uri": CALLBACK + "a" * 8193},
        {"client_id": "native", "redirect_uri": LEFT_OUT},
        {"client_id": "backend", "redirect_uri": LEFT_OUT},
    ],
)
@pytest.mark.parametrize("wrong", [{}, {"scope": "orders.burn"}], ids=["", "and a wrong scope"])
def test_rfc_6749_4_1_2_1_an_unregistered_redirect_uri_is_not_used(person, change, wrong):
    page = person.asks(**change, **wrong).page
    assert page.status_code == 400
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "location" not in page.headers
    assert "evil" not in page.text
    assert person.headline == "This cannot go on"
    assert "Go back to the app" in person.sees


def test_rfc_6749_3_1_2_3_the_only_redirect_uri_may_be_left_out(person):
    person.asks(redirect_uri=LEFT_OUT, scope="orders.read").sends(**ADA).sends(answer="allow")
    assert person.page.headers["location"].startswith(f"{CALLBACK}?code=")
    form = {"grant_type": "authorization_code", "client_id": "web", "code_verifier": VERIFIER}
    answer = person.http.post("/oauth/token", data={**form, "code": person.answer["code"]})
    assert answer.status_code == 200


def test_openid_connect_core_3_1_2_1_the_redirect_uri_is_required(person):
    assert person.asks(redirect_uri=LEFT_OUT).answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("redirect_uri", "fits"),
    [
        ("http://127.0.0.1/callback", True),
        ("http://127.0.0.1:51004/callback", True),
        ("http://[::1]:51004/callback", True),
        ("http://[::1]/callback", True),
        ("com.example.app:/callback", True),
        ("http://localhost:8000/callback", True),
        ("http://localhost:8001/callback", False),
        ("http://127.0.0.1:51004/other", False),
        ("http://127.0.0.1:51004/callback?a=b", False),
        ("https://127.0.0.1:51004/callback", False),
        ("http://127.0.0.2:51004/callback", False),
        ("http://127.0.0.1:51004@evil.example/callback", False),
        ("http://127.0.0.1:@evil.example/callback", False),
        ("http://127.0.0.1.evil.example/callback", False),
        ("http://127.0.0.1:port/callback", False),
        ("http://[::1]:51004\n/callback", False),
    ],
)
def test_rfc_8252_7_3_the_port_of_a_loopback_address_is_free(person, redirect_uri, fits):
    person.asks(client_id="native", redirect_uri=redirect_uri)
    assert person.page.status_code == (200 if fits else 400)


def test_rfc_6749_3_1_2_the_query_of_a_redirect_uri_is_kept(person):
    person.asks(client_id="native", redirect_uri=NATIVE[4], scope="orders.burn")
    assert person.page.headers["location"].startswith(f"{NATIVE[4]}&error=invalid_scope&")


def test_rfc_6749_3_3_without_a_scope_the_registered_scope_is_used(person):
    person.asks(client_id="server", scope=LEFT_OUT).sends(**ADA)
    assert "orders.read" in person.sees
    assert "admin" not in person.sees


def test_the_admin_scope_cannot_be_consented_to(person):
    assert person.asks(client_id="server", scope="admin").answer["error"] == "invalid_scope"


def test_a_client_without_that_grant_gets_no_code(person):
    page = person.asks(client_id="other-tv", redirect_uri=CALLBACK).page
    assert (page.status_code, "location" in page.headers) == (400, False)
    assert "The client is not registered for codes." in person.sees


def test_rfc_8707_2_several_resources_may_be_requested(person):
    assert person.asks(resource=[ORDERS, STOCK]).headline == "Sign in"


@pytest.mark.parametrize("state", [["one", "two"], "s" * 8193])
def test_rfc_6749_4_1_2_1_an_invalid_state_is_not_returned(person, state):
    assert person.asks(state=state).answer.keys() == {"error", "error_description", "iss"}


def test_rfc_6749_4_1_2_1_a_state_too_long_to_store_is_returned_with_the_error(person):
    assert person.asks(state="s" * 2049).answer["state"] == "s" * 2049


def test_rfc_6749_4_1_2_the_state_is_returned_unchanged(person):
    state = "ä \"<>&'%+/=\\"
    assert person.asks(state=state, scope="x").answer["state"] == state
    assert person.asks(state=state).sends(**ADA).sends(answer="allow").answer["state"] == state


def test_openid_connect_core_3_1_2_1_a_request_may_be_posted(person):
    person.page = person.http.post("/oauth/authorize", data=asking())
    assert person.sends(**ADA).sends(answer="allow").answer["code"]
    person.page = person.http.post("/oauth/authorize", data=asking(scope="x"))
    assert person.answer["error"] == "invalid_scope"
    person.page = person.http.post("/oauth/authorize", json=asking())
    assert person.page.status_code == 400


@pytest.mark.parametrize(
    ("change", "headline"),
    [
        ({}, "Allow Orders & <More> to access your account?"),
        ({"prompt": "consent"}, "Allow Orders & <More> to access your account?"),
        ({"prompt": "login"}, "Sign in"),
        ({"prompt": "login consent"}, "Sign in"),
        ({"prompt": "select_account"}, "Choose an account"),
        ({"max_age": "0"}, "Sign in"),
        ({"max_age": "1000"}, "Allow Orders & <More> to access your account?"),
    ],
)
def test_openid_connect_core_3_1_2_1_a_request_says_what_it_asks_for(person, change, headline):
    person.asks().sends(**ADA).sends(answer="allow")
    assert person.asks(**change).headline == headline


def test_openid_connect_core_3_1_2_1_login_hint_prefills_the_form(person):
    assert 'value="ada@example.com"' in person.asks(login_hint="ada@example.com").page.text
    assert 'value="&quot;&gt;&lt;b&gt;"' in person.asks(login_hint='"><b>').page.text


def tokens(person):
    """The tokens after a consent."""
    form = {"grant_type": "authorization_code", "client_id": "web", "redirect_uri": CALLBACK}
    form |= {"code": person.sends(answer="allow").answer["code"], "code_verifier": VERIFIER}
    return person.http.post("/oauth/token", data=form).json()


def test_openid_connect_core_3_1_2_1_only_the_person_of_id_token_hint_may_sign_in(person):
    said = tokens(person.asks().sends(**JOAN))
    person.signs_out().asks(id_token_hint=said["id_token"])
    assert person.sends(**ADA).page.status_code == 403
    assert person.alert == "The app expects somebody else: use the account that you have there."
    assert person.sends(**JOAN).headline == "Allow Orders & <More> to access your account?"
    assert person.sends(answer="switch").sends(**ADA).page.status_code == 403
    assert "id_token" in tokens(person.sends(**JOAN))


@pytest.fixture
def stranger(server):
    """A person at another address, whose refusals are counted separately."""
    transport = httpx.HTTPTransport(local_address=ELSEWHERE)
    with httpx.Client(base_url=server.url, timeout=PATIENCE, transport=transport) as http:
        yield Person(http)


def test_an_unexpected_person_or_a_silent_request_is_audited(stranger, server):
    person = stranger
    said = tokens(person.asks().sends(**JOAN))
    person.signs_out().asks(id_token_hint=said["id_token"]).sends(email="", password="")
    assert person.sends(**ADA).page.status_code == 403
    assert person.sends(**JOAN).page.status_code == 200
    tokens(person)
    for cause in ("wrong_subject", "invalid_parameter"):
        refused = {"event": "refused", "cause": cause, "address": ELSEWHERE}
        audit_stream_when(server, lambda told, refused=refused: how_often(told, **refused) == 1)


def test_openid_connect_core_3_1_2_1_an_invalid_id_token_hint_is_reported(person):
    said = tokens(person.asks().sends(**JOAN))
    for hint in ("x", "a.b.c", said["access_token"], said["refresh_token"]):
        answer = person.asks(id_token_hint=hint).answer
        assert (answer["error"], answer["state"]) == ("invalid_request", "a state")


def test_a_double_click_gives_one_authorization_code(person):
    person.asks().sends(**ADA)
    ticket, action = person.hidden, person.action
    answers = [
        person.http.post(action, data={**ticket, "answer": "allow"}).headers["location"]
        for _ in range(2)
    ]
    assert answers[0] == answers[1]


def test_a_used_code_is_not_given_again(person):
    person.asks().sends(**ADA)
    ticket, action = person.hidden, person.action
    code = person.sends(answer="allow").answer["code"]
    form = {"grant_type": "authorization_code", "client_id": "web", "code": code}
    form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    assert person.http.post("/oauth/token", data=form).status_code == 200
    person.page = person.http.post(action, data={**ticket, "answer": "allow"})
    assert person.page.status_code == 400
    assert "used already" in person.sees


def test_a_refused_consent_cannot_be_changed(person):
    person.asks().sends(**ADA)
    ticket, action = person.hidden, person.action
    answer = person.sends(answer="deny").answer
    assert (answer["error"], answer["state"]) == ("access_denied", "a state")
    person.page = person.http.post(action, data={**ticket, "answer": "allow"})
    assert person.page.status_code == 400


def test_another_person_can_sign_in_instead(person):
    person.asks().sends(**ADA).sends(answer="switch")
    assert person.headline == "Sign in"
    assert "ada@example.com" not in person.page.text
    assert "joan@example.com" in person.sends(**JOAN).sees


def test_each_page_has_a_link_back_to_the_app(person):
    text = person.asks().page.text
    link = re.search(r'<a href="([^"]+)">Cancel', text)[1].replace("&amp;", "&")
    assert link.startswith(f"{CALLBACK}?error=access_denied&")
    assert "&state=a+state&iss=http" in link


def test_two_tabs_do_not_disturb_each_other(person):
    first = Person(person.http)
    first.asks(state="first")
    person.asks(state="second").sends(**ADA)
    assert first.sends(**ADA).sends(answer="allow").answer["state"] == "first"
    assert person.sends(answer="allow").answer["state"] == "second"


def test_a_second_factor_is_required_on_the_pages(person):
    assert person.asks().sends(**ALAN).headline == "One more step"
    person.sends(code="000000")
    assert person.page.status_code == 400
    assert person.alert == "The code is not right. Type the one that your app shows now."
    code = one_time_password(TOTP_SECRET, time.time())
    assert (
        person.sends(code=f"{code[:3]} {code[3:]}").headline
        == "Allow Orders & <More> to access your account?"
    )
    assert person.sends(answer="allow").answer["code"]


def test_a_code_sent_twice_signs_in_once(person):
    person.asks().sends(email="grace@example.com", password="cobol-1959")
    form, action = (
        {**person.hidden, "code": one_time_password(TOTP_SECRET, time.time())},
        person.action,
    )
    first, second = (person.http.post(action, data=form) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.text == second.text
    person.page = second
    assert person.sends(answer="allow").answer["code"]


def test_too_many_wrong_codes_return_to_the_password_page(person):
    person.asks().sends(email="grace@example.com", password="cobol-1959")
    for _ in range(5):
        person.sends(code="000000")
    assert person.sends(code="000000").headline == "Sign in"
    assert "Sign in again" in person.alert


@pytest.mark.parametrize("name", ["state", "nonce", "login_hint"])
def test_entries_for_unauthenticated_callers_are_short(person, name):
    assert person.asks(**{name: "s" * 2048}).headline == "Sign in"
    assert person.asks(**{name: "s" * 2049}).answer["error"] == "invalid_request"


def test_the_state_is_stored_once(tmp_path):
    with running_service(tmp_path) as server, httpx.Client(base_url=server.url) as http:
        Person(http).asks(state="kept-once")
        with sqlite3.connect(server.data / "families.sqlite") as stored:
            texts = [value for (value,) in stored.execute("SELECT value FROM entries")]
    assert "".join(texts).count("kept-once") == 1
