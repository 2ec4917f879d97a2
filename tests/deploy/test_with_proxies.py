"""Behind each proxy with its file from `deploy/`: HTTP/2 over TLS in front, two workers over
PostgreSQL behind.
"""

import json
import socket
import ssl

import pytest
from tests.deploy.conftest import SETTINGS
from tests.deploy.curl import ask
from tests.deploy.proxies import NAME
from tests.http.wire import WIRES, audit_stream_when, call

CLIENT = "127.0.0.7"
AKINON = WIRES[0]
by_certbot = pytest.mark.parametrize("proxy", ["apache", "nginx"], indirect=True)
"""Caddy gets and renews certificates by itself."""

SPOOFED = ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "X-Real-IP: 203.0.113.9"]


BEARER = f"Bearer {SETTINGS['RETICKET_METRICS_TOKEN']}"
REFUSED = (400, 403, 404)


def spellings(path):
    """Paths that a proxy and the service could interpret differently."""
    first = f"%{ord(path[1]):x}"
    return [
        path, f"{path}/", f"{path}?a", f"/{path}", f"/.{path}", f"/x/..{path}", f"/x/%2e%2e{path}",
        f"/{first}{path[2:]}", f"{path[:2].upper()}{path[2:]}", f"/%2f{path[1:]}", f"{path};a",
        f"{path}%00", f"/%5c..{path}", f"{path}%2f",
    ]  # fmt: skip


def served_certificate(proxy):
    """The certificate that the proxy sends on a new connection, as DER."""
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", proxy.port)) as plain,
        trust.wrap_socket(plain, server_hostname=NAME) as connection,
    ):
        return connection.getpeercert(binary_form=True)


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_every_vendor_dialect_signs_in_and_refreshes_over_http2(proxy, wire):
    answer = ask(proxy, wire.sign_in_path, json.dumps(wire.sign_in_body), method="POST")
    assert (answer.status, answer.version) in ((200, "2"), (201, "2")), answer
    token = wire.token_of(answer.body)
    answer = ask(proxy, wire.refresh_path, wire.body_of(token), method=wire.method)
    assert wire.is_good((answer.status, answer.headers, answer.body))
    assert answer.version == "2"


def test_the_issuer_is_the_public_address(proxy):
    told = json.loads(ask(proxy, "/.well-known/openid-configuration").body)
    assert told["issuer"] == SETTINGS["RETICKET_ISSUER"]
    assert told["token_endpoint"].startswith("https://id.example.com/")


def test_a_browser_is_told_to_come_back_over_tls(proxy):
    answer = ask(proxy, "/health/ready")
    assert (answer.status, answer.version) == (200, "2")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("spoofed", [(), tuple(SPOOFED)], ids=["plain", "spoofed"])
def test_the_audit_line_has_the_address_of_the_client(service, proxy, spoofed):
    body = json.dumps(AKINON.sign_in_body)
    answer = ask(proxy, AKINON.sign_in_path, body, *spoofed, method="POST", client=CLIENT)
    assert answer.status == 200
    correlation = answer.headers["x-correlation-id"]

    def lines(told):
        return [each for each in told if each.get("correlation_id") == correlation]

    assert {each["address"] for each in lines(audit_stream_when(service, lines))} == {CLIENT}


def test_the_metrics_token_reads_metrics_without_the_proxy(service):
    assert call(service.url, "GET", "/metrics", headers={"Authorization": BEARER})[0] == 200


@pytest.mark.parametrize("path", spellings("/metrics"))
def test_metrics_are_not_public_even_with_their_token(proxy, path):
    assert ask(proxy, path, None, f"Authorization: {BEARER}").status in REFUSED


def test_the_admin_api_is_for_the_networks_that_the_file_names(proxy):
    assert ask(proxy, "/admin/v1/users").status == 401


@pytest.mark.parametrize("path", spellings("/admin/v1/users"))
def test_the_admin_api_is_for_no_other_networks(proxy, path):
    assert ask(proxy, path, client=CLIENT).status in REFUSED


def test_a_body_over_the_limit_is_refused(proxy):
    file = proxy.folder / "large.json"
    file.write_text(json.dumps({"username": "a" * 1_100_000}))
    answer = ask(proxy, AKINON.sign_in_path, f"@{file}", method="POST")
    assert answer.status == 413


@by_certbot
def test_plain_http_leads_to_tls_and_serves_what_certbot_wrote(proxy):
    plain = f"http://127.0.0.1:{proxy.plain_port}"
    host = {"Host": NAME}
    status, headers, _ = call(plain, "GET", "/docs?a=b", headers=host)
    assert (status, headers["location"]) == (301, f"https://{NAME}/docs?a=b")
    folder = proxy.acme / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True)
    (folder / "proof").write_text("the proof")
    status, _, body = call(plain, "GET", "/.well-known/acme-challenge/proof", headers=host)
    assert (status, body) == (200, b"the proof")


@by_certbot
def test_a_renewed_certificate_is_served_after_a_reload(proxy):
    before = served_certificate(proxy)
    proxy.certificate.renew()
    assert served_certificate(proxy) == before
    proxy.reload()
    assert served_certificate(proxy) != before
    assert ask(proxy, "/health/live").status == 200
