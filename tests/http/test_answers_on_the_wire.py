"""Head and body of a response are sent together, without delaying other responses."""

import socket
from urllib.parse import urlsplit

import pytest
from tests.http.wire import WIRES

AKINON = WIRES[0]


@pytest.fixture
def line(server):
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), 10) as made:
        yield made


def request(body, *more):
    lines = [f"{AKINON.method} {AKINON.refresh_path} HTTP/1.1", "Host: x", *more]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode()


def test_a_client_that_expects_100_continue_gets_it(line):
    body = b'{"refreshToken":"x"}'
    line.sendall(request(body, "Expect: 100-continue"))
    assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.sendall(body)
    assert line.recv(10_000).startswith(b"HTTP/1.1 401 ")


def test_100_continue_is_sent_once(line):
    pieces = [b"{" + b" " * 100_000, b" " * 100_000, b" " * 100_000 + b"}"]
    line.sendall(request(b"".join(pieces), "Expect: 100-continue"))
    said = line.recv(100)
    for piece in pieces:
        line.sendall(piece)
    while b"HTTP/1.1 4" not in said:
        said += line.recv(10_000)
    assert said.count(b"100 Continue") == 1


@pytest.mark.parametrize("path", ["/health/live", "/api/v1/nowhere"])
def test_a_request_is_answered_even_if_the_client_sends_no_more(server, path):
    address = urlsplit(server.url)
    for _ in range(20):
        with socket.create_connection((address.hostname, address.port), 10) as line:
            line.sendall(f"HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            line.shutdown(socket.SHUT_WR)
            assert line.recv(100).startswith(b"HTTP/1.1 ")


def test_a_response_is_sent_in_one_piece(line):
    body = b'{"refreshToken":"x"}'
    for _ in range(20):
        line.sendall(request(body) + body)
        head, _, said = line.recv(10_000).partition(b"\r\n\r\n")
        assert f"content-length: {len(said)}".encode() in head
        assert said


def test_pipelined_requests_are_answered_in_order(line):
    bodies = [b'{"refreshToken":"x"}', b"{", b'{"refreshToken":"y"}']
    line.sendall(b"".join(request(body) + body for body in bodies))
    said = b""
    while said.count(b"HTTP/1.1 ") < len(bodies):
        said += line.recv(10_000)
    assert [part[:4] for part in said.split(b"HTTP/1.1 ")[1:]] == [b"401 ", b"400 ", b"401 "]
