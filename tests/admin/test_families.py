"""Families as an operator's program sees them: begun, listed, shown, ended."""

import json
from base64 import urlsafe_b64decode
from urllib.parse import urlencode

import pytest
from tests.admin.conftest import ADA, BASE
from tests.http.wire import call

SPA = {"client_id": "spa", "user": ADA}


def start(desk, **said):
    return desk.good("POST", "/families", {**SPA, **said})


def family_in(desk, answer):
    """The id of the family that an answer's access token tells."""
    return claims_of(answer["access_token"])["sid"]


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def ids(page):
    return [item["id"] for item in page["items"]]


def test_a_family_begins_with_the_token_answer_of_oauth(desk):
    status, headers, said = desk.ask(
        "POST", "/families",
        {**SPA, "scope": "openid orders.read", "amr": ["pwd", "otp"], "auth_time": 1_700_000_000},
    )  # fmt: skip
    assert status == 201
    assert headers["cache-control"] == "no-store"
    assert said["token_type"] == "Bearer"
    assert said["expires_in"] == 900
    assert said["scope"] == "openid orders.read"
    assert said["refresh_token"].startswith("rtk_")
    claims = claims_of(said["access_token"])
    assert (claims["iss"], claims["client_id"]) == (desk.url, "spa")
    assert (claims["auth_time"], claims["amr"]) == (1_700_000_000, ["pwd", "otp"])
    assert claims_of(said["id_token"])["aud"] == "spa"
    assert headers["location"] == f"{BASE}/families/{claims['sid']}"


def test_what_was_begun_is_refreshed_at_the_token_endpoint(desk):
    said = start(desk, scope="orders.read openid")
    form = {"grant_type": "refresh_token", "refresh_token": said["refresh_token"]}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({**form, "client_id": "spa"})
    status, _, answer = call(desk.url, "POST", "/oauth/token", body, headers)
    assert status == 200
    assert json.loads(answer)["scope"] == "openid orders.read"


def test_a_family_that_was_begun_is_shown_listed_and_ended(desk):
    family = family_in(desk, start(desk))
    shown = desk.good("GET", f"/families/{family}")
    assert (shown["client"], shown["generation"], shown["revoked_at"]) == ("spa", 1, None)
    assert shown["scope"] == "openid profile orders.read orders.write offline_access"
    assert family in ids(desk.good("GET", f"/families?subject={ADA}&client=spa&live=true"))
    assert family not in ids(desk.good("GET", "/families?client=backend"))
    desk.good("DELETE", f"/families/{family}")
    assert desk.good("GET", f"/families/{family}")["revoked_cause"] == "operator"
    assert family not in ids(desk.good("GET", f"/families?subject={ADA}&live=true&limit=500"))
    assert desk.ask("DELETE", f"/families/{family}")[0] == 204


def test_a_list_goes_on_where_a_page_ended(desk):
    begun = [family_in(desk, start(desk)) for _ in range(3)]
    found, cursor = [], ""
    while cursor is not None:
        page = desk.good("GET", f"/families?client=spa&live=true&limit=2{cursor}")
        assert len(page["items"]) <= 2
        found += ids(page)
        cursor = page["next"] and f"&cursor={page['next']}"
    assert [family for family in found if family in begun] == begun
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("member", ["family", "subject", "client", "tenant"])
def test_families_end_by_what_they_have_in_common(desk, member):
    shown = desk.good("GET", f"/families/{family_in(desk, start(desk, tenant=1000))}")
    said = shown["id"] if member == "family" else shown[member]
    assert desk.good("POST", "/families/revoke", {member: said})["count"] >= 1
    assert desk.good("GET", f"/families/{shown['id']}")["revoked_cause"] == "operator"
    assert desk.good("POST", "/families/revoke", {member: said})["count"] == 0


UNKNOWN = [
    ({"resource": "oauth.usr"}, 400, "resource must be one of "),
    ({"subject": "nobody"}, 404, "subject is not there"),
    ({"subject": "nowhere@example.com"}, 404, "subject is not there"),
    ({"client": "spaa"}, 404, "client is not there"),
    ({"tenant": "4711"}, 404, "tenant is not there"),
    ({"tenant": "1000", "client": "spaa"}, 404, "client is not there"),
]


@pytest.mark.parametrize(("said", "status", "sentence"), UNKNOWN)
def test_a_misspelt_name_in_a_selection_is_told_and_not_counted_as_nothing(
    desk, said, status, sentence
):
    begun = family_in(desk, start(desk))
    for answer in (
        desk.ask("POST", "/families/revoke", said),
        desk.ask("GET", f"/families?{urlencode(said)}"),
    ):
        assert answer[0] == status
        assert answer[2]["detail"].startswith(sentence)
    assert desk.good("GET", f"/families/{begun}")["revoked_at"] is None


def test_revoking_a_family_that_there_is_not_is_told(desk):
    status, _, problem = desk.ask("POST", "/families/revoke", {"family": "0" * 32})
    assert (status, problem["detail"]) == (404, "family is not there.")


@pytest.mark.parametrize("context", ["", "x", "9" * 400, "-", "٣"])
def test_a_context_that_is_no_number_is_a_name_that_there_is_not(desk, context):
    said = urlencode({"tenant": context or "+"})
    assert desk.ask("GET", f"/families?{said}")[0] == 404


def test_families_of_a_client_that_was_deleted_are_still_listed(desk):
    desk.good("POST", "/clients", {"client_id": "departed", "public": True, "scopes": ["a"]})
    begun = family_in(desk, start(desk, client_id="departed"))
    desk.good("DELETE", "/clients/departed")
    assert ids(desk.good("GET", "/families?client=departed")) == [begun]


def test_all_families_end_by_an_explicit_all_alone(desk):
    start(desk)
    for body in ({}, {"all": False}, {"all": True, "client": "spa"}, {"all": 1}, {"al": True}):
        assert desk.ask("POST", "/families/revoke", body)[0] == 400, body
    assert desk.good("POST", "/families/revoke", {"all": True})["count"] >= 1
    assert desk.good("GET", "/families?live=true")["items"] == []


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
def test_a_family_that_may_not_begin_does_not(desk, said, status, word):
    before = len(desk.good("GET", "/families?limit=500")["items"])
    found, headers, problem = desk.ask("POST", "/families", {**SPA, **said})
    assert (found, headers["content-type"]) == (status, "application/problem+json")
    assert problem["status"] == status
    assert word in problem["detail"]
    assert len(desk.good("GET", "/families?limit=500")["items"]) == before


def test_a_disabled_client_gets_no_family(desk):
    desk.good("POST", "/clients", {"client_id": "closed", "public": True, "scopes": ["a"]})
    desk.good("POST", "/clients/closed/disable")
    status, _, problem = desk.ask("POST", "/families", {**SPA, "client_id": "closed"})
    assert (status, problem["code"]) == (409, "subject_disabled")
    desk.good("POST", "/clients/closed/enable")
    start(desk, client_id="closed")


def test_a_family_of_a_client_that_must_bind_its_tokens_is_bound(desk):
    desk.good(
        "POST", "/clients", {"client_id": "bound", "public": True, "dpop_required": True},
    )  # fmt: skip
    assert desk.ask("POST", "/families", {**SPA, "client_id": "bound"})[0] == 400
    said = start(desk, client_id="bound", dpop_jkt="x" * 43)
    assert said["token_type"] == "DPoP"
    assert claims_of(said["access_token"])["cnf"] == {"jkt": "x" * 43}


@pytest.mark.parametrize(
    "path",
    [
        "/families/nothex", "/families?limit=0", "/families?limit=501", "/families?limit=x",
        "/families?live=yes", "/families?cursor=zz", "/families?subjekt=x",
        "/clients?cursor=%25", "/users?limit=-1",
    ],
)  # fmt: skip
def test_a_bad_question_is_told_what_is_wrong(desk, path):
    status, _, problem = desk.ask("GET", path)
    assert (status, problem["code"]) == (400, "invalid_parameter")
    assert problem["detail"]


def test_what_is_not_there_is_404(desk):
    for path in (f"/families/{'0' * 32}", "/clients/nobody", "/users/nowhere@example.com", "/x"):
        assert desk.ask("GET", path)[0] == 404, path
    assert desk.ask("PUT", "/clients")[0] == 405


def test_bodies_must_be_json(desk):
    said = {"Authorization": f"Bearer {desk.token}", "Content-Type": "text/plain"}
    assert call(desk.url, "POST", f"{BASE}/families", "{}", said)[0] == 415
    said["Content-Type"] = "application/json; charset=utf-8"
    for body in ("", "{", "[]", "null", '{"client_id": "\\ud800"}', "[" * 100_000):
        assert call(desk.url, "POST", f"{BASE}/families", body, said)[0] == 400, body[:20]


@pytest.mark.parametrize(
    "query", ["client=%00", "subject=a%00", "LIMIT=1", "Client=spa", "cursor=%00"]
)
def test_a_query_says_known_names_as_they_are_spelt_and_no_nul(desk, query):
    assert desk.ask("GET", f"/families?{query}")[0] == 400
