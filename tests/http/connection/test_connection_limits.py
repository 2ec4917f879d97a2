"""Connections are counted over all workers, in all and per address."""

import os
import signal
from contextlib import ExitStack, contextmanager, suppress

import pytest
from tests.http.connection.shapes import LIVE, TOKEN, get, post
from tests.http.connection.stream import at_once, opened, read_answers

from reticket.http.connection.connection_limits import (
    CLIENTS_PER_EXEMPT,
    MOST_EXEMPT,
    ConnectionLimits,
    LimitReached,
)
from reticket.testing import running_server
from reticket.testing.waiting import until

KEY = b"k" * 32


def worker_counts(total=100, per_address=3, workers=2):
    caps = ConnectionLimits(workers, total, per_address, KEY)
    return [caps.for_worker(number, lambda count: None) for number in range(workers)]


def test_connections_of_one_address_are_limited_over_all_workers():
    first, second = worker_counts()
    first.count("192.0.2.1")
    second.count("192.0.2.1")
    give_back = second.count("192.0.2.1")
    for counts in (first, second):
        with pytest.raises(LimitReached, match="address"):
            counts.count("192.0.2.1")
        counts.count("192.0.2.2")
    give_back()
    first.count("192.0.2.1")


def test_the_connections_of_all_addresses_are_limited():
    first, second = worker_counts(total=4)
    places = [counts.count(f"192.0.2.{n}") for n, counts in enumerate([first, second] * 2)]
    with pytest.raises(LimitReached, match="total"):
        first.count("192.0.2.99")
    with pytest.raises(LimitReached, match="total"):
        second.count_trusted()
    places[0]()
    second.count_trusted()


def test_a_part_of_all_connections_is_reserved_for_proxies():
    caps = ConnectionLimits(1, 4, 4, KEY, reserved=1)
    counts = caps.for_worker(0, print)
    counts.exempt("10.0.0.1")
    places = [counts.count(f"192.0.2.{n}") for n in range(3)]
    for address in ("192.0.2.99", "10.0.0.1"):
        with pytest.raises(LimitReached, match="total"):
            counts.count(address)
    counts.count_trusted()
    with pytest.raises(LimitReached, match="total"):
        counts.count_trusted()
    places[0]()
    with pytest.raises(LimitReached, match="total"):
        counts.count("192.0.2.99")


def test_the_number_of_connections_of_a_network_is_known():
    first, second = worker_counts()
    places = [first.count("192.0.2.1"), second.count("192.0.2.1"), first.count("192.0.2.2")]
    assert [place.held for place in places] == [2, 2, 1]
    assert [second.held(f"192.0.2.{n}") for n in range(1, 4)] == [2, 1, 0]
    places[0]()
    assert [place.held for place in places] == [0, 1, 1]
    assert first.count_trusted().held == 0


def test_an_exempt_address_counts_like_several_addresses():
    """Otherwise a client that claims to be a proxy could use up all connections."""
    first, second = worker_counts(total=1000, per_address=1)
    first.exempt("10.0.0.1")
    places = [second.count("10.0.0.1") for _ in range(CLIENTS_PER_EXEMPT + 1)]
    assert {place.held for place in places} == {2} == {first.held("10.0.0.1")}
    places.pop()()
    assert {place.held for place in places} == {1} == {first.held("10.0.0.1")}


def test_a_connection_is_released_once():
    counts, _ = worker_counts(total=2)
    give_back = counts.count("192.0.2.1")
    counts.count("192.0.2.2")
    give_back()
    give_back()
    counts.count("192.0.2.3")
    with pytest.raises(LimitReached, match="total"):
        counts.count("192.0.2.4")


def test_an_ipv6_subnet_is_one_address_and_mapped_ipv4_is_ipv4():
    counts, _ = worker_counts(per_address=2)
    counts.count("2001:db8::1")
    counts.count("2001:db8::2")
    with pytest.raises(LimitReached):
        counts.count("2001:db8::3")
    counts.count("2001:db8:0:1::3")


def test_a_trusted_proxy_and_an_exempt_address_are_not_limited_by_address():
    first, second = worker_counts(per_address=1)
    for _ in range(5):
        first.count_trusted()
    first.exempt("10.0.0.1")
    for _ in range(5):
        second.count("10.0.0.1")


def test_beyond_the_limit_the_oldest_exemption_ends():
    counts, _ = worker_counts(total=1000, per_address=1)
    for n in range(MOST_EXEMPT + 1):
        counts.exempt(f"fd00:0:0:{n:x}::1")
        counts.exempt(f"fd00:0:0:{n:x}::2")
    for _ in range(3):
        counts.count(f"fd00:0:0:{MOST_EXEMPT:x}::3")
    counts.count("fd00::1")
    with pytest.raises(LimitReached):
        counts.count("fd00::2")


def test_a_replaced_worker_begins_with_no_connections():
    caps = ConnectionLimits(2, 2, 2, KEY)
    dead, other = caps.for_worker(0, print), caps.for_worker(1, print)
    dead.count("192.0.2.1")
    other.count("192.0.2.1")
    with pytest.raises(LimitReached):
        other.count("192.0.2.1")
    caps.for_worker(0, print)
    other.count("192.0.2.1")


def test_counts_are_seen_by_a_process_that_was_forked():
    first, second = worker_counts(per_address=1)
    pid = os.fork()
    if not pid:
        first.count("192.0.2.1")
        os._exit(0)
    os.waitpid(pid, 0)
    with pytest.raises(LimitReached):
        second.count("192.0.2.1")


def test_addresses_that_share_one_place_do_not_share_a_limit():
    counts, _ = worker_counts(total=100_000, per_address=1)
    for n in range(300):
        counts.count(f"10.0.{n // 250}.{n % 250}")


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    settings = {"RETICKET_WORKERS": "2", "RETICKET_CONNECTIONS__PER_ADDRESS": "6"}
    with running_server(tmp_path_factory.mktemp("caps"), settings=settings) as running:
        yield running


def status_of(line):
    """Of a request on this connection; None when it is reset."""
    try:
        at_once(line, LIVE)
        return read_answers(line, 1)[0].status
    except ConnectionError:
        return None


def let_in(url):
    """A connection that was accepted. Others may still be closing, so this tries again."""
    found = []

    def is_let_in():
        line = opened(url)
        if status_of(line) != 200:
            line.close()
            return False
        found.append(line)
        return True

    until(is_let_in, "a connection is let in")
    return found[0]


def test_two_workers_accept_as_many_as_one_and_answer_503_to_the_next(two_workers):
    with ExitStack() as stack:
        lines = [stack.enter_context(let_in(two_workers.url)) for _ in range(6)]
        for _ in range(4):
            with opened(two_workers.url) as line:
                answer = read_answers(line, 2)[0]
                assert answer.status == 503
                assert answer.says_close
                assert b"retry-after: " in answer.head
        assert [status_of(line) for line in lines] == [200] * 6
        assert '"reason": "address"' in two_workers.log.read_text()
    let_in(two_workers.url).close()


@pytest.fixture
def few(tmp_path):
    """A service with three places in all."""
    settings = {"RETICKET_CONNECTIONS__TOTAL": "3", "RETICKET_CONNECTIONS__IDLE_TIMEOUT": "3600"}
    with running_server(tmp_path, settings=settings) as running:
        yield running


def is_closed(line):
    try:
        return line.recv(1) == b""
    except ConnectionError:
        return True


def test_at_the_limit_the_longest_idle_connection_is_evicted(few):
    with ExitStack() as stack:
        lines = [stack.enter_context(let_in(few.url)) for _ in range(3)]
        for newcomer in range(2):
            lines.append(stack.enter_context(opened(few.url)))
            assert status_of(lines[-1]) == 200
            assert is_closed(lines[newcomer])
        assert [status_of(line) for line in lines[2:]] == [200] * 3
        assert '"reason": "gave_way"' in few.log.read_text()


HALVES = {
    "head": LIVE[:1],
    "body": post(b"Host: x", b"Content-Length: 20", body=TOKEN[:-1]),
    "answered early": LIVE.replace(b"\r\n\r\n", b"\r\nContent-Length: 20\r\n\r\n"),
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_incomplete_requests_are_evicted_for_a_network_with_fewer_connections(few, half):
    with ExitStack() as stack:
        lines = [stack.enter_context(let_in(few.url)) for _ in range(3)]
        for line in lines:
            at_once(line, half)
        for _ in range(2):
            newcomer = stack.enter_context(opened(few.url, source="127.0.0.9"))
            assert status_of(newcomer) == 200
        assert '"reason": "gave_way"' in few.log.read_text()


def test_some_parallel_connections_are_evicted_for_a_network_with_fewer(few):
    """The service accepts several at once, before it begins with any of them."""
    with ExitStack() as stack:
        with stopped(few):
            for _ in range(6):
                stack.enter_context(opened(few.url))
            newcomers = [
                stack.enter_context(opened(few.url, source=source))
                for source in ("127.0.0.8", "127.0.0.9")
            ]
        assert [status_of(newcomer) for newcomer in newcomers] == [200, 200]
        assert status_of(newcomers[0]) == 200
    assert "Traceback" not in few.log.read_text()


@contextmanager
def stopped(server):
    """Connections that are opened meanwhile wait at the door together."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


def test_a_client_that_pretends_to_be_a_proxy_is_evicted_too(few):
    with let_in(few.url) as line:
        at_once(line, get(b"Via: 1.1 proxy"))
        assert read_answers(line, 1)[0].status == 200
    with ExitStack() as stack:
        for line in [stack.enter_context(let_in(few.url)) for _ in range(3)]:
            at_once(line, HALVES["body"])
        newcomer = stack.enter_context(opened(few.url, source="127.0.0.9"))
        assert status_of(newcomer) == 200
        assert '"reason": "gave_way"' in few.log.read_text()


def test_incomplete_requests_are_not_evicted_for_the_network_with_most_connections(few):
    half = HALVES["body"]
    with ExitStack() as stack:
        lines = [stack.enter_context(let_in(few.url)) for _ in range(3)]
        for line in lines:
            at_once(line, half)
        until(lambda: refused_one(few.url), "a newcomer is refused")
        for line in lines:
            at_once(line, TOKEN[-1:])
        assert read_answers(lines[-1], 1)[0].status == 401


def test_a_few_networks_with_many_incomplete_requests_cannot_shut_others_out(tmp_path):
    settings = {
        "RETICKET_CONNECTIONS__TOTAL": "40",
        "RETICKET_CONNECTIONS__PER_ADDRESS": "10",
        "RETICKET_TRUSTED_PROXIES": "127.0.0.99",
    }
    with running_server(tmp_path, settings=settings) as running, ExitStack() as stack:
        honest = stack.enter_context(opened(running.url, source="127.0.0.7"))
        assert status_of(honest) == 200
        for n in range(4):
            for half in [*HALVES.values()] * 4:
                line = stack.enter_context(opened(running.url, source=f"127.0.1.{n}"))
                with suppress(ConnectionError):
                    at_once(line, half)
        assert [status_of(honest) for _ in range(20)] == [200] * 20  # all bytes are read by then
        for source in ("127.0.0.8", "127.0.0.99"):
            newcomer = stack.enter_context(opened(running.url, source=source))
            assert status_of(newcomer) == 200
        assert status_of(honest) == 200


def refused_one(url):
    with opened(url) as line:
        return status_of(line) in (503, None)
