"""Refreshes of a session on a real socket, in every dialect."""

import json
import socket
import string
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from tests.http.wire import ADA, PASSWORD, WIRES, call, events

from reticket.testing.waiting import until

EACH = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
ALPHABET = string.ascii_letters + string.digits + "-_"


def newest(server):
    """The family that began last."""
    return [each["session"] for each in events(server) if each["event"] == "sign_in"][-1]


def audited_events(server, family):
    """How many of each event of a family since its sign-in, in their order; repeated ones are one
    line, a second later. Lines of others may come at any time.
    """
    counts = Counter()
    for event in events(server):
        if event.get("session") == family and event["event"] != "sign_in":
            counts[event["event"]] += event.get("count", 1)
    return counts


@EACH
def test_a_hundred_parallel_refreshes_get_one_successor(server, wire):
    token = wire.sign_in(server.url)
    family = newest(server)
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: wire.refresh(server.url, token), range(100)))
    assert all(wire.is_good(answer) for answer in answers)
    assert len({body for _, _, body in answers}) == 1
    told_all = {"issued": 1, "replayed": 99}
    until(
        lambda: audited_events(server, family) == told_all,
        "a line for each or all",
        lambda: events(server),
    )


@EACH
def test_a_lost_response_is_repeated_with_the_same_bytes(server, wire):
    token = wire.sign_in(server.url)
    family = newest(server)
    body = wire.body_of(token).encode()
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        head = (
            f"{wire.method} {wire.refresh_path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        until(lambda: audited_events(server, family), "a line of the audit log")
    first, second = (wire.refresh(server.url, token) for _ in range(2))
    assert first[2] == second[2]
    told_all = {"issued": 1, "replayed": 2}
    until(
        lambda: audited_events(server, family) == told_all,
        "a line for each or all",
        lambda: events(server),
    )
    assert wire.is_good(wire.refresh(server.url, wire.token_of(first[2])))


@EACH
def test_a_token_is_valid_only_in_its_exact_spelling(server, wire):
    token = wire.sign_in(server.url)
    family = newest(server)
    for place, letter in enumerate(token):
        if letter in ALPHABET:
            other = ALPHABET[(ALPHABET.index(letter) ^ 1) % 64]
            bent = token[:place] + other + token[place + 1 :]
            if place % 3 == 0 or place > len(token) - 8:
                assert wire.is_refused(wire.refresh(server.url, bent)), place
    for length in [*range(1, len(token), 7), len(token) - 1]:
        assert wire.is_refused(wire.refresh(server.url, token[:length])), length
    for bent in (token + "=", token + "A", token * 2, "x" * 10_000, "\x00", token + "\x00"):
        assert wire.is_refused(wire.refresh(server.url, bent))
    assert wire.is_good(wire.refresh(server.url, token))
    assert audited_events(server, family) == {"issued": 1}


@EACH
def test_a_token_of_another_kind_is_refused_and_not_used(server, wire):
    for other in WIRES:
        if other is not wire:
            token = other.sign_in(server.url)
            assert wire.is_refused(wire.refresh(server.url, token)), other.name
            assert other.is_good(other.refresh(server.url, token))


BODIES = {
    "deep": b'{"a":' + b"[" * 100_000,
    "truncated": b'{"refreshToken": "rtk',
    "wrong utf-8": b'{"refreshToken": "\xff\xfe", "refresh_token": "\xff"}',
    "a number": b'{"refreshToken": 5, "refresh_token": 5}',
    "an array": b"[]",
    "text": b'"x"',
    "form": b"refreshToken=x&refresh_token=x",
    "nothing": b"",
    "null": b"null",
    "huge number": b'{"refreshToken": 1e999999, "refresh_token": 1e999999}',
    "surrogate": b'{"refreshToken": "\\ud800", "refresh_token": "\\ud800"}',
}


@EACH
@pytest.mark.parametrize("name", BODIES)
def test_an_invalid_body_gets_the_dialects_own_error(server, wire, name):
    status, headers, body = call(server.url, wire.method, wire.refresh_path, BODIES[name])
    assert headers["content-type"].startswith("application/json")
    said = json.loads(body)
    if wire.name == "cloudreve":
        assert status == 200
        assert said["code"] in (40001, 40020)
    else:
        assert status in (400, 401)
        assert "apiError" in said or "validationError" in said or said["items"] == []


@EACH
def test_the_last_of_duplicates_counts(server, wire):
    token = wire.sign_in(server.url)
    body = f'{{"{wire.member}": "x", "{wire.member}": "{token}"}}'
    assert wire.is_good(call(server.url, wire.method, wire.refresh_path, body))


def test_two_tabs_of_one_session_keep_their_own_tenants(server):
    wire = WIRES[-1]
    path = "/api/platform/adminuser/authtickets/tenants"
    first = json.loads(call(server.url, "POST", f"{path}?tenantId=1000", json.dumps(
        {"emailAddress": ADA, "password": PASSWORD}))[2])  # fmt: skip
    switched = json.loads(
        call(server.url, "PUT", f"{path}?tenantId=1001", wire.body_of(first["refreshToken"]))[2]
    )
    tabs = [(1000, first["refreshToken"]), (1001, switched["refreshToken"])]
    for _ in range(3):
        for index, (tenant, token) in enumerate(tabs):
            ticket = json.loads(call(server.url, "PUT", path, wire.body_of(token))[2])
            assert ticket["tenant"]["id"] == tenant
            tabs[index] = tenant, ticket["refreshToken"]


def test_a_refused_switch_uses_no_token(server):
    wire = WIRES[-1]
    token = wire.sign_in(server.url)
    family = newest(server)
    answer = call(server.url, "PUT", f"{wire.refresh_path}?tenantId=1002", wire.body_of(token))
    assert answer[0] == 403
    assert wire.is_good(wire.refresh(server.url, token))
    assert list(audited_events(server, family).items()) == [("refused", 1), ("issued", 1)]
