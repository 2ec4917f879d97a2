"""A trusted proxy is believed; an untrusted one is logged."""

from contextlib import ExitStack
from ipaddress import ip_network
from types import SimpleNamespace

import pytest
from tests.http.connection.shapes import get
from tests.http.connection.stream import at_once, opened, read_answers
from tests.http.wire import WIRES, call, events

from reticket.cli.doctor.checks import untrusted_proxies as unnamed_proxies
from reticket.core.addresses import normal_address, normal_network
from reticket.http.proxies import Proxies
from reticket.http.untrusted_proxies import UntrustedProxies
from reticket.settings import Settings
from reticket.testing import running_server
from reticket.testing.waiting import until

AKINON = WIRES[0]
PROXIES = Proxies([ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")])


@pytest.mark.parametrize(("said", "client"), [
    ([], "10.0.0.1"),
    (["192.0.2.1"], "192.0.2.1"),
    (["198.51.100.7, 192.0.2.1"], "192.0.2.1"),
    (["198.51.100.7", "192.0.2.1"], "192.0.2.1"),
    (["198.51.100.7, 192.0.2.1, 10.0.0.9"], "192.0.2.1"),
    (["192.0.2.1, 10.0.0.9", "2001:db8::5"], "192.0.2.1"),
    (["10.0.0.8, 10.0.0.9"], "10.0.0.8"),
    (["192.0.2.1:4711"], "192.0.2.1"),
    (["[2001:db9::1]:4711"], "2001:db9::1"),
    (["2001:DB9:0::1"], "2001:db9::1"),
    (["::ffff:192.0.2.1"], "192.0.2.1"),
    (["192.0.2.1, ::ffff:10.0.0.9"], "192.0.2.1"),
    (["192.0.2.1, unknown"], "10.0.0.1"),
    (["192.0.2.1, unknown, 10.0.0.9"], "10.0.0.9"),
    (["192.0.2.1,"], "10.0.0.1"),
    ([""], "10.0.0.1"),
    ([", ".join(["192.0.2.1"] * 10_000)], "192.0.2.1"),
    ([", ".join(["192.0.2.1", *["10.0.0.2"] * 10_000])], "10.0.0.2"),
])  # fmt: skip
def test_hops_are_counted_from_the_right(said, client):
    known = {b"x-forwarded-for": [text.encode() for text in said]} if said else {}
    assert PROXIES.client("10.0.0.1", known) == client


@pytest.mark.parametrize(("said", "scheme"), [
    ([], None), (["https"], "https"), (["http, HTTPS"], "https"), (["https", "http"], "http"),
    (["ftp"], None), ([""], None),
])  # fmt: skip
def test_the_scheme_is_from_the_nearest_proxy(said, scheme):
    known = {b"x-forwarded-proto": [text.encode() for text in said]} if said else {}
    assert PROXIES.scheme(known) == scheme


@pytest.mark.parametrize(("address", "normal"), [
    ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"), ("::1", "::1"),
    ("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"), ("", ""), ("::x", "::x"),
])  # fmt: skip
def test_an_ipv4_address_has_one_form(address, normal):
    assert normal_address(address) == normal


@pytest.mark.parametrize(("network", "normal"), [
    ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("::ffff:192.0.2.1", "192.0.2.1/32"),
    ("::/0", "::/0"), ("10.0.0.0/8", "10.0.0.0/8"), ("2001:db8::/32", "2001:db8::/32"),
])  # fmt: skip
def test_a_network_of_ipv4_addresses_has_one_form(network, normal):
    assert normal_network(ip_network(network)) == ip_network(normal)
    assert Settings(trusted_proxies=[network]).trusted_proxies == (ip_network(normal),)


@pytest.mark.parametrize(
    ("peer", "may_be"),
    [
        ("127.0.0.1", True), ("::1", True), ("10.1.2.3", True), ("172.16.0.1", True),
        ("192.168.0.9", True), ("fd00::1", True), ("fe80::1", True), ("8.8.8.8", False),
        ("2001:4860:4860::8888", False), ("172.32.0.1", False), ("10.9.9.9", False), ("", False),
        ("no address", False),
    ],
)  # fmt: skip
def test_only_a_private_address_is_taken_for_an_untrusted_proxy(peer, may_be):
    """An untrusted proxy is exempt from the limit per address, and any client could send a
    forwarding header.
    """
    assert Proxies([ip_network("10.9.0.0/16")]).may_be_unnamed(peer) is may_be


def try_to_sign_in(server, forwarded_for):
    """A refusal by this way; the addresses that the audit log has after it."""
    body = b'{"username":"a@b.c","password":"x"}'
    before = len(addresses(server))
    answer = call(server.url, "POST", AKINON.sign_in_path, body, {"X-Forwarded-For": forwarded_for})
    assert answer[0] == 401
    until(lambda: len(addresses(server)) > before, "the audit log hears of it")
    return addresses(server)


def addresses(server):
    return [event["address"] for event in events(server) if event.get("address")]


@pytest.fixture(scope="module")
def both_families(tmp_path_factory):
    """Listens on `::`, so its IPv4 peers are IPv4-mapped; its proxy is 127.0.0.1."""
    settings = {"RETICKET_HOST": "::", "RETICKET_TRUSTED_PROXIES": "127.0.0.1"}
    settings["RETICKET_CONNECTIONS__PER_ADDRESS"] = "3"
    with running_server(tmp_path_factory.mktemp("both"), settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def unnamed(tmp_path_factory):
    """A server without trusted proxies, with three connections per address."""
    settings = {"RETICKET_CONNECTIONS__PER_ADDRESS": "3"}
    with running_server(tmp_path_factory.mktemp("unnamed"), settings=settings) as running:
        yield running


def test_an_ipv4_mapped_peer_is_the_trusted_proxy(both_families):
    forwarded_for = "198.51.100.7, ::ffff:192.0.2.55"
    assert try_to_sign_in(both_families, forwarded_for)[-1] == "192.0.2.55"


def test_a_trusted_ipv4_mapped_proxy_has_more_connections_than_an_address(both_families):
    with ExitStack() as stack:
        for _ in range(9):
            line = stack.enter_context(opened(both_families.url))
            at_once(line, get())
            assert read_answers(line, 1)[0].status == 200


def test_an_untrusted_proxy_is_not_trusted_but_logged_and_exempted(unnamed):
    forwarded = get(b"Via: 1.1 proxy")
    with ExitStack() as stack:
        for _ in range(9):
            line = stack.enter_context(opened(unnamed.url))
            at_once(line, forwarded)
            assert read_answers(line, 1)[0].status == 200
    said = [line for line in unnamed.log.read_text().splitlines() if "unnamed_proxy" in line]
    assert len(said) == 1
    assert '"address": "127.0.0.1"' in said[0]
    assert UntrustedProxies(unnamed.data).read() == ["127.0.0.1"]
    assert set(try_to_sign_in(unnamed, "192.0.2.1")) == {"127.0.0.1"}


def test_doctor_reports_untrusted_proxies(tmp_path):
    UntrustedProxies(tmp_path).remember("10.1.2.3")
    assert "10.1.2.3" in UntrustedProxies(tmp_path).warnings([])[0]
    assert UntrustedProxies(tmp_path).warnings([ip_network("10.0.0.0/8")]) == []
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    instance = SimpleNamespace(settings=SimpleNamespace(data=tmp_path, trusted_proxies=()))
    ((_, said),) = unnamed_proxies.look(instance)
    assert "10.1.2.3 sends forwarding headers" in said


def test_the_number_of_remembered_proxies_is_limited(tmp_path):
    unnamed = UntrustedProxies(tmp_path)
    for n in range(100):
        unnamed.remember(f"10.0.0.{n}")
    assert len(unnamed.read()) == 64
