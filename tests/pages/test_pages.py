"""Every page: its headers, its forms, and its messages when something is wrong."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.http.wire import audit_stream_when
from tests.pages.instance import running_service
from tests.pages.people import ADA, ALAN, JOAN, Person

SAFE = {
    "cache-control": "no-store",
    "pragma": "no-cache",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "content-type": "text/html; charset=utf-8",
}
ELSEWHERE = [
    {"origin": "https://evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"origin": "http://["},
]


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """A person, and a service with low limits."""
    settings = {
        "RETICKET_BUSY_TIMEOUT": "0.1",
        "RETICKET_SIGN_IN__ACCOUNT_FAILURES": "2",
        "RETICKET_SIGN_IN__ACCOUNT_WINDOW": "60",
    }
    folder = tmp_path_factory.mktemp("frail")
    with (
        running_service(folder, settings=settings) as server,
        httpx.Client(base_url=server.url) as http,
    ):
        yield Person(http), server


def every_page(person):
    """One after the other: each page of the way, and pages of refusals."""
    yield person.asks().page
    yield person.sends(email="ada@example.com", password="wrong").page
    yield person.sends(**ADA).page
    yield person.sends(answer="shout").page
    yield person.asks().sends(answer="switch").page
    yield person.asks(prompt="select_account").page
    yield person.opens("/oauth/account").page
    yield person.sends(session="x").page
    yield person.opens("/oauth/logout").page
    yield person.sends(answer="stay").page
    yield person.opens("/oauth/logout", post_logout_redirect_uri="https://evil.example").page
    yield person.asks(client_id="nobody").page
    yield person.opens("/oauth/device").page
    yield person.sends(user_code="BBBB-BBBB").page
    yield person.opens("/oauth/authorize/nothing").page
    yield person.opens("/oauth/authorize/sign-in").page


def test_every_page_forbids_frames_caching_and_scripts(person):
    for page in every_page(person):
        assert SAFE.items() <= page.headers.items()
        said = page.headers["content-security-policy"].split("; ")
        policy = dict(part.split(" ", 1) for part in said)
        assert policy.pop("style-src").startswith("'sha256-")
        assert policy.pop("form-action").startswith("'self'")
        assert policy == dict.fromkeys(("default-src", "base-uri", "frame-ancestors"), "'none'")
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert "http-equiv" not in page.text


def test_every_page_works_with_a_screen_reader(person):
    for page in every_page(person):
        assert '<html lang="en">' in page.text
        assert page.text.count("<h1>") == 1
        assert re.search(r"<title>[^<]+</title>", page.text)
        fields = re.findall(r'<input id="([^"]+)"', page.text)
        assert fields == re.findall(r'<label for="([^"]+)"', page.text)


def test_an_answer_that_leaves_the_pages_is_not_kept_and_tells_no_referrer(person):
    person.asks().sends(**ADA).sends(answer="allow")
    for page in (person.page, person.asks(scope="orders.burn").page):
        assert page.status_code == 303
        for name in ("cache-control", "pragma", "referrer-policy"):
            assert page.headers[name] == SAFE[name]


def test_fields_have_autocomplete_hints_and_the_password_is_hidden(person):
    assert attributes(person.asks().page) == {
        "email": {"autocomplete": "username"},
        "password": {"autocomplete": "current-password", "type": "password"},
    }
    assert attributes(person.sends(**ALAN).page) == {"code": {"autocomplete": "one-time-code"}}


def attributes(page):
    """Of each field that is seen: its type, and what a password manager reads."""
    fields = [dict(re.findall(r' ([a-z]+)="([^"]*)"', tag)) for tag in TAG.findall(page.text)]
    return {
        each["name"]: {name: each[name] for name in ("autocomplete", "type") if name in each}
        for each in fields
        if each.get("type") != "hidden"
    }


TAG = re.compile(r"<input[^>]*>")


def test_only_the_last_page_redirects_to_the_app(person):
    assert "form-action 'self';" in person.asks().page.headers["content-security-policy"]
    person.sends(**ADA)
    assert "form-action 'self' https:;" in person.page.headers["content-security-policy"]
    person.asks(client_id="native", redirect_uri="com.example.app:/callback")
    assert (
        "form-action 'self' com.example.app:;" in (person.page.headers["content-security-policy"])
    )


def test_the_cookie_is_sent_only_to_these_pages(person):
    cookie = person.asks().page.headers["set-cookie"]
    assert re.fullmatch(
        r"reticket_visit=[\w-]{43}; Path=/oauth; Max-Age=900; HttpOnly; SameSite=Lax", cookie
    )


def test_behind_tls_and_a_path_the_cookie_is_secure(tmp_path):
    settings = {"RETICKET_ISSUER": "https://example.com/auth"}
    with (
        running_service(tmp_path, settings=settings) as server,
        httpx.Client(base_url=server.url) as http,
    ):
        person = Person(http).asks()
        assert person.page.headers["set-cookie"].startswith("__Host-reticket_visit=")
        assert "; Path=/; " in person.page.headers["set-cookie"]
        assert person.page.headers["set-cookie"].endswith("; Secure")
        assert person.action == "/auth/oauth/authorize/sign-in"
        assert person.asks(scope="x").answer["iss"] == "https://example.com/auth"


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_form_of_another_site_is_refused_at_every_step(person, headers):
    person.asks()
    ticket, action = person.hidden, person.action
    assert person.sends(headers=headers, **ADA).page.status_code == 403
    assert "another site" in person.sees
    person.page = person.http.post(action, data={**ticket, **ADA})
    assert person.sends(headers=headers, answer="allow").page.status_code == 403
    person.opens("/oauth/device")
    assert person.sends(headers=headers, user_code="BBBB-BBBB").page.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"origin": "null", "sec-fetch-site": "same-origin"}, {"origin": "own"}, {"origin": "null"}],
)
def test_a_form_of_our_own_pages_is_accepted(person, server, headers):
    sent = {name: server.url if value == "own" else value for name, value in headers.items()}
    assert person.asks().sends(headers=sent, **ADA).page.status_code == 200


def test_a_ticket_is_invalid_in_another_browser(person, server):
    person.asks().sends(**ADA)
    for cookies in ({}, {"reticket_visit": "A" * 43}, {"reticket_visit": "\xe4" * 43}):
        header = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode("latin-1")
        page = httpx.post(
            f"{server.url}{person.action}",
            data={**person.hidden, "answer": "allow"},
            headers={b"cookie": header},
        )
        assert page.status_code == 400
        assert "comes from another browser" in page.text


@pytest.mark.parametrize("interaction", ["", "unknown", "A" * 43, "A" * 8192])
def test_an_invalid_ticket_tells_the_person_to_start_again_in_the_app(person, interaction):
    person.asks()
    for step in ("sign-in", "factor", "consent"):
        form = {"interaction": interaction, "answer": "allow", **ADA}
        person.page = person.http.post(f"/oauth/authorize/{step}", data=form)
        assert person.page.status_code == 400
        assert "This page is too old" in person.sees
        assert "Go back to the app" in person.sees


def test_consent_is_impossible_before_a_sign_in(person):
    person.asks()
    form = {**person.hidden, "answer": "allow"}
    person.page = person.http.post("/oauth/authorize/consent", data=form)
    assert person.page.status_code == 400


def test_tickets_of_authorization_and_device_pages_are_not_interchangeable(person):
    form = {**person.asks().hidden, **ADA}
    assert person.http.post("/oauth/device/sign-in", data=form).status_code == 400
    assert person.http.post("/oauth/authorize/sign-in", data=form).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"email": "joan@example.com", "password": "wrong"},
        {"email": "unknown@example.com", "password": "wrong"},
    ],
)
def test_a_wrong_password_and_an_unknown_person_look_the_same(person, said):
    page = person.asks().sends(**said).page
    assert page.status_code == 400
    assert person.alert == "The e-mail address or the password is not right."
    assert "<title>Error: Sign in</title>" in page.text
    assert f'value="{said["email"]}"' in page.text
    assert said["password"] not in page.text.replace(said["email"], "").partition("<body>")[2]
    assert person.sends(**JOAN).headline == "Allow Orders & <More> to access your account?"


@pytest.mark.parametrize("said", [{}, {"email": JOAN["email"]}, {"password": "a"}, {"email": ""}])
def test_an_empty_field_is_requested_again(person, said):
    page = person.asks().sends(**said).page
    assert page.status_code == 400
    assert person.alert == "Type your e-mail address and your password."


def test_a_disabled_person_is_told_so_only_after_the_correct_password(person):
    person.asks().sends(email="banned@example.com", password="wrong")
    assert person.alert == "The e-mail address or the password is not right."
    person.sends(email="banned@example.com", password="never again")
    assert person.page.status_code == 403
    assert person.alert == "This account cannot sign in. Ask those who run this service."


def test_too_many_attempts_show_when_to_retry(limited):
    person, _ = limited
    person.asks()
    for _ in range(2):
        person.sends(email="joan@example.com", password="wrong")
    page = person.sends(**JOAN).page
    assert (page.status_code, page.headers["retry-after"]) == (429, "60")
    assert person.alert.startswith("There were too many attempts.")


def test_typed_text_is_escaped(person):
    nasty = '"><script>alert(1)</script>'
    page = person.asks(state=nasty).sends(email=nasty, password="x").page
    assert "<script" not in page.text
    assert "&quot;&gt;&lt;script&gt;" in page.text
    assert "Orders &amp; &lt;More&gt;" in page.text


def test_an_invalid_form_is_refused_with_a_page(person):
    person.asks()
    action, ticket = person.action, person.hidden["interaction"]
    bodies = [
        {"json": {"interaction": ticket}},
        {"data": {"interaction": [ticket, ticket]}},
        {"data": {"interaction": ticket, "email": "a" * 8193, "password": "b"}},
        {"data": {"interaction": ticket, "email": "a\0b", "password": "b"}},
    ]  # fmt: skip
    for body in bodies:
        person.page = person.http.post(action, **body)
        assert person.page.status_code == 400
        assert person.headline == "This cannot go on"
    person.page = person.http.post(action, data={"interaction": ticket, "email": "a" * 2_000_000})
    assert person.page.status_code == 413
    assert person.headline == "This cannot go on"


def test_an_unknown_path_is_a_page_too(person):
    assert person.opens("/oauth/authorize/nothing").page.status_code == 404
    assert person.headline == "There is no such page"
    person.page = person.http.delete("/oauth/authorize")
    assert (person.page.status_code, person.page.headers["allow"]) == (405, "GET, POST")
    assert person.headline == "This cannot go on"


def test_a_failing_store_is_reported_on_a_page(limited):
    person, server = limited
    holder = sqlite3.connect(server.data / "families.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    page = person.asks().page
    holder.close()
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) > 0
    assert person.headline == "Not available just now"
    assert person.asks().headline == "Sign in"


def test_parallel_consents_get_the_same_code(person):
    person.asks().sends(**ADA)
    form = {**person.hidden, "answer": "allow"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: person.http.post(person.action, data=form), range(8)))
    codes = {answer.headers["location"] for answer in answers if answer.status_code == 303}
    assert len(codes) == 1


def test_refusals_are_logged_without_secrets(person, server):
    code = person.asks(state="tell-nobody").sends(**ADA).sends(answer="allow").answer["code"]
    person.asks(redirect_uri="https://evil.example/").asks(scope="orders.burn")
    wanted = {"consented", "wrong_redirect", "wrong_scope"}
    audit_stream_when(
        server, lambda told: wanted <= {e["event"] for e in told} | {e.get("cause") for e in told}
    )
    audit = "".join(path.read_text() for path in server.data.rglob("audit*"))
    written = audit + server.log.read_text()
    for secret in (code, "tell-nobody", ADA["password"], *person.http.cookies.values()):
        assert secret not in written


def test_the_store_contains_no_readable_ticket_or_cookie(limited):
    person, server = limited
    person.asks().sends(**ADA)
    ticket = person.hidden["interaction"]
    code = person.sends(answer="allow").answer["code"]
    stored = b"".join(path.read_bytes() for path in server.data.glob("*.sqlite*"))
    assert b"oauth:visit:" in stored
    for secret in (ticket, code, *person.http.cookies.values()):
        assert secret.encode() not in stored


def test_an_invalid_answer_uses_no_interaction(person):
    person.asks().sends(**ADA)
    form, action = person.hidden, person.action
    person.page = person.http.post(action, data={**form, "answer": "x"})
    assert person.page.status_code == 400
    person.page = person.http.post(action, data={**form, "answer": "deny"})
    assert person.answer["error"] == "access_denied"
