"""Whose address the service sees: the client's of a trusted proxy, never one that a client sent."""

import json
import time
import uuid

import pytest
from tests.attacks.desync import SIGN_IN, request
from tests.attacks.target import connected, target_of
from tests.http.wire import ADA, PASSWORD, events
from tests.proxies.conftest import port_of
from tests.proxies.servers import CONFIGURATIONS, running_proxy

from reticket.testing import running_server

CLIENT = "127.0.0.7"
ADAS = {"email": ADA, "password": PASSWORD}
SPOOFED = [
    "X-Forwarded-For: 203.0.113.9",
    "X-Forwarded-For: 203.0.113.9, 127.0.0.1",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 127.0.0.1",
    "Forwarded: for=203.0.113.9",
    "X-Real-IP: 203.0.113.9",
]


def address_of(server, url, *headers):
    """The address in the audit stream of a sign-in by that client."""
    correlation = uuid.uuid4().hex
    with connected(target_of(url), CLIENT) as connection:
        connection.sendall(request(SIGN_IN, ADAS, correlation, *headers))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
    while True:  # the audit stream hears after the answer; the test's time-out ends this
        for event in events(server):
            if event.get("correlation_id") == correlation:
                return event["address"]
        time.sleep(0.05)


@pytest.mark.parametrize("spoofed", [(), *((each,) for each in SPOOFED)])
def test_behind_a_trusted_proxy_the_audited_address_is_the_clients(service, proxy, spoofed):
    assert address_of(service, proxy, *spoofed) == CLIENT


@pytest.mark.parametrize("name", sorted(CONFIGURATIONS))
def test_behind_an_untrusted_proxy_its_address_is_audited_and_a_warning_logged(tmp_path, name):
    with (
        running_server(tmp_path) as server,
        running_proxy(name, tmp_path / "proxy", port_of(server.url)) as url,
    ):
        for spoofed in SPOOFED:
            assert address_of(server, url, spoofed) == "127.0.0.1"
        lines = [
            json.loads(line) for line in server.log.read_text().splitlines() if line[:1] == "{"
        ]
    told = [line for line in lines if line["event"] == "unnamed_proxy"]
    assert [line["address"] for line in told] == ["127.0.0.1"]
    assert "trusted_proxies" in told[0]["advice"]
