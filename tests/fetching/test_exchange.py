"""The fetcher under attack, over real TLS on loopback."""

import gzip
import socket
import time
from contextlib import ExitStack

import pytest
from tests.fetching.other_server import HOST, JSON, SHORT, answered, other_server, slowly

from reticket.core.fetching.model import Fetched, FetchFault, FetchRequest, Unfetched
from reticket.fetching import Reach, Resolver, SafeExchange
from reticket.fetching.resolving import Address

PATIENT = 60.0
ACCEPT = ("application/json", "+json")
OK = JSON + b"Content-Length: 2\r\n\r\n{}"


@pytest.fixture
def asked(tmp_path):
    """Asks a server that behaves so."""
    with ExitStack() as stack:

        def ask(
            behave=None,
            *,
            path="/",
            url=None,
            body=None,
            timeout=PATIENT,
            lookup=None,
            hosts=(HOST,),
            own_name=HOST,
            trusted=True,
            accept=ACCEPT,
        ):
            made = other_server(tmp_path, behave or answered(OK), own_name)
            server, ca_file = stack.enter_context(made)
            resolver = Resolver(lookup(server) if lookup else server.lookup)
            ask.server = server
            reach = Reach(resolver, hosts, ca_file if trusted else None)
            exchange = SafeExchange(reach, time.monotonic, timeout)
            return exchange(FetchRequest(url or server.url(path), accept, body, "text/plain"))

        yield ask


def fault(result):
    assert isinstance(result, Unfetched), result
    return result.fault


def test_a_document_is_fetched(asked):
    said = b'Cache-Control: max-age=90\r\nContent-Length: 7\r\n\r\n{"a":1}'
    result = asked(answered(JSON + said), path="/keys?of=me")
    assert result == Fetched(200, "application/json", b'{"a":1}', 90)
    lines = asked.server.requests[0].decode().split("\r\n")
    assert lines == [
        "GET /keys?of=me HTTP/1.1",
        f"Host: {HOST}:{asked.server.port}",
        "User-Agent: reticket",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "Connection: close",
        "",
        "",
    ]


def test_a_text_is_posted(asked):
    said = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert asked(answered(said), body=b"x" * 100_000, accept=()).status == 204
    head, _, body = asked.server.requests[0].partition(b"\r\n\r\n")
    assert b"Content-Type: text/plain\r\nContent-Length: 100000" in head
    assert body == b"x" * 100_000


def test_an_answer_in_chunks_and_one_until_the_end_are_read(asked):
    chunked = JSON + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
    assert asked(answered(chunked)).body == b"[]"
    assert asked(answered(JSON + b"Connection: close\r\n\r\n{}")).body == b"{}"


def test_an_answer_after_interim_ones_is_read(asked):
    assert asked(answered(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3, OK)).body == b"{}"


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/",
        "ftp://app.example/",
        "file:///etc/passwd",
        "https:///etc/passwd",
        "https://user@app.example/",
        "https://app.example\\@10.0.0.1/",
        "https://app.example/#fragment",
        "https://app.example:99999/",
        "https://app.example:0/",
        "https://app.example/a b",
        "https://app.example/\r\nX: y",
        "https://exämple.com/",
        "https://" + "a" * 2050,
        "https://[::1/",
        "//app.example/",
        "",
    ],
)
def test_only_an_https_url_is_fetched(asked, url):
    assert fault(asked(url=url or " ")) == FetchFault.BAD_URL
    assert asked.server.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(asked, status):
    def redirect(connection, request):
        target = f"https://{HOST}:{asked.server.port}/other"
        head = f"HTTP/1.1 {status} Go\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())

    assert asked(redirect) == Unfetched(FetchFault.REDIRECTED, status)
    assert asked.server.connections == 1


@pytest.mark.parametrize("status", [201, 204, 206, 400, 404, 500])
def test_only_200_is_a_document(asked, status):
    said = f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()
    assert asked(answered(said)) == Unfetched(FetchFault.BAD_STATUS, status)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "239.1.1.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
        "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1",
        "fe80::1%lo", "fec0::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(asked, address):
    def lookup(server):
        return lambda host, port: [Address(socket.AF_INET, (address, port))]

    assert fault(asked(lookup=lookup, hosts=())) == FetchFault.REFUSED_ADDRESS
    assert asked.server.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0x7f.1", "2130706433", "localhost"])
def test_an_address_in_the_url_is_refused_too(asked, host):
    def lookup(server):
        return lambda host, port: Resolver()._lookup(host, port)

    wanted = FetchFault.REFUSED_ADDRESS, FetchFault.NO_ADDRESS
    assert fault(asked(url=f"https://{host}/", lookup=lookup)) in wanted
    assert asked.server.connections == 0


def test_one_private_address_among_public_ones_refuses_the_host(asked):
    def lookup(server):
        texts = "1.1.1.1", "127.0.0.1"
        return lambda host, port: [Address(socket.AF_INET, (text, port)) for text in texts]

    assert fault(asked(lookup=lookup, hosts=())) == FetchFault.REFUSED_ADDRESS


def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_checked(asked, monkeypatch):
    """Rebinding: the name leads elsewhere when it is resolved again."""
    looked_up, connected = [], []

    def lookup(server):
        def find(host, port):
            looked_up.append(host)
            text = "1.1.1.1" if len(looked_up) == 1 else "127.0.0.1"
            return [Address(socket.AF_INET, (text, port))]

        return find

    def connect(connection, place):
        connected.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert fault(asked(lookup=lookup, hosts=())) == FetchFault.UNREACHABLE
    assert (looked_up, connected) == ([HOST], ["1.1.1.1"])


def test_a_host_whose_setting_allows_it_may_be_private(asked):
    assert asked(hosts=(HOST.upper(),)).status == 200
    assert fault(asked(hosts=(f"x{HOST}",))) == FetchFault.REFUSED_ADDRESS


def test_the_second_address_is_tried_when_the_first_is_dead(asked):
    def lookup(server):
        dead = socket.create_server(("127.0.0.1", 0))
        unused = dead.getsockname()[1]
        dead.close()
        ports = unused, server.port
        return lambda host, port: [Address(socket.AF_INET, ("127.0.0.1", one)) for one in ports]

    assert asked(lookup=lookup).status == 200


def test_a_certificate_for_another_name_is_refused(asked):
    assert fault(asked(own_name="other.example")) == FetchFault.BAD_CERTIFICATE
    assert asked.server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(asked):
    assert fault(asked(trusted=False)) == FetchFault.BAD_CERTIFICATE


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(lambda connection, request: connection.recv(1), id="silence"),
        pytest.param(slowly(b"HTTP/1.1 200 OK\r\nX: ", b"a"), id="headers"),
        pytest.param(slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="interim answers"),
        pytest.param(slowly(JSON + b"Content-Length: 9999\r\n\r\n", b"a"), id="body"),
        pytest.param(
            slowly(JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"), id="chunks"
        ),
    ],
)
def test_a_slow_answer_ends_at_the_deadline(asked, behave):
    assert fault(asked(behave, timeout=SHORT)) == FetchFault.TIMED_OUT


def test_a_server_that_reads_slowly_ends_at_the_deadline(asked):
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        def lookup(server):
            return lambda host, port: [Address(socket.AF_INET, deaf.getsockname())]

        result = asked(lookup=lookup, timeout=SHORT, body=b"x" * 10_000_000)
        assert fault(result) == FetchFault.TIMED_OUT


def test_a_server_that_does_not_speak_ends_at_the_deadline(asked):
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        def lookup(server):
            return lambda host, port: [Address(socket.AF_INET, deaf.getsockname())]

        assert fault(asked(lookup=lookup, timeout=SHORT)) == FetchFault.TIMED_OUT


def test_a_name_server_that_does_not_answer_ends_at_the_deadline(asked):
    def lookup(server):
        return lambda host, port: server.over.wait(PATIENT) and []

    assert fault(asked(lookup=lookup, timeout=SHORT)) == FetchFault.TIMED_OUT


def endless(head, piece):
    def behave(connection, request):
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return behave


CHUNK = b"1;" + b"x" * 4000 + b"\r\na\r\n"


@pytest.mark.parametrize(
    ("behave", "wanted"),
    [
        pytest.param(
            answered(JSON + b"Content-Length: 65537\r\n\r\n"), FetchFault.TOO_LARGE, id="announced"
        ),
        pytest.param(endless(JSON + b"\r\n", b"a" * 999), FetchFault.TOO_LARGE, id="endless"),
        pytest.param(
            endless(JSON + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
            FetchFault.TOO_LARGE,
            id="chunks of extensions",
        ),
        pytest.param(
            endless(b"", b"HTTP/1.1 103 X\r\nX: " + b"y" * 999 + b"\r\n\r\n"),
            FetchFault.TOO_LARGE,
            id="interim answers",
        ),
        pytest.param(endless(JSON, b"X: y\r\n"), FetchFault.BAD_HTTP, id="headers"),
        pytest.param(endless(JSON + b"X: ", b"y" * 999), FetchFault.BAD_HTTP, id="one header"),
        pytest.param(endless(b"", b"y" * 999), FetchFault.BAD_HTTP, id="no HTTP"),
    ],
)
def test_an_endless_answer_is_cut(asked, behave, wanted):
    assert fault(asked(behave)) == wanted


def test_a_body_of_64_kib_is_read(asked):
    body = b" " * 65_536
    assert asked(answered(JSON + b"Content-Length: 65536\r\n\r\n", body)).body == body


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "gzip, identity", "x"])
def test_an_encoded_answer_is_refused_before_its_body(asked, coding):
    bomb = gzip.compress(bytes(10_000_000))
    head = JSON + f"Content-Encoding: {coding}\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    assert fault(asked(answered(head, bomb))) == FetchFault.ENCODED


@pytest.mark.parametrize(
    ("content_type", "is_read"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/client+json", True),
        ("text/html", False),
        ("application/jsonp", False),
        ("", False),
    ],
)
def test_only_the_asked_types_are_read(asked, content_type, is_read):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: 2\r\n\r\n".encode()
    result = asked(answered(head, b"{}"))
    assert isinstance(result, Fetched) == is_read
    assert is_read or fault(result) == FetchFault.BAD_TYPE


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n X: folded first\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(asked, said):
    assert fault(asked(answered(said))) == FetchFault.BAD_HTTP


def test_a_cut_answer_is_no_answer(asked):
    def cut(connection, request):
        connection.sendall(JSON + b"\r\n{}")
        connection.shutdown(socket.SHUT_RDWR)

    assert fault(asked(cut)) == FetchFault.UNREACHABLE


def test_a_truncated_body_is_no_answer(asked):
    said = JSON + b"Content-Length: 9\r\n\r\n{}"
    assert fault(asked(answered(said))) == FetchFault.BAD_HTTP
