"""A server that an operator named: any answer is one; time, size and trust have the same rules."""

import socket
import threading
import time
from contextlib import ExitStack

import pytest
from tests.fetching.other_server import HOST, JSON, SHORT, answered, other_server, slowly

from reticket.core.errors import StartupError
from reticket.core.fetching.model import FetchFault, Unfetched
from reticket.fetching import Resolver
from reticket.fetching.given_server import GivenRequest, GivenServer, WholeAnswer

GET = GivenRequest("GET", "/a?b=c")


@pytest.fixture
def given(tmp_path):
    """Asks a server that behaves so."""
    with ExitStack() as stack:

        def ask(behave, request=GET, *, path="", timeout=60.0, trusted=True, own_name=HOST):
            server, ca_file = stack.enter_context(other_server(tmp_path, behave, own_name))
            ask.server = server
            there = GivenServer(
                server.url(path),
                ca_file if trusted else None,
                time.monotonic,
                timeout,
                Resolver(server.lookup),
            )
            return there.ask(request)

        yield ask


@pytest.fixture
def plain():
    """The port of a server without TLS, which answers one request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer():
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_any_status_is_an_answer_with_all_its_headers(given):
    said = b"HTTP/1.1 418 No\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nhi"
    headers = (("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-length", "2"))
    assert given(answered(said)) == WholeAnswer(418, headers, b"hi")


def test_any_method_is_sent_with_its_headers_and_body_below_the_path_of_the_server(given):
    request = GivenRequest("PUT", "/a?b=c", (("X-One", "1"),), b"text")
    given(answered(JSON + b"Content-Length: 2\r\n\r\n{}"), request, path="/auth/")
    assert given.server.requests[0].decode().split("\r\n") == [
        "PUT /auth/a?b=c HTTP/1.1",
        f"Host: {HOST}:{given.server.port}",
        "Accept-Encoding: identity",
        "Connection: close",
        "X-One: 1",
        "Content-Length: 4",
        "",
        "text",
    ]


def test_a_redirect_is_an_answer_and_not_followed(given):
    said = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    assert given(answered(said)).status == 302
    assert given.server.connections == 1


@pytest.mark.parametrize(
    ("behave", "fault"),
    [
        (slowly(JSON + b"\r\n", b"x"), FetchFault.TIMED_OUT),
        (answered(JSON + b"Content-Length: 70000\r\n\r\n" + b"x" * 70_000), FetchFault.TOO_LARGE),
        (answered(b"no HTTP\r\n\r\n"), FetchFault.BAD_HTTP),
    ],
)
def test_a_bad_answer_is_a_fault(given, behave, fault):
    assert given(behave, timeout=SHORT if fault is FetchFault.TIMED_OUT else 60.0) == Unfetched(
        fault
    )


def test_an_unknown_certificate_and_another_name_are_faults(given):
    assert given(answered(JSON), trusted=False) == Unfetched(FetchFault.BAD_CERTIFICATE)


def test_a_server_on_this_machine_may_speak_http(plain):
    there = GivenServer(f"http://127.0.0.1:{plain}/")
    assert not there.is_encrypted
    assert there.ask(GET) == WholeAnswer(200, (("content-length", "2"),), b"{}")


@pytest.mark.parametrize(
    "url",
    ["ftp://a", "a", "https://", "https://u:Zq7@a", "https://a?b", "https://a#b", "http://a b"],
)
def test_an_address_that_is_none_is_refused_and_not_shown(url):
    with pytest.raises(StartupError) as refused:
        GivenServer(url)
    assert "Zq7" not in str(refused.value)


def test_a_file_without_certificates_is_refused(tmp_path):
    with pytest.raises(StartupError, match="no certificates"):
        GivenServer("https://a", tmp_path / "none.pem")


def test_a_request_shows_neither_its_path_nor_its_headers_nor_its_body():
    request = GivenRequest("GET", "/Zq7", (("a", "Zq7"),), b"Zq7")
    assert "Zq7" not in repr(request)
    assert "Zq7" not in repr(WholeAnswer(200, (("a", "Zq7"),), b"Zq7"))
