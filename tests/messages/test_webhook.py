"""The operator's webhook: what it gets, and which of its failures may pass."""

import base64
import hmac
import json
import re
import time
from pathlib import Path

import pytest
from tests.fetching.other_server import HOST, answered, other_server

from reticket.core.fetching.model import Fetched, FetchFault, Unfetched
from reticket.core.messages import Message
from reticket.core.policy import SECOND
from reticket.core.webhook_signature import read_webhook_secret
from reticket.fetching import Reach, Resolver, SafeExchange
from reticket.messages import Webhook
from reticket.testing.clock import FakeClock

URL = f"https://{HOST}/messages"
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def message(clock, code="482913"):
    return Message(
        topic="password_reset",
        person="u1",
        recipient="zoë@example.com",
        subject="Reset your password",
        text=f"Your code is {code}.",
        members={"code": code},
        until=clock() + 1800 * SECOND,
    )


class Server:
    """The port: remembers requests."""

    def __init__(self, result=None):
        self.requests, self.result = [], result or Fetched(204, "", b"")

    def __call__(self, request):
        self.requests.append(request)
        return self.result


def sent(server, clock, **said):
    failure = Webhook(URL, KEY, server, clock)(message(clock, **said))
    return failure, server.requests[-1]


def test_the_body_has_recipient_text_members_and_end():
    clock = FakeClock()
    _, request = sent(Server(), clock)
    body = json.loads(request.body)
    assert body["type"] == "password_reset"
    assert body["data"].keys() == {"recipient", "subject", "text", "members", "expires_at"}
    assert body["data"]["members"] == {"code": "482913"}
    assert body["data"]["recipient"] == "zoë@example.com"


def test_standard_webhooks_the_signature_covers_id_time_and_body():
    clock = FakeClock()
    _, request = sent(Server(), clock)
    said = dict(request.headers)
    signed = f"{said['webhook-id']}.{said['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.digest(KEY, signed, "sha256")).decode()
    assert said["webhook-signature"] == f"v1,{expected}"
    assert int(said["webhook-timestamp"]) == clock() // SECOND


def test_another_attempt_has_the_same_id_and_another_message_another():
    clock, server = FakeClock(), Server()
    webhook, first = Webhook(URL, KEY, server, clock), message(clock)
    webhook(first)
    clock.forward(5)
    webhook(first)
    webhook(message(clock, code="000000"))
    ids = [dict(request.headers)["webhook-id"] for request in server.requests]
    assert ids[0] == ids[1] != ids[2]


def test_neither_code_nor_signature_is_in_the_text_form_of_the_request():
    _, request = sent(Server(), FakeClock())
    said = dict(request.headers)
    assert "482913" not in repr(request)
    assert said["webhook-signature"] not in repr(request)


@pytest.mark.parametrize(
    ("result", "is_final"),
    [
        (Unfetched(FetchFault.TIMED_OUT), False),
        (Unfetched(FetchFault.UNREACHABLE), False),
        (Unfetched(FetchFault.BAD_STATUS, 503), False),
        (Unfetched(FetchFault.BAD_STATUS, 429), False),
        (Unfetched(FetchFault.BAD_STATUS, 400), True),
        (Unfetched(FetchFault.REDIRECTED, 302), True),
        (Unfetched(FetchFault.REFUSED_ADDRESS), True),
        (Unfetched(FetchFault.BAD_CERTIFICATE), True),
    ],
)
def test_a_failure_says_whether_it_may_pass(result, is_final):
    failure, _ = sent(Server(result), FakeClock())
    assert failure == (result.fault, is_final)


def is_genuine(*said):
    """The check of the page, as it stands there."""
    page = (Path(__file__).parents[2] / "docs" / "messages.md").read_text()
    names = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], names)
    return names["is_genuine"](*said)


def test_the_check_of_the_page_accepts_a_message_and_refuses_a_changed_or_an_old_one():
    clock = FakeClock()
    _, request = sent(Server(), clock)
    headers, now = dict(request.headers), clock() / SECOND
    assert is_genuine(SECRET, headers, request.body, now)
    assert not is_genuine(SECRET, headers, request.body + b" ", now)
    assert not is_genuine(SECRET, headers, request.body, now + 301)
    assert not is_genuine(SECRET, headers | {"webhook-id": "msg_1"}, request.body, now)


@pytest.mark.parametrize("text", [SECRET, SECRET + "\n", f"  {SECRET}"])
def test_the_secret_is_read(text):
    assert read_webhook_secret(text) == KEY


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_YWJj", base64.b64encode(KEY).decode(), SECRET + "!", "whsec_===="]
)
def test_any_other_text_is_no_secret(text):
    with pytest.raises(ValueError, match="whsec_"):
        read_webhook_secret(text)


def test_the_fetcher_sends_the_headers(tmp_path):
    clock = FakeClock()
    with other_server(tmp_path, answered(b"HTTP/1.1 204 No Content\r\n\r\n")) as (server, file):
        reach = Reach(Resolver(server.lookup), (HOST,), file)
        exchange = SafeExchange(reach, time.monotonic, 60.0)
        webhook = Webhook(server.url("/messages"), KEY, exchange, clock)
        assert webhook(message(clock)) is None
        assert b"\r\nwebhook-signature: v1," in server.requests[0]
