"""The edge: ids, limits, proxies, origins, and unknown paths."""

import functools
import http.client
import json
import re
from urllib.parse import urljoin, urlsplit

import pytest
from tests.http.wire import ADA, PASSWORD, WIRES, audit_stream_when, call, events, how_often

from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE

AKINON, CLOUDREVE, KIBO = WIRES[0], WIRES[1], WIRES[2]
TOO_LARGE = re.compile(rb"too large|longer than|bytes", re.IGNORECASE)
ID = re.compile("[0-9a-f]{32}")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/nowhere"),
        ("GET", "/docs"),
        ("GET", "/api/nowhere"),
        ("GET", "/api/v1/nowhere"),
        ("GET", "/api/v4/nowhere"),
        ("GET", AKINON.refresh_path),
        ("POST", CLOUDREVE.refresh_path),
        ("PUT", KIBO.refresh_path),
    ],
)
def test_every_answer_has_a_correlation_id(server, method, path):
    first, second = (call(server.url, method, path, "{}")[1] for _ in range(2))
    assert ID.fullmatch(first["x-correlation-id"])
    assert first["x-correlation-id"] != second["x-correlation-id"]
    if path.startswith("/api/") and path[5:7] not in ("v1", "v4"):
        assert first["x-vol-correlation"] == first["x-correlation-id"]


def chunked(url, method, path, size):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    pieces = (b" " * 65536 for _ in range(size // 65536))
    connection.request(method, path, pieces, {"Content-Type": "application/json"},
                       encode_chunked=True)  # fmt: skip
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/health/live"),
        ("GET", "/nowhere"),
        ("GET", "/docs"),
        ("GET", "/docs/assets/swagger-ui.css"),
        ("POST", "/oauth/token"),
        ("POST", AKINON.refresh_path),
        ("GET", "nopath"),
    ],
)
def test_no_answer_names_a_program(server, method, path):
    _, headers, body = call(server.url, method, path)
    assert headers.keys().isdisjoint({"server", "x-powered-by", "via"})
    said = f"{headers}{body if len(body) < 1000 else ''}"
    assert re.search("uvicorn|starlette|python|cpython|reticket/", said, re.IGNORECASE) is None


@pytest.mark.parametrize("wire", WIRES[:3], ids=lambda wire: wire.name)
def test_a_body_over_the_limit_is_refused_in_the_dialects_shape(server, wire):
    status, _, body = call(server.url, wire.method, wire.refresh_path, b" " * (2**20 + 1))
    assert (status, TOO_LARGE.search(body) is not None) == (_status_of_a_limit(wire), True)
    assert json.loads(body)
    assert chunked(server.url, wire.method, wire.refresh_path, 2**20 + 2**17)[0] == status
    just = b" " * (2**20 - 2) + b"{}"
    assert TOO_LARGE.search(call(server.url, wire.method, wire.refresh_path, just)[2]) is None


def _status_of_a_limit(wire):
    """Cloudreve's clients read the text of a refusal only if its status is 200."""
    return 200 if wire is CLOUDREVE else 413


@pytest.mark.parametrize(
    ("method", "path", "mark"),
    [
        *((wire.method, wire.refresh_path, None) for wire in WIRES[:3]),
        ("POST", "/oauth/token", b"invalid_request"),
        ("POST", "/oauth/authorize", b"<html"),
        ("POST", "/admin/v1/users", b'"code":"unsupported_encoding"'),
    ],
)
@pytest.mark.parametrize("coding", ["gzip", "deflate, identity", "br"])
def test_rfc9110_15_5_16_a_body_with_a_content_encoding_is_not_read(
    server, method, path, mark, coding
):
    sent = {"Content-Encoding": coding}
    status, headers, body = call(server.url, method, path, b"\x1f\x8b", sent)
    assert status == 415
    assert headers["accept-encoding"] == "identity"
    assert mark in body if mark else json.loads(body)


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_rfc9110_8_4_1_identity_is_no_encoding(server, coding):
    wire = WIRES[0]
    answer = wire.refresh(server.url, wire.sign_in(server.url), **{"Content-Encoding": coding})
    assert wire.is_good(answer)


def test_a_request_without_a_body_has_nothing_to_decode(server):
    path = "/.well-known/openid-configuration"
    assert call(server.url, "GET", path, None, {"Content-Encoding": "gzip"})[0] == 200


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_a_trailing_slash_is_no_redirect(server, wire):
    token = wire.sign_in(server.url)
    path, _, query = wire.refresh_path.partition("?")
    answer = call(server.url, wire.method, f"{path}/?{query}", wire.body_of(token))
    assert wire.is_good(answer)


@pytest.mark.parametrize(
    ("path", "status", "mark"),
    [
        ("/api/platform/nothing", 404, b"ITEM_NOT_FOUND"),
        ("/api/v1/nothing", 404, b"apiError"),
        ("/api/v4/nothing", 404, b"404"),
        (KIBO.refresh_path, 405, b"METHOD_NOT_ALLOWED"),
        (AKINON.refresh_path, 405, b"apiError"),
        (CLOUDREVE.refresh_path, 404, b"404"),
    ],
)
def test_an_unknown_path_is_404(server, path, status, mark):
    found, headers, body = call(server.url, "PATCH", path, "{}")
    assert found == status
    assert mark in body
    assert status != 405 or headers["allow"]


@pytest.mark.parametrize(
    "path", ["/", "/health/live", "/docs", "/oauth/token", AKINON.refresh_path]
)
def test_trace_is_refused_and_echoes_nothing(server, path):
    sent = {"Authorization": "Bearer a-word-to-mirror", "X-Mirror": "another-word-to-mirror"}
    status, headers, body = call(server.url, "TRACE", path, "", sent)
    assert status in (404, 405)
    assert "word-to-mirror" not in f"{headers}{body}"


@pytest.mark.parametrize(
    ("method", "path", "size", "cause", "address"),
    [
        ("PATCH", "/oauth/nothing", 2, "no_route", "127.0.1.1"),
        ("PATCH", "/oauth/token", 2, "method_not_allowed", "127.0.1.2"),
        ("POST", "/oauth/token", 2**20 + 1, "too_large", "127.0.1.3"),
        ("POST", AKINON.refresh_path, 2**20 + 1, "too_large", "127.0.1.4"),
    ],
)
def test_requests_outside_all_dialects_are_logged(server, method, path, size, cause, address):
    kind = "oauth" if "oauth" in path else "akinon"
    refused = {"event": "refused", "cause": cause, "kind": kind, "address": address}
    answered = call(server.url, method, path, b" " * size, address=address)[1]["x-correlation-id"]
    audit_stream_when(server, lambda told: how_often(told, **refused, correlation_id=answered) == 1)


def test_pages_load_only_from_their_own_origin(server):
    for place in ("/", "/docs"):
        _, _, page = call(server.url, "GET", place)
        for asset in re.findall(rb'(?:src|href)="([^":]+)"', page):
            status, _, content = call(server.url, "GET", urljoin("/", asset.decode()))
            assert status == 200, asset
            assert content
        assert b"://" not in page
    for name in ("akinon", "cloudreve", "kibo"):
        status, headers, document = call(server.url, "GET", f"/openapi/{name}.json")
        assert status == 200
        assert headers["content-type"] == "application/json"
        assert json.loads(document)["paths"]
        assert json.loads(call(server.url, "GET", f"/docs/{name}.json")[2])["servers"]
    assert call(server.url, "GET", "/openapi/other.json")[0] == 404


def test_without_a_setting_no_other_origin_may_read(server):
    headers = {"Origin": "https://shop.example.com"}
    assert "access-control-allow-origin" not in call(
        server.url, AKINON.method, AKINON.refresh_path, "{}", headers
    )[1]  # fmt: skip


def test_every_origin_may_read_public_documents(server):
    for name in ("jwks.json", "openid-configuration", "oauth-authorization-server"):
        headers = call(server.url, "GET", f"/.well-known/{name}", None, {"Origin": "null"})[1]
        assert headers["access-control-allow-origin"] == "*"


def log_in(url, password=PASSWORD, **headers):
    body = json.dumps({"username": ADA, "password": password})
    return call(url, "POST", "/api/v1/auth/login", body, headers)


PAGES = [
    "/oauth/authorize", "/oauth/authorize/consent", "/oauth/device/code", "/oauth/account",
    "/oauth/account/end", "/oauth/logout", "/oauth/logout/confirm",
]  # fmt: skip


def test_allowed_origins_and_proxies_follow_the_settings(tmp_path):
    settings = {
        "RETICKET_CORS_ORIGINS": "https://shop.example.com",
        "RETICKET_TRUSTED_PROXIES": "127.0.0.0/8",
    }
    with running_server(tmp_path, settings=settings) as server:
        asked = {
            "Origin": "https://shop.example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        }
        status, headers, _ = call(server.url, "OPTIONS", AKINON.refresh_path, None, asked)
        assert status == 200
        assert ID.fullmatch(headers["x-correlation-id"])
        assert headers["access-control-allow-origin"] == "https://shop.example.com"
        headers = call(server.url, "POST", AKINON.refresh_path, "{}", asked)[1]
        assert headers["access-control-allow-origin"] == "https://shop.example.com"
        exposed = headers["access-control-expose-headers"].split(", ")
        assert {"dpop-nonce", "www-authenticate"} <= set(exposed)
        for method in ("PATCH", "HEAD"):
            preflight = {**asked, "Access-Control-Request-Method": method}
            assert call(server.url, "OPTIONS", AKINON.refresh_path, None, preflight)[0] == 200
        for path in PAGES:
            for method in ("OPTIONS", "GET", "POST"):
                headers = call(server.url, method, path, None, asked)[1]
                assert "access-control-allow-origin" not in headers, (method, path)
        other = {**asked, "Origin": "https://evil.example.com"}
        headers = call(server.url, "POST", AKINON.refresh_path, "{}", other)[1]
        assert "access-control-allow-origin" not in headers
        log_in(server.url, **{"X-Forwarded-For": "203.0.113.9"})
        assert '"address":"203.0.113.9"' in (server.data / "audit.jsonl").read_text()


@pytest.mark.parametrize("origins", ["*", "https://shop.example.com"])
def test_no_other_origin_may_read_pages_for_operators(tmp_path, origins):
    token = "scrape-0123456789-0123456789-0123456789"
    settings = {"RETICKET_CORS_ORIGINS": origins, "RETICKET_METRICS_TOKEN": token}
    asked = {
        "Origin": "https://shop.example.com",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
        "Authorization": f"Bearer {token}",
    }
    with running_server(tmp_path, settings=settings) as server:
        for path in ("/metrics", "/admin/v1/users", "/admin/v1/keys", "/admin/v1", "/admin/"):
            for method in ("OPTIONS", "GET", "POST"):
                headers = call(server.url, method, path, None, asked)[1]
                assert [name for name in headers if name.startswith("access-control-")] == [], path
        assert call(server.url, "GET", "/metrics", None, asked)[0] == 200


def test_failed_sign_ins_are_limited_by_account(tmp_path):
    settings = {"RETICKET_SIGN_IN__ACCOUNT_FAILURES": "3"}
    with running_server(tmp_path, settings=settings) as server:
        for _ in range(5):
            assert log_in(server.url)[0] == 200
        for _ in range(2):
            assert log_in(server.url, "wrong")[0] == 401
        assert log_in(server.url)[0] == 200
        statuses = [log_in(server.url, "wrong")[0] for _ in range(4)]
        assert statuses == [401, 401, 401, 429]
        spoofed = {"X-Forwarded-For": "203.0.113.9"}
        status, headers, body = log_in(server.url, **spoofed)
        assert status == 429
        assert int(headers["retry-after"]) > 0
        assert b"apiError" in body
        shapes = {
            "/api/v4/session/token": (
                200,
                b'"code":42900',
                {"email": ADA, "password": PASSWORD},
            ),
            "/api/platform/developer/authtickets": (
                429,
                b"TOO_MANY_REQUESTS",
                {"emailAddress": ADA, "password": PASSWORD},
            ),
        }
        for path, (expected, mark, said) in shapes.items():
            status, headers, body = call(server.url, "POST", path, json.dumps(said))
            assert (status, int(headers["retry-after"]) > 0) == (expected, True)
            assert mark in body


def test_failed_sign_ins_are_limited_by_address(tmp_path):
    settings = {"RETICKET_SIGN_IN__ADDRESS_FAILURES": "3"}
    with running_server(tmp_path, settings=settings) as server:
        for number in range(3):
            body = json.dumps({"username": f"{number}@example.com", "password": "wrong"})
            assert call(server.url, "POST", "/api/v1/auth/login", body)[0] == 401
        assert log_in(server.url)[0] == 429
        of_kibo, program = WIRES[3], json.dumps(KIBO.sign_in_body)
        body = json.dumps(of_kibo.sign_in_body)
        assert call(server.url, "POST", of_kibo.sign_in_path, body)[0] == 429
        assert call(server.url, "POST", KIBO.sign_in_path, program)[0] == 200


def test_a_correct_password_does_not_reset_wrong_codes(tmp_path):
    with running_server(tmp_path) as server:
        ask = functools.partial(call, server.url, "POST")
        alan = json.dumps({"email": "alan@example.com", "password": "enigma-1912"})
        told = []
        for _ in range(3):
            session = json.loads(ask("/api/v4/session/token", alan)[2])
            told.append(session["code"])
            for _ in range(5):
                body = json.dumps({"otp": "000000", "session_id": session.get("data", "x")})
                told.append(json.loads(ask("/api/v4/session/token/2fa", body)[2])["code"])
    assert told[0] == told[6] == 203
    assert told[12] != 203
    assert len(set(told[1:6] + told[7:12])) == 1


def test_a_response_without_content_has_no_length(server):
    token = AKINON.sign_in(server.url)
    status, headers, body = call(server.url, "POST", "/api/v1/auth/logout", AKINON.body_of(token))
    assert (status, body) == (204, b"")
    assert "content-length" not in headers
    assert "transfer-encoding" not in headers


def test_an_incomplete_number_is_malformed(server):
    for body in ("1.", "1e", "-", "12.e"):
        said = json.loads(call(server.url, "POST", CLOUDREVE.refresh_path, body)[2])
        assert said["code"] == 40001
        assert said["msg"] == "Parameter error"


def test_a_correlation_id_of_a_client_is_in_the_audit_stream(server):
    chosen = "B4351ECC-ee1a-4455-bc94-2c3dbcc58538"
    token = CLOUDREVE.sign_in(server.url)
    answer = CLOUDREVE.refresh(server.url, token, **{"X-Cr-Correlation-Id": chosen})
    refused = CLOUDREVE.refresh(server.url, "x", **{"X-Cr-Correlation-Id": chosen})
    digits = chosen.replace("-", "").lower()
    assert answer[1]["x-correlation-id"] == digits
    assert json.loads(refused[2])["correlation_id"] == chosen.lower()
    for wished in ("no uuid", chosen + "0", chosen[:-1] + "g"):
        headers = CLOUDREVE.refresh(server.url, "x", **{"X-Cr-Correlation-Id": wished})[1]
        assert ID.fullmatch(headers["x-correlation-id"])
        assert headers["x-correlation-id"] != digits
    assert digits in [event.get("correlation_id") for event in events(server)]


@pytest.mark.parametrize(
    "path", ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json", "/oauth/nothing"]
)
def test_rfc9110_9_3_2_head_is_get_without_the_body(server, path):
    told = [call(server.url, method, path) for method in ("GET", "HEAD")]
    (status, headers, body), (other, others, nothing) = told
    assert (other, nothing) == (status, b"" if isinstance(body, bytes) else "")
    for name in ("content-length", "content-type"):
        assert others[name] == headers[name]
