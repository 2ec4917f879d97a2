"""The webhook that is asked whose a password is: what it gets, and which answers count."""

import json
import time
from contextlib import ExitStack

import pytest
from tests.fetching.other_server import SHORT, other_server, slowly
from tests.handover.old_back_end import (
    BOB,
    HOST,
    KEY,
    OLD,
    broken,
    honest,
    http,
    parts_of,
    question_of,
    redirecting,
    refusing,
    saying,
    signed,
)

from reticket.core.errors import Cause
from reticket.core.handover import Confirmed, Denied, NoAnswer
from reticket.core.policy import SECOND
from reticket.fetching import Reach, Resolver, SafeExchange
from reticket.handover.webhook import SignInWebhook
from reticket.testing.clock import FakeClock

YES = {"result": "yes", "email": BOB}


@pytest.fixture
def asked(tmp_path):
    """Asks a webhook that behaves so."""
    with ExitStack() as stack:

        def ask(behave, name=BOB, password=OLD, *, timeout=60.0, own_name=HOST):
            server, ca_file = stack.enter_context(other_server(tmp_path, behave, own_name))
            ask.server, numbers = server, iter(range(9))
            reach = Reach(Resolver(server.lookup), (HOST,), ca_file)
            exchange = SafeExchange(reach, time.monotonic, timeout)
            url, clock = f"https://{HOST}:{server.port}/sign-in", FakeClock()
            ask.webhook = SignInWebhook(
                url, "akinon", KEY, exchange, clock, lambda size: next(numbers).to_bytes(size)
            )
            ask.seconds = str(clock() // SECOND)
            return ask.webhook(name, password)

        yield ask


def test_the_request_has_dialect_name_and_password_and_is_signed(asked):
    assert asked(honest) == Confirmed(BOB, "Bob")
    (request,) = asked.server.requests
    assert question_of(request) == {"dialect": "akinon", "email": BOB, "password": OLD}
    headers, body = parts_of(request)
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (
        f"msg_{'0' * 32}",
        asked.seconds,
    )
    assert json.loads(body)["type"] == "sign_in"
    assert OLD not in request.decode().partition("\r\n\r\n")[0]


def test_each_question_has_an_id_of_its_own(asked):
    asked(honest)
    asked.webhook(BOB, OLD)
    ids = [parts_of(request)[0]["webhook-id"] for request in asked.server.requests]
    assert len(set(ids)) == 2


def test_a_no_and_a_second_factor_are_denials(asked):
    assert asked(honest, password="wrong") == Denied(Cause.WRONG_SECRET)
    assert asked(saying({"result": "second_factor"})) == Denied(Cause.FACTOR_REQUIRED)


def test_only_names_that_can_be_kept_are_taken(asked):
    said = {"first_name": "  Bob ", "last_name": "a\0b", "nickname": ["bob"], "roles": ["admin"]}
    assert asked(saying({**YES, **said})) == Confirmed(BOB, "Bob", None, None)
    assert asked(saying({**YES, "first_name": "x" * 256, "last_name": ""})) == Confirmed(BOB)


def test_an_older_answer_is_none_to_another_question(asked):
    kept = []

    def replay(connection, request):
        kept.append(signed(request, YES))
        connection.sendall(kept[0])

    assert asked(replay) == Confirmed(BOB)
    assert asked.webhook(BOB, "wrong") == NoAnswer("bad_signature")


def test_the_request_sent_back_is_no_answer(asked):
    def reflect(connection, request):
        headers, body = parts_of(request)
        same = [f"{name}: {headers[name]}" for name in headers if name.startswith("webhook-")]
        connection.sendall(http(body, *same))

    assert asked(reflect) == NoAnswer("bad_signature")


@pytest.mark.parametrize(
    "behave",
    [
        saying(YES, key=bytes(32)),
        saying(YES, message_id="re_another"),
        lambda connection, request: connection.sendall(http(json.dumps(YES).encode())),
        lambda connection, request: connection.sendall(
            signed(request, YES).replace(b'"yes"', b'"no" ')
        ),
    ],
    ids=["another key", "another question", "unsigned", "changed"],
)
def test_an_answer_that_is_not_signed_for_the_question_is_none(asked, behave):
    assert asked(behave) == NoAnswer("bad_signature")


@pytest.mark.parametrize(
    "said",
    [{"result": "perhaps"}, {"result": "yes", "email": None}, {"result": "yes", "email": [BOB]}],
    ids=str,
)
def test_an_answer_that_says_neither_yes_nor_no_is_none(asked, said):
    assert asked(saying(said)) == NoAnswer("bad_answer")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"yes"', b"{}", b"\xff", b"[" * 60_000, b'{"result": ["no"]}'],
    ids=lambda body: body[:9].hex() or "empty",
)
def test_broken_json_is_no_answer(asked, body):
    assert asked(broken(body)) == NoAnswer("bad_answer")


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (redirecting, "redirected"),
        (refusing, "bad_status"),
        (broken(b" " * 70_000), "too_large"),
        (lambda connection, request: connection.sendall(b"SSH-2.0-x\r\n"), "bad_http"),
    ],
    ids=["redirecting", "refusing", "large", "no HTTP"],
)
def test_a_faulty_answer_is_none(asked, behave, reason):
    assert asked(behave) == NoAnswer(reason)
    assert asked.server.connections == 1


@pytest.mark.parametrize(
    "behave",
    [
        lambda connection, request: asked_until_the_end(connection),
        slowly(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        slowly(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silent", "endless", "endless interim answers"],
)
def test_a_slow_answer_ends_with_its_time(asked, behave):
    assert asked(behave, timeout=SHORT) == NoAnswer("timed_out", is_down=True)


def asked_until_the_end(connection):
    """Say nothing until the other side goes."""
    connection.recv(1)


def test_a_certificate_for_another_host_is_no_old_back_end(asked):
    assert asked(honest, own_name="other.example") == NoAnswer("bad_certificate", is_down=True)
    assert asked.server.requests == []


def test_neither_repr_nor_error_has_the_password(asked):
    answer = asked(honest)
    assert BOB not in repr(answer)
    assert OLD not in repr(asked.webhook)
