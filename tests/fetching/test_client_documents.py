"""The document of a client under attack: a stranger chooses the URL and runs its server."""

import gzip
import json
import socket
import time
from contextlib import ExitStack

import pytest
from tests.dialects.oauth.browser import Browser
from tests.dialects.oauth.documents import APP, accepting
from tests.fetching.other_server import HOST, JSON, SHORT, answered, other_server, slowly

from reticket.fetching import Reach, Resolver, SafeExchange
from reticket.fetching.resolving import Address

PATIENT = 60.0
"""Seconds of a whole request that need not end at its deadline."""


class OtherServers:
    """What `World.elsewhere` is asked for comes from real servers."""

    def __init__(self, world, exchange):
        self._world, self._exchange = world, exchange

    def get(self, url, missing):
        return self._exchange(self._world.fetched[-1])


@pytest.fixture
def asked(tmp_path):
    """The page for a client whose document a server with this behaviour has."""
    with ExitStack() as stack:

        def ask(behave, *, url=None, lookup=None, hosts=(HOST,), timeout=PATIENT):
            server, ca_file = stack.enter_context(other_server(tmp_path, behave))
            world = stack.enter_context(accepting())
            ask.server, ask.world = server, world
            resolver = Resolver(lookup or server.lookup)
            exchange = SafeExchange(Reach(resolver, hosts, ca_file), time.monotonic, timeout)
            world.elsewhere = OtherServers(world, exchange)
            ask.url = url or server.url("/client.json")
            return Browser(world).asks(client_id=ask.url, scope="openid")

        yield ask


def telling(**members):
    """A behaviour that sends a document which names its own URL, but for these members."""

    def behave(connection, request):
        port = connection.getsockname()[1]
        said = {**APP, "client_id": f"https://{HOST}:{port}/client.json", **members}
        connection.sendall(JSON + b"Connection: close\r\n\r\n" + json.dumps(said).encode())

    return behave


def is_refused(asked, browser, word, status=400):
    assert (browser.page.status, word in browser.text) == (status, True), browser.text
    assert browser.location is None
    assert asked.url not in asked.world.people.clients
    return True


def test_a_document_over_tls_describes_its_client(asked):
    browser = asked(telling())
    assert (browser.page.status, "Notes" in browser.text) == (200, True)
    assert asked.url in asked.world.people.clients


@pytest.mark.parametrize("path", ["/other.json", "/client.json?", "/client.json/", "//client.json"])
def test_a_document_that_names_another_id_is_refused(asked, path):
    named = f"https://{HOST}{path}"
    assert is_refused(asked, asked(telling(client_id=named)), "not the URL of the document")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(asked, status):
    head = f"HTTP/1.1 {status} Go\r\nLocation: https://{HOST}/other\r\nContent-Length: 0\r\n\r\n"
    assert is_refused(asked, asked(answered(head.encode())), "redirected")
    assert asked.server.connections == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::a00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_a_host_with_an_address_that_is_not_public_is_refused(asked, address):
    def lookup(host, port):
        return [Address(socket.AF_INET, (address, port))]

    browser = asked(telling(), lookup=lookup, hosts=())
    assert is_refused(asked, browser, "no public address")
    assert asked.server.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "0x7f.1", "localhost"])
def test_an_address_in_the_url_is_refused_too(asked, host):
    lookup = Resolver()._lookup
    browser = asked(telling(), url=f"https://{host}/client.json", lookup=lookup)
    assert is_refused(asked, browser, "no public address")
    assert asked.server.connections == 0


def test_rebinding_leads_nowhere(asked, monkeypatch):
    """The name has a public address when it is checked, and this machine's afterwards."""
    texts, connected = ["1.1.1.1", "127.0.0.1"], []

    def lookup(host, port):
        return [Address(socket.AF_INET, (texts.pop(0), port))]

    def connect(connection, place):
        connected.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert is_refused(asked, asked(telling(), lookup=lookup, hosts=()), "unreachable", status=503)
    assert (texts, connected) == (["127.0.0.1"], ["1.1.1.1"])


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(lambda connection, request: connection.recv(1), id="silence"),
        pytest.param(slowly(b"HTTP/1.1 200 OK\r\nX: ", b"a"), id="headers"),
        pytest.param(slowly(JSON + b"Content-Length: 9999\r\n\r\n", b"a"), id="body"),
    ],
)
def test_a_slow_document_ends_at_the_deadline(asked, behave):
    browser = asked(behave, timeout=SHORT)
    assert is_refused(asked, browser, "timed_out", status=503)


def endless(connection, request):
    connection.sendall(JSON + b"Connection: close\r\n\r\n")
    while True:
        connection.sendall(b" " * 999)


def test_an_endless_document_is_cut(asked):
    assert is_refused(asked, asked(endless), "too_large")


def test_a_compressed_document_is_refused_before_its_body(asked):
    bomb = gzip.compress(bytes(10_000_000))
    head = JSON + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    assert is_refused(asked, asked(answered(head, bomb)), "encoded")


def test_what_is_no_json_is_refused_by_its_type(asked):
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}"
    assert is_refused(asked, asked(answered(page)), "bad_type")
