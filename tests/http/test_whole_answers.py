"""Head and body of an answer travel together, and nothing else is kept waiting by that."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest
from tests.http.wire import WIRES

from reticket.http.whole_answers import JoinedWrites

AKINON = WIRES[0]


class Socket:
    """A transport that keeps what is written to it."""

    def __init__(self):
        self.said = []
        self.gone = False

    def write(self, data):
        assert not self.gone
        self.said.append(data)

    def close(self):
        self.said.append("closed")

    def is_closing(self):
        return self.gone

    def get_extra_info(self, name):
        return f"its {name}"


def written(scenario):
    """What reaches the socket, and when: a mark stands at the end of the loop's turn."""

    async def run():
        end = Socket()
        scenario(JoinedWrites(end, asyncio.get_running_loop()), end)
        asyncio.get_running_loop().call_soon(end.said.append, "turn")
        await asyncio.sleep(0)
        return end.said

    return asyncio.run(run())


def test_two_writes_are_one():
    def answer(joined, end):
        joined.write(b"head ")
        joined.write(b"body")

    assert written(answer) == [b"head body", "turn"]


def test_an_empty_body_lets_the_head_go():
    def answer(joined, end):
        joined.write(b"head")
        joined.write(b"")
        assert end.said == [b"head"]

    assert written(answer) == [b"head", "turn"]


def test_a_write_that_no_other_follows_waits_for_the_end_of_the_turn_alone():
    def answer(joined, end):
        joined.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert end.said == []

    assert written(answer) == [b"HTTP/1.1 100 Continue\r\n\r\n", "turn"]


def test_the_order_stays():
    def answer(joined, end):
        for part in (b"1", b"2", b"3", b"4", b"5"):
            joined.write(part)

    said = written(answer)
    assert said[-1] == "turn"
    assert b"".join(said[:-1]) == b"12345"


def test_what_is_held_goes_before_the_end():
    def answer(joined, end):
        joined.write(b"bye")
        joined.close()

    assert written(answer) == [b"bye", "closed", "turn"]


def test_nothing_is_written_to_a_connection_that_is_gone():
    def answer(joined, end):
        joined.write(b"late")
        end.gone = True

    assert written(answer) == ["turn"]


def test_everything_else_is_the_sockets():
    async def asked():
        joined = JoinedWrites(Socket(), asyncio.get_running_loop())
        return joined.get_extra_info("peername"), joined.is_closing()

    assert asyncio.run(asked()) == ("its peername", False)


@pytest.fixture
def line(server):
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), 10) as made:
        yield made


def request(body, *more):
    lines = [f"{AKINON.method} {AKINON.refresh_path} HTTP/1.1", "Host: x", *more]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode()


def test_who_waits_to_be_let_go_on_is(line):
    body = b'{"refreshToken":"x"}'
    line.sendall(request(body, "Expect: 100-continue"))
    assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.sendall(body)
    assert line.recv(10_000).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("path", ["/health/live", "/api/v1/nowhere"])
def test_a_head_is_answered_though_its_client_says_no_more(server, path):
    address = urlsplit(server.url)
    for _ in range(20):
        with socket.create_connection((address.hostname, address.port), 10) as line:
            line.sendall(f"HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            line.shutdown(socket.SHUT_WR)
            assert line.recv(100).startswith(b"HTTP/1.1 ")


def test_an_answer_comes_in_one_piece(line):
    body = b'{"refreshToken":"x"}'
    for _ in range(20):
        line.sendall(request(body) + body)
        head, _, said = line.recv(10_000).partition(b"\r\n\r\n")
        assert f"content-length: {len(said)}".encode() in head
        assert said


def test_requests_that_come_at_once_are_answered_in_turn(line):
    bodies = [b'{"refreshToken":"x"}', b"{", b'{"refreshToken":"y"}']
    line.sendall(b"".join(request(body) + body for body in bodies))
    said = b""
    while said.count(b"HTTP/1.1 ") < len(bodies):
        said += line.recv(10_000)
    assert [part[:4] for part in said.split(b"HTTP/1.1 ")[1:]] == [b"401 ", b"400 ", b"401 "]
