"""Sessions in the admin API: begin, list, show and end."""

import json
from base64 import urlsafe_b64decode
from urllib.parse import urlencode

import pytest
from tests.admin.conftest import ADA, BASE
from tests.http.wire import call

SPA = {"client_id": "spa", "user": ADA}


def start(api, **said):
    return api.good("POST", "/sessions", {**SPA, **said})


def session_in(api, answer):
    """The session id in the access token of a response."""
    return claims_of(answer["access_token"])["sid"]


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def ids(page):
    return [item["id"] for item in page["items"]]


def test_a_new_session_is_returned_as_an_oauth_token_response(api):
    status, headers, said = api.ask(
        "POST", "/sessions",
        {**SPA, "scope": "openid orders.read", "amr": ["pwd", "otp"], "auth_time": 1_700_000_000},
    )  # fmt: skip
    assert status == 201
    assert headers["cache-control"] == "no-store"
    assert said["token_type"] == "Bearer"
    assert said["expires_in"] == 900
    assert said["scope"] == "openid orders.read"
    assert said["refresh_token"].startswith("rtk_")
    claims = claims_of(said["access_token"])
    assert (claims["iss"], claims["client_id"]) == (api.url, "spa")
    assert (claims["auth_time"], claims["amr"]) == (1_700_000_000, ["pwd", "otp"])
    assert claims_of(said["id_token"])["aud"] == "spa"
    assert headers["location"] == f"{BASE}/sessions/{claims['sid']}"


def test_a_session_of_the_admin_api_is_refreshed_at_the_token_endpoint(api):
    said = start(api, scope="orders.read openid")
    form = {"grant_type": "refresh_token", "refresh_token": said["refresh_token"]}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({**form, "client_id": "spa"})
    status, _, answer = call(api.url, "POST", "/oauth/token", body, headers)
    assert status == 200
    assert json.loads(answer)["scope"] == "openid orders.read"


def test_a_new_session_can_be_shown_listed_and_ended(api):
    session = session_in(api, start(api))
    shown = api.good("GET", f"/sessions/{session}")
    assert (shown["client"], shown["generation"], shown["revoked_at"]) == ("spa", 1, None)
    assert shown["scope"] == "openid profile orders.read orders.write offline_access"
    assert session in ids(api.good("GET", f"/sessions?subject={ADA}&client=spa&live=true"))
    assert session not in ids(api.good("GET", "/sessions?client=backend"))
    api.good("DELETE", f"/sessions/{session}")
    assert api.good("GET", f"/sessions/{session}")["revoked_cause"] == "operator"
    assert session not in ids(api.good("GET", f"/sessions?subject={ADA}&live=true&limit=500"))
    assert api.ask("DELETE", f"/sessions/{session}")[0] == 204


def test_the_next_page_of_a_list_begins_where_the_last_one_ended(api):
    begun = [session_in(api, start(api)) for _ in range(3)]
    found, cursor = [], ""
    while cursor is not None:
        page = api.good("GET", f"/sessions?client=spa&live=true&limit=2{cursor}")
        assert len(page["items"]) <= 2
        found += ids(page)
        cursor = page["next"] and f"&cursor={page['next']}"
    assert [session for session in found if session in begun] == begun
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("member", ["session", "subject", "client", "tenant"])
def test_sessions_are_ended_by_common_criteria(api, member):
    shown = api.good("GET", f"/sessions/{session_in(api, start(api, tenant=1000))}")
    said = shown["id"] if member == "session" else shown[member]
    assert api.good("POST", "/sessions/revoke", {member: said})["count"] >= 1
    assert api.good("GET", f"/sessions/{shown['id']}")["revoked_cause"] == "operator"
    assert api.good("POST", "/sessions/revoke", {member: said})["count"] == 0


UNKNOWN = [
    ({"kind": "oauth.usr"}, 400, "kind must be one of "),
    ({"subject": "nobody"}, 404, "subject is not there"),
    ({"subject": "nowhere@example.com"}, 404, "subject is not there"),
    ({"client": "spaa"}, 404, "client is not there"),
    ({"tenant": "4711"}, 404, "tenant is not there"),
    ({"tenant": "1000", "client": "spaa"}, 404, "client is not there"),
]


@pytest.mark.parametrize(("said", "status", "sentence"), UNKNOWN)
def test_a_misspelt_criterion_is_an_error_and_not_ignored(api, said, status, sentence):
    begun = session_in(api, start(api))
    for answer in (
        api.ask("POST", "/sessions/revoke", said),
        api.ask("GET", f"/sessions?{urlencode(said)}"),
    ):
        assert answer[0] == status
        assert answer[2]["detail"].startswith(sentence)
    assert api.good("GET", f"/sessions/{begun}")["revoked_at"] is None


def test_revoking_an_unknown_session_is_an_error(api):
    status, _, problem = api.ask("POST", "/sessions/revoke", {"session": "0" * 32})
    assert (status, problem["detail"]) == (404, "session is not there.")


@pytest.mark.parametrize("context", ["", "x", "9" * 400, "-", "٣"])
def test_a_context_that_is_no_number_is_reported_as_unknown(api, context):
    said = urlencode({"tenant": context or "+"})
    assert api.ask("GET", f"/sessions?{said}")[0] == 404


def test_sessions_of_a_client_that_was_deleted_are_still_listed(api):
    api.good("POST", "/clients", {"client_id": "departed", "public": True, "scopes": ["a"]})
    begun = session_in(api, start(api, client_id="departed"))
    api.good("DELETE", "/clients/departed")
    assert ids(api.good("GET", "/sessions?client=departed")) == [begun]


def test_all_sessions_end_only_with_an_explicit_all(api):
    start(api)
    for body in ({}, {"all": False}, {"all": True, "client": "spa"}, {"all": 1}, {"al": True}):
        assert api.ask("POST", "/sessions/revoke", body)[0] == 400, body
    assert api.good("POST", "/sessions/revoke", {"all": True})["count"] >= 1
    assert api.good("GET", "/sessions?live=true")["items"] == []


@pytest.mark.parametrize(
    ("said", "status", "word"),
    [
        ({"client_id": "nobody"}, 404, "client_id"),
        ({"user": "nowhere@example.com"}, 404, "user"),
        ({"user": "banned@example.com"}, 409, "disabled"),
        ({"user": "new@example.com"}, 409, "not active"),
        ({"scope": "openid admin"}, 400, "scope"),
        ({"scope": "orders.everything"}, 400, "scope"),
        ({"resource": "https://orders.example.com"}, 400, "resource"),
        ({"tenant": 1002}, 400, "tenant"),
        ({"auth_time": 9_999_999_999}, 400, "auth_time"),
        ({"amr": ["not a word"]}, 400, "amr"),
        ({"dpop_jkt": "short"}, 400, "dpop_jkt"),
        ({"scope": 5}, 400, "scope"),
        ({"extra": 1}, 400, "extra"),
    ],
    ids=lambda said: next(iter(said.items()))[0] if isinstance(said, dict) else None,
)
def test_a_session_that_is_not_allowed_does_not_begin(api, said, status, word):
    before = len(api.good("GET", "/sessions?limit=500")["items"])
    found, headers, problem = api.ask("POST", "/sessions", {**SPA, **said})
    assert (found, headers["content-type"]) == (status, "application/problem+json")
    assert problem["status"] == status
    assert word in problem["detail"]
    assert len(api.good("GET", "/sessions?limit=500")["items"]) == before


def test_a_disabled_client_gets_no_session(api):
    api.good("POST", "/clients", {"client_id": "closed", "public": True, "scopes": ["a"]})
    api.good("POST", "/clients/closed/disable")
    status, _, problem = api.ask("POST", "/sessions", {**SPA, "client_id": "closed"})
    assert (status, problem["code"]) == (409, "subject_disabled")
    api.good("POST", "/clients/closed/enable")
    start(api, client_id="closed")


def test_a_session_is_bound_if_its_client_must_bind_tokens(api):
    api.good(
        "POST", "/clients", {"client_id": "bound", "public": True, "dpop_required": True},
    )  # fmt: skip
    assert api.ask("POST", "/sessions", {**SPA, "client_id": "bound"})[0] == 400
    said = start(api, client_id="bound", dpop_jkt="x" * 43)
    assert said["token_type"] == "DPoP"
    assert claims_of(said["access_token"])["cnf"] == {"jkt": "x" * 43}


@pytest.mark.parametrize(
    "path",
    [
        "/sessions/nothex", "/sessions?limit=0", "/sessions?limit=501", "/sessions?limit=x",
        "/sessions?live=yes", "/sessions?cursor=zz", "/sessions?subjekt=x",
        "/clients?cursor=%25", "/users?limit=-1",
    ],
)  # fmt: skip
def test_an_invalid_request_is_refused_with_the_reason(api, path):
    status, _, problem = api.ask("GET", path)
    assert (status, problem["code"]) == (400, "invalid_parameter")
    assert problem["detail"]


def test_an_unknown_object_is_404(api):
    for path in (f"/sessions/{'0' * 32}", "/clients/nobody", "/users/nowhere@example.com", "/x"):
        assert api.ask("GET", path)[0] == 404, path
    assert api.ask("PUT", "/clients")[0] == 405


def test_bodies_must_be_json(api):
    said = {"Authorization": f"Bearer {api.token}", "Content-Type": "text/plain"}
    assert call(api.url, "POST", f"{BASE}/sessions", "{}", said)[0] == 415
    said["Content-Type"] = "application/json; charset=utf-8"
    for body in ("", "{", "[]", "null", '{"client_id": "\\ud800"}', "[" * 100_000):
        assert call(api.url, "POST", f"{BASE}/sessions", body, said)[0] == 400, body[:20]


@pytest.mark.parametrize(
    "query", ["client=%00", "subject=a%00", "LIMIT=1", "Client=spa", "cursor=%00"]
)
def test_a_query_may_have_only_exact_names_and_no_nul(api, query):
    assert api.ask("GET", f"/sessions?{query}")[0] == 400


@pytest.mark.parametrize("path", ["/families", "/families/revoke", f"/families/{'0' * 32}"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_old_path_is_refused_with_the_new_path(api, method, path):
    status, headers, problem = api.ask(method, path)
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert problem["detail"] == "/admin/v1/families is now /admin/v1/sessions."


def test_a_path_that_only_begins_like_an_old_one_is_just_unknown(api):
    assert "detail" not in api.ask("GET", "/familiesque")[2]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"family": "0" * 32}, "family is now session."),
        ({"resource": "oauth.user"}, "resource is now kind."),
    ],
)
def test_an_old_member_is_refused_with_the_new_name(api, said, sentence):
    begun = session_in(api, start(api))
    status, _, problem = api.ask("POST", "/sessions/revoke", said)
    assert (status, problem["detail"]) == (400, sentence)
    status, _, problem = api.ask("GET", f"/sessions?{urlencode(said)}")
    assert (status, problem["detail"]) == (400, sentence)
    assert api.good("GET", f"/sessions/{begun}")["revoked_at"] is None
