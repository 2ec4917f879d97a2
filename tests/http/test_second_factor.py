"""A second factor belongs to the person: no dialect signs in past it, unless a setting says so."""

import json
import re
import shlex
import time
from base64 import b32decode
from contextlib import closing
from urllib.parse import quote_plus

import httpx
import pytest
from sqlalchemy import insert
from tests.dialects.every import BUILT, MODULES
from tests.http.wire import WIRES, call, events
from tests.pages.people import Person, one_time_password

from reticket.cli.demo_lines import factor_lines, setting
from reticket.core.people import MOST_FAILURES
from reticket.directory.tables import second_factors
from reticket.runtime.opening import Builder
from reticket.testing import running_server
from reticket.testing.example_calls import second_body, second_headers
from reticket.testing.waiting import PATIENCE, until
from reticket.wire_examples import tokens_in

CAREFUL, ADA, PASSWORD = "careful@example.com", "ada@example.com", "correct horse"
AKINON, CLOUDREVE, *_ = WIRES
CAUSE = "factor_required"
GOOD = (200, 201, 204)
FORM = "application/x-www-form-urlencoded"
DIALECTS = list(BUILT.values())
REFUSING = {name for name, module in MODULES.items() if hasattr(module.Options(), "second_factor")}
"""The dialects that cannot ask for a second factor."""


def written(example, text):
    return quote_plus(text) if example.content_type == FORM else text


def in_body(example, text):
    return written(example, text) in example.body


def examples_of(dialects):
    """Sign-ins of Ada, numbered over all dialects."""
    every = [(each, example) for each in DIALECTS for example in each.examples]
    return [
        pytest.param(number, example, id=f"{dialect.name}: {example.title}")
        for number, (dialect, example) in enumerate(every)
        if in_body(example, ADA) and dialect.name in dialects
    ]


OF_PEOPLE = examples_of(BUILT)
CANNOT_ASK = examples_of(REFUSING)
CAN_ASK = examples_of(BUILT.keys() - REFUSING)
SEED = """
oauth_clients:
  - client_id: web
    redirect_uris: ["https://app.example.com/callback"]
    scopes: [openid, orders.read]
developer_accounts: [{id: 77, name: Acme}]
tenants: [{id: 1000, name: US}]
users:
  - email: careful@example.com
    password: correct horse
    tenants: {1000: [1]}
    developer_accounts: {77: [1]}
    organization: {name: Acme}
    cloudreve: {nickname: Careful, group: {name: User}, totp_secret: JBSWY3DPEHPK3PXP}
  - email: elsewhere@example.com
    password: correct horse
    totp_secret: JBSWY3DPEHPK3PXP
"""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The id of a request, which Cloudreve's answers have."""
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    file = tmp_path_factory.mktemp("seed") / "seed.yaml"
    file.write_text(SEED)
    return file


@pytest.fixture(scope="module")
def server(tmp_path_factory, seed):
    with running_server(tmp_path_factory.mktemp("careful"), seed=seed) as running:
        yield running


def sign_in(server, wire, password=PASSWORD):
    body = {**wire.sign_in_body, "password": password}
    name = next(iter(body.keys() - {"password"}))
    body[name] = CAREFUL
    status, headers, text = call(server.url, "POST", wire.sign_in_path, json.dumps(body))
    return status, constant(headers), text


def constant(headers):
    """The headers without the date and the id of the request, under whatever name."""
    varying = (headers["date"], headers["x-correlation-id"])
    return {name: value for name, value in headers.items() if value not in varying}


def enrol_ada(folder):
    """A first start makes the demo's people, and Ada gets a second factor before the next."""
    with running_server(folder) as before:
        pass
    shell(before, lambda instance: instance.directory.enrolments.set(ADA, b32decode(SECRET)))


@pytest.fixture(scope="module")
def careful(tmp_path_factory):
    """A demo whose Ada has a second factor."""
    folder = tmp_path_factory.mktemp("demo")
    enrol_ada(folder)
    with running_server(folder) as running:
        yield running


def sign_in_of(server, example, number, password=PASSWORD):
    """Ada's sign-in of an example, from an address of its own, since failures are counted."""
    assert in_body(example, PASSWORD)
    body = example.body.replace(*(written(example, each) for each in (PASSWORD, password)))
    kind, address = {"Content-Type": example.content_type}, f"127.0.1.{number + 1}"
    status, headers, text = call(server.url, *example.sign_in, body, kind, address)
    return status, constant(headers), text.decode()


@pytest.mark.parametrize(("number", "example"), OF_PEOPLE)
def test_no_dialect_gives_tokens_for_the_password_alone(careful, number, example):
    assert tokens_in(example, sign_in_of(careful, example, number)[2]) == {}


@pytest.mark.parametrize(("number", "example"), CANNOT_ASK)
def test_a_dialect_that_cannot_ask_answers_like_a_wrong_password(careful, number, example):
    right = sign_in_of(careful, example, number)
    assert right == sign_in_of(careful, example, number, "wrong")


def test_the_audit_log_distinguishes_a_missing_factor_from_a_wrong_password(careful):
    def told():
        said = [each["kind"] for each in events(careful) if each.get("cause") == CAUSE]
        return {kind.partition(".")[0] for kind in said}

    for each in CANNOT_ASK:
        sign_in_of(careful, each.values[1], each.values[0])
    until(lambda: told() == REFUSING, "a line of each dialect in the audit log", told)


def test_a_dialect_that_can_ask_requires_the_factor(server):
    assert json.loads(sign_in(server, CLOUDREVE)[2])["code"] == 203


IGNORE = {setting(name): "ignore" for name in REFUSING}


@pytest.fixture(scope="module")
def lenient(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lenient")
    enrol_ada(folder)
    with running_server(folder, settings=IGNORE) as running:
        yield running


@pytest.mark.parametrize(("number", "example"), CANNOT_ASK)
def test_a_setting_of_a_dialect_accepts_the_password_alone(lenient, number, example):
    status, _, answer = sign_in_of(lenient, example, number)
    assert status in GOOD
    headers = {"Content-Type": example.content_type, **second_headers(example, answer)}
    assert call(lenient.url, *example.refresh, second_body(example, answer), headers)[0] in GOOD


@pytest.mark.parametrize(("number", "example"), CAN_ASK)
def test_the_setting_of_one_dialect_is_not_that_of_another(lenient, number, example):
    assert tokens_in(example, sign_in_of(lenient, example, number)[2]) == {}


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A demo that would ignore factors, and whose Ada had one in another system."""
    folder = tmp_path_factory.mktemp("marked")
    with running_server(folder) as before:
        pass
    shell(before, mark_ada)
    with running_server(folder, settings=IGNORE) as running:
        yield running


def mark_ada(instance):
    ada = instance.directory.user_by_email(ADA)
    with instance.directory.database.change() as connection:
        row = {"user_id": ada.id, "failures": 0, "missing": True}
        connection.execute(insert(second_factors), row)


@pytest.mark.parametrize(("number", "example"), OF_PEOPLE)
def test_no_dialect_accepts_the_password_of_somebody_whose_factor_is_missing(
    marked, number, example
):
    answers = [sign_in_of(marked, example, number, each) for each in (PASSWORD, "wrong")]
    right, wrong = ((status, UUID.sub("", text)) for status, _, text in answers)
    assert right == wrong
    assert tokens_in(example, right[1]) == {}


def test_the_audit_log_says_that_a_factor_is_missing(marked):
    def told():
        said = [each["kind"] for each in events(marked) if each.get("cause") == "factor_missing"]
        return {kind.partition(".")[0] for kind in said}

    for each in OF_PEOPLE:
        sign_in_of(marked, each.values[1], each.values[0])
    dialects = {name for name, built in BUILT.items() if examples_of({name})}
    until(lambda: told() == dialects, "a line of each dialect in the audit log", told)


def test_the_demo_shows_the_setting_of_each_dialect(tmp_path):
    """The demo's lines about Alan are true: he is refused, and accepted with the variables that
    they name.
    """
    said = list(factor_lines("", DIALECTS))
    variables = set(re.findall(r"(RETICKET_\w+)=ignore", "\n".join(said)))
    assert variables == set(IGNORE)
    calls = [shlex.split(line) for line in said if line.startswith("curl ")]
    for settings, is_good in (({}, False), (IGNORE, True)):
        with running_server(tmp_path, settings=settings) as demo:
            for words in calls:
                assert (call(demo.url, *words[3:5], words[-1])[0] in GOOD) == is_good
    assert len(calls) >= len(variables)


def at_cloudreve(server, code):
    """The code of the answer to a whole sign-in."""
    return finished(server, json.loads(sign_in(server, CLOUDREVE)[2])["data"], code)


def finished(server, session, code):
    """The code of Cloudreve's answer to the second half of one."""
    body = json.dumps({"otp": code, "session_id": session})
    return json.loads(call(server.url, "POST", "/api/v4/session/token/2fa", body)[2])["code"]


def on_our_page(server, code):
    """The headline of the page after a whole sign-in."""
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as http:
        return half_way(http, CAREFUL).sends(code=code).headline


def half_way(http, email):
    """A person on the pages after the correct password, before the second factor."""
    person = Person(http).asks()
    person.sends(email=email, password=PASSWORD)
    assert person.headline == "One more step"
    return person


@pytest.fixture
def codes(server):
    return shell(
        server, lambda instance: instance.directory.enrolments.set(CAREFUL, b32decode(SECRET))
    )


def shell(server, work):
    builder = Builder()
    with closing(builder.open(builder.load(None, {"data": server.data}))) as instance:
        return work(instance)


def now_code():
    return one_time_password(SECRET, time.time())


def test_a_time_step_is_accepted_once_over_all_dialects(server, codes):
    code = now_code()
    assert at_cloudreve(server, f" {code} ") == 0
    assert on_our_page(server, code) == "One more step"
    assert at_cloudreve(server, code) == 40022


def test_a_sign_in_of_one_dialect_is_not_finished_at_another(server):
    """Not at one that does not know the person."""
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as http:
        person = half_way(http, "elsewhere@example.com")
    assert finished(server, person.hidden["session"], now_code()) == 404


def test_a_recovery_code_works_once_in_every_dialect_that_asks_for_a_code(server, codes):
    assert at_cloudreve(server, codes[0]) == 0
    assert on_our_page(server, codes[1]).startswith("Allow web to access")
    assert at_cloudreve(server, codes[1]) == 40022
    assert on_our_page(server, codes[0]) == "One more step"

    def used():
        return [each for each in events(server) if each["event"] == "recovery_code_used"]

    until(lambda: len(used()) == 2, "two lines in the audit log", used)
    assert [each["detail"]["left"] for each in used()] == [9, 8]
    assert {each["kind"] for each in used()} == {"cloudreve.user", "oauth.user"}


def test_a_locked_factor_answers_like_a_wrong_code_in_every_dialect(server, codes):
    def fail(instance):
        user = instance.directory.user_by_email(CAREFUL)
        return [instance.directory.factors.fail(user.id) for _ in range(MOST_FAILURES)]

    assert shell(server, fail)[-1] == MOST_FAILURES
    assert at_cloudreve(server, codes[0]) == at_cloudreve(server, "000000") == 40022
    assert on_our_page(server, codes[0]) == "One more step"
    shell(server, lambda instance: instance.directory.enrolments.unlock(CAREFUL))
    assert at_cloudreve(server, codes[0]) == 0
