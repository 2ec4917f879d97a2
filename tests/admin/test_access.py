"""Access to the admin API (RFC 6750), and the audit events of refusals."""

import json
from urllib.parse import urlencode

import pytest
from tests.admin.conftest import (
    ADA,
    BASE,
    AdminClient,
    add_client,
    at_the_shell,
    get_token,
    init,
    token_for,
)
from tests.http.wire import audit_stream_when, call, how_often

from reticket.core.commands import BeginSession

WRITING = [("POST", "/sessions"), ("POST", "/sessions/revoke"), ("POST", "/clients"),
           ("POST", "/clients/spa/secret"), ("DELETE", "/clients/spa"), ("POST", "/keys/rotate"),
           ("DELETE", f"/users/{ADA}"), ("GET", "/users"), ("GET", "/sessions")]  # fmt: skip


def test_init_creates_the_first_admin_once_and_its_secret_gets_a_token(server, first_admin, api):
    lines = init(server.data)
    assert "client_secret" not in " ".join(lines)
    assert api.good("GET", "/clients/admin")["registration"]["admin"] is True
    assert first_admin[1] not in str(api.events())


def test_the_admin_scope_must_be_requested_by_a_client_with_the_admin_flag(
    server, first_admin, api
):
    _, unasked = get_token(server.url, "admin", first_admin[1])
    assert "admin" not in unasked.get("scope", "")
    said = {"client_id": "hopeful", "policy": "SERVICE", "scopes": ["a", "admin"]}
    made = api.good("POST", "/clients", said)
    assert made["registration"]["scopes"] == ["a"]
    answer = get_token(server.url, "hopeful", made["client_secret"], scope="admin")
    assert (answer[0], answer[1]["error"]) == (400, "invalid_scope")


def anonymous(api, token=None):
    return AdminClient(api.url, api.data, token)


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_a_request_without_a_token_changes_nothing(api, method, path):
    status, headers, problem = anonymous(api).ask(method, path, {})
    assert (status, problem["code"]) == (401, "missing_token")
    assert headers["www-authenticate"] == 'Bearer realm="admin"'


def test_an_unreadable_token_is_refused(api):
    for token in ("x", api.token + "x", api.token[:-2], "rtk_abc", api.token.rpartition(".")[0]):
        status, headers, problem = anonymous(api, token).ask("GET", "/keys")
        assert (status, problem["code"]) == (401, "invalid_access_token")
        assert headers["www-authenticate"] == 'Bearer realm="admin", error="invalid_token"'
        assert "detail" not in problem


def test_a_token_without_the_admin_scope_is_forbidden(server, api):
    status, headers, _ = anonymous(api, token_for(server, "admin", "orders.read")).ask(
        "GET", "/keys"
    )
    assert status == 403
    assert 'error="insufficient_scope"' in headers["www-authenticate"]


def test_the_admin_scope_of_a_client_without_the_flag_is_forbidden(server, api):
    add_client(server, "plain", policy={"preset": "SERVICE"})
    token = token_for(server, "plain")
    assert anonymous(api, token).ask("GET", "/keys")[0] == 403


def test_a_client_that_loses_the_flag_or_is_disabled_is_refused_at_once(server, api):
    add_client(server, "former", admin=True)
    other = anonymous(api, token_for(server, "former"))
    other.good("GET", "/keys")
    api.good("POST", "/clients/former/disable")
    assert other.ask("GET", "/keys")[0] == 401
    api.good("POST", "/clients/former/enable")
    api.good("PATCH", "/clients/former", {"admin": False})
    assert other.ask("GET", "/keys")[0] == 403


def test_replacing_a_secret_invalidates_its_access_tokens_at_once(server, api):
    made = api.good("POST", "/clients", {"client_id": "second", "admin": True})
    secrets = [made["client_secret"]]
    for _ in range(2):
        _, said = get_token(server.url, "second", secrets[-1], scope="admin")
        other = anonymous(api, said["access_token"])
        other.good("GET", "/keys")
        secrets.append(api.good("POST", "/clients/second/secret")["client_secret"])
        assert other.ask("GET", "/keys")[0] == 401
        assert other.ask("POST", "/clients", {"client_id": "third", "admin": True})[0] == 401
    audit_stream_when(api, lambda told: how_often(told, "refused", cause="credential_changed") == 4)


def test_a_token_of_a_deleted_client_stays_invalid_when_the_id_is_registered_again(server, api):
    tokens = []
    for _ in range(2):
        made = api.good("POST", "/clients", {"client_id": "phoenix", "admin": True})
        assert [anonymous(api, token).ask("GET", "/keys")[0] for token in tokens] == (
            [401] * len(tokens)
        )
        _, said = get_token(server.url, "phoenix", made["client_secret"], scope="admin")
        tokens.append(said["access_token"])
        anonymous(api, tokens[-1]).good("GET", "/keys")
        api.good("DELETE", "/clients/phoenix")
        assert anonymous(api, tokens[-1]).ask("GET", "/keys")[0] == 401


def test_a_public_client_with_the_id_of_a_deleted_one_gets_none_of_its_sessions(server, api):
    registration = {"client_id": "lark", "scopes": ["openid"], "public": True}
    api.good("POST", "/clients", registration)
    said = api.good("POST", "/sessions", {"client_id": "lark", "user": ADA, "scope": "openid"})
    bearer = {"Authorization": f"Bearer {said['access_token']}"}
    assert call(server.url, "GET", "/oauth/userinfo", headers=bearer)[0] == 200
    api.good("DELETE", "/clients/lark")
    api.good("POST", "/clients", registration)
    assert call(server.url, "GET", "/oauth/userinfo", headers=bearer)[0] == 401
    form = urlencode({"grant_type": "refresh_token", "refresh_token": said["refresh_token"],
                      "client_id": "lark"})  # fmt: skip
    typed = {"Content-Type": "application/x-www-form-urlencoded"}
    assert call(server.url, "POST", "/oauth/token", form, typed)[0] == 400


def test_a_token_for_another_audience_or_bound_to_a_key_is_refused(server, api):
    for asked in ({"aud": "https://orders.example.com"}, {"jkt": "x" * 43}):
        token = token_for(server, "admin", **asked)
        assert anonymous(api, token).ask("GET", "/keys")[0] == 401, asked


def test_a_token_of_a_person_is_refused_whatever_its_scope(server, api):
    def operation(user):
        return (yield BeginSession("oauth.user", user, client="admin", scope="admin"))

    def work(builder, instance):
        issued = builder.perform(instance, operation(instance.directory.user_by_email(ADA)))
        return issued.access_token, issued.refresh_token

    access, refresh = at_the_shell(server, work)
    status, headers, problem = anonymous(api, access).ask("GET", "/keys")
    assert (status, problem["code"]) == (403, "access_denied")
    assert 'error="insufficient_scope"' in headers["www-authenticate"]
    assert anonymous(api, refresh).ask("GET", "/keys")[0] == 401


def test_refusals_and_changes_are_in_the_audit_stream(api):
    anonymous(api, "x").ask("GET", "/keys")
    api.ask("POST", "/sessions", {"client_id": "spa", "user": ADA, "scope": "no.such"})
    api.good("POST", "/keys/rotate", {"uses": ["mac"]})
    refused = {"event": "refused", "kind": "admin"}
    told = audit_stream_when(
        api,
        lambda told: (
            how_often(told, **refused, cause="forged")
            and how_often(told, **refused, cause="wrong_scope", subject="admin")
        ),
    )
    rotated = [event for event in told if event["event"] == "key_rotated"][-1]
    assert (rotated["subject"], rotated["detail"]) == ("admin", {"key": "mac"})


def test_the_openapi_document_is_served_and_listed_on_the_documentation_page(api):
    document = json.loads(call(api.url, "GET", "/openapi/admin.json")[2])
    assert document["security"] == [{"admin": []}]
    said = {f"{method.upper()} {path}" for path, all_ in document["paths"].items()
            for method in all_}  # fmt: skip
    assert {"POST /sessions", "POST /clients/{id}/secret", "POST /keys/retire"} <= said
    assert b"docs?dialect=admin" in call(api.url, "GET", "/docs")[2]
    tried = json.loads(call(api.url, "GET", "/docs/admin.json")[2])
    assert tried["servers"] == [{"url": BASE}]
