"""Cookies belong to a host: its ports, its paths and its sub-domains share them (RFC 6265 §8.5)."""

import re
from http.cookies import SimpleCookie

import httpx
import pytest
from tests.pages.instance import running_service
from tests.pages.people import ADA, JOAN, Person

from reticket.testing.waiting import PATIENCE


@pytest.fixture(scope="module")
def neighbour(tmp_path_factory):
    """Another service on another port of the same host."""
    with running_service(tmp_path_factory.mktemp("neighbour")) as running:
        yield running


def test_rfc_6265_8_5_a_service_on_another_port_signs_nobody_out(server, neighbour):
    with httpx.Client(timeout=PATIENCE) as browser:
        here, there = Elsewhere(browser, server), Elsewhere(browser, neighbour)
        here.asks().sends(**ADA)
        there.asks().sends(**JOAN)
        assert "ada@example.com" in here.asks().sees
        assert "joan@example.com" in there.asks().sees
        here.opens("/oauth/logout").sends(answer="sign_out")
        assert here.asks().headline == "Sign in"
        assert "joan@example.com" in there.asks().sees


class Elsewhere(Person):
    """A person whose browser has one jar for all ports, as browsers have."""

    def __init__(self, browser, service):
        super().__init__(browser)
        self._url = service.url

    def opens(self, path="/oauth/authorize", **query):
        return super().opens(f"{self._url}{path}", **query)

    @property
    def action(self):
        return f"{self._url}{super().action}"


def cookies_of(person):
    """Those of a sign-in, with their attributes. httpx keeps no `Secure` cookie of this host."""
    first = set_by(person.asks().page)
    sent = {"cookie": "; ".join(f"{name}={each.value}" for name, each in first.items())}
    return first | set_by(person.sends(headers=sent, **ADA).page)


def set_by(page):
    said = page.headers.get_list("set-cookie")
    return {name: each for text in said for name, each in SimpleCookie(text).items()}


@pytest.mark.parametrize(
    ("issuer", "suffix"),
    [
        ("https://id.example.com", ""),
        ("https://example.com/auth", "_auth"),
        ("https://example.com:8443/auth/one", "_8443_auth_one"),
    ],
)
def test_rfc_6265bis_4_1_3_2_no_sub_domain_sets_a_cookie_over_tls(tmp_path, issuer, suffix):
    settings = {"RETICKET_ISSUER": issuer}
    with (
        running_service(tmp_path, settings=settings) as service,
        httpx.Client(base_url=service.url) as http,
    ):
        found = cookies_of(Person(http))
    assert set(found) == {"__Host-reticket_visit", f"__Host-reticket_login{suffix}"}
    for cookie in found.values():
        assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", True)
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_on_loopback_the_cookies_have_no_prefix_and_name_the_port(server, person):
    port = re.search(r":(\d+)$", server.url)[1]
    found = cookies_of(person)
    assert set(found) == {"reticket_visit", f"reticket_login_{port}"}
    assert [each["path"] for each in found.values()] == ["/oauth", "/"]
    assert not any(each["secure"] or each["domain"] for each in found.values())
