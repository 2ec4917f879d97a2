"""Bytes of requests that are not answered yet have a limit, in all and per network."""

import socket
from contextlib import ExitStack

import pytest
from tests.http.connection.shapes import LIVE, TOKEN, post, sized
from tests.http.connection.stream import at_once, is_read, opened, read_answers

from reticket.http.connection.request_memory import FREE, SMALL, NetworkShare, RequestMemory
from reticket.testing import running_server
from reticket.testing.waiting import until

MIB = 2**20


def full(room, network, size, most=10_000):
    """The number of requests of that size that a network may hold."""
    return next((n for n in range(most) if not NetworkShare(room, network).add(size)), most)


def test_a_network_may_use_a_sixteenth_and_others_continue():
    room = RequestMemory(16 * 16 * MIB, MIB)
    assert full(room, "192.0.2.1", MIB) == 12
    assert full(room, "192.0.2.2", MIB) == 12


def test_all_networks_together_may_use_the_whole_memory():
    room = RequestMemory(64 * MIB, MIB)
    held = sum(full(room, f"192.0.2.{n}", MIB) for n in range(100))
    assert 48 <= held <= 49


def test_large_requests_leave_a_quarter_to_small_ones():
    room = RequestMemory(64 * MIB, MIB)
    for n in range(100):
        full(room, f"192.0.2.{n}", MIB)
    assert not NetworkShare(room, "192.0.2.200").add(MIB)
    assert full(room, "192.0.2.200", SMALL) > 60


def test_a_request_of_the_usual_size_is_always_accepted():
    room = RequestMemory(MIB, 1024)
    for n in range(200):
        full(room, f"192.0.2.{n}", SMALL)
    assert not NetworkShare(room, "192.0.2.250").add(SMALL)
    assert full(room, "192.0.2.1", FREE, most=20_000) == 20_000


def test_with_little_memory_a_network_may_still_send_the_largest_request():
    assert full(RequestMemory(16 * MIB, 2 * MIB), "192.0.2.1", 2 * MIB) == 1


def test_bytes_are_counted_and_freed_in_any_pieces():
    room = RequestMemory(16 * MIB, 1024)
    account = NetworkShare(room, "192.0.2.1")
    for _ in range(3):
        while account.add(1000):
            pass
        account.keep(0)
    assert full(room, "192.0.2.1", MIB // 2 + FREE) == 1
    assert (room._held, room._held_by) == (MIB // 2, {"192.0.2.1": MIB // 2})


def test_bytes_of_the_next_request_stay_counted():
    room = RequestMemory(16 * MIB, 1024)
    account = NetworkShare(room, "192.0.2.1")
    assert account.add(MIB // 2)
    account.keep(FREE + 5)
    assert room._held == 5
    account.keep(FREE)
    assert (room._held, room._held_by) == (0, {})


def test_a_proxy_has_no_share_and_each_of_its_clients_has_one():
    room = RequestMemory(64 * MIB, MIB)
    accounts = [NetworkShare(room, "") for _ in range(20)]
    assert all(account.add(MIB // 2) for account in accounts)
    let_in = [account.belongs_to("192.0.2.1") for account in accounts]
    assert let_in == [True] * 6 + [False] * 14
    assert not accounts[0].add(MIB // 2)
    assert accounts[-1].belongs_to("192.0.2.2")
    assert NetworkShare(room, "").add(MIB)
    for account in accounts:
        account.keep(0)
    assert accounts[0].add(MIB // 2)
    assert set(room._held_by) == {""}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A service in which an address has room for one large request at a time, and all for seven."""
    settings = {
        "RETICKET_BODY_LIMIT": "100000",
        "RETICKET_CONNECTIONS__BODY_ROOM": "1048576",
        "RETICKET_TRUSTED_PROXIES": "127.0.0.99",
    }
    with running_server(tmp_path_factory.mktemp("narrow"), settings=settings) as running:
        yield running


HEAD = post(b"Host: x", b"Content-Length: 100000", body=b"")
CHUNKS = post(b"Host: x", b"Transfer-Encoding: chunked", body=b"186a0\r\n")
"""100,000 bytes in hexadecimal."""


def holding(url, stack, address, head=HEAD):
    """A connection with a request of which all but the last byte has come."""
    line = stack.enter_context(opened(url, source=address))
    at_once(line, head + TOKEN.ljust(99_999))
    return line


def status_of(line):
    return read_answers(line, 1)[0].status


@pytest.mark.parametrize("head", [HEAD, CHUNKS])
def test_an_address_that_sends_more_bodies_than_its_share_is_answered_503(narrow, head):
    with ExitStack() as stack:
        first = holding(narrow.url, stack, "127.0.0.1", head)
        second = holding(narrow.url, stack, "127.0.0.1", head)
        refused = read_refusal(first, second)
        assert refused.status == 503
        assert refused.says_close
        assert b"\r\nretry-after: " in refused.head
        assert '"reason": "no_room"' in narrow.log.read_text()
        with opened(narrow.url) as line:
            at_once(line, sized() + LIVE)
            assert [answer.status for answer in read_answers(line, 2)] == [401, 200]
        third = holding(narrow.url, stack, "127.0.0.2")
        at_once(third, b" ")
        assert status_of(third) == 401


def read_refusal(*lines):
    """Which of them is refused depends on whose bytes come first."""
    for line in lines:
        line.setblocking(False)
    found = []

    def comes():
        for line in lines:
            try:
                line.recv(1, socket.MSG_PEEK)
                found.append(line)
            except BlockingIOError:
                continue
        return found

    until(comes, "a refusal")
    for line in lines:
        line.settimeout(60)
    return read_answers(found[0], 2)[0]


def test_finished_requests_free_their_memory(narrow):
    for _ in range(5):
        with ExitStack() as stack:
            line = holding(narrow.url, stack, "127.0.0.3")
            at_once(line, b" " + LIVE)
            assert [answer.status for answer in read_answers(line, 2)] == [401, 200]
    with ExitStack() as stack:
        holding(narrow.url, stack, "127.0.0.3")

    def is_answered():
        with ExitStack() as stack:
            line = holding(narrow.url, stack, "127.0.0.3")
            at_once(line, b" ")
            return status_of(line) == 401

    until(is_answered, "the place of a client that is gone")


def test_incomplete_heads_are_not_counted_for_the_trusted_proxy(narrow):
    """Whose they are is not known yet; a network has 200,000 bytes here."""
    half = LIVE[:-2] + b"".join(b"X-%d: %b\r\n" % (n, b"a" * 12_000) for n in range(4))
    with ExitStack() as stack:
        lines = [stack.enter_context(opened(narrow.url, source="127.0.0.99")) for _ in range(8)]
        for line in lines:
            at_once(line, half)
            until(lambda line=line: is_read(line), "a head that is not whole")
        for n, line in enumerate(lines):
            at_once(line, b"X-Forwarded-For: 192.0.2.%d\r\n\r\n" % n)
        assert [status_of(line) for line in lines] == [200] * 8


def test_behind_a_trusted_proxy_each_client_has_its_share(narrow):
    def head(client):
        return HEAD.replace(b"Host: x\r\n", b"Host: x\r\nX-Forwarded-For: " + client + b"\r\n")

    with ExitStack() as stack:
        lines = [
            holding(narrow.url, stack, "127.0.0.99", head(b"192.0.2.%d" % n)) for n in range(5)
        ]
        greedy = [holding(narrow.url, stack, "127.0.0.99", head(b"192.0.2.77")) for _ in range(2)]
        assert read_refusal(*greedy).status == 503
        for line in lines:
            at_once(line, b" ")
        assert [status_of(line) for line in lines] == [401] * 5
