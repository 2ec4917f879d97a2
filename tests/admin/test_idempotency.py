"""`Idempotency-Key`: a repeated request gets the same response and is not executed again."""

import sqlite3
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.admin.conftest import ADA

SESSION = {"client_id": "spa", "user": ADA}
CASES = {
    "a session": ("/sessions", SESSION),
    "a client": ("/clients", {"client_id": "once"}),
    "a person": ("/users", {"email": "once@example.com", "password": "hidden hidden"}),
    "a rotation": ("/keys/rotate", {"uses": ["mac"]}),
    "a secret": ("/clients/backend/secret", None),
}


@pytest.mark.parametrize("name", CASES)
def test_a_repeated_request_gets_the_first_answer(api, name):
    path, body = CASES[name]
    first, second = (api.ask("POST", path, body, Idempotency_Key=name) for _ in range(2))
    assert first[0] in (200, 201)
    assert (second[0], second[2]) == (first[0], first[2])
    assert second[1].get("location") == first[1].get("location")
    assert second[1]["cache-control"] == "no-store"


def test_the_same_key_with_another_request_is_refused(api):
    api.good("POST", "/sessions", SESSION, Idempotency_Key="k1")
    for path, body in (("/sessions", {**SESSION, "scope": "openid"}), ("/users", SESSION)):
        status, _, problem = api.ask("POST", path, body, Idempotency_Key="k1")
        assert status == 422
        assert "another request" in problem["detail"]


def test_the_same_key_with_another_query_is_refused(api):
    first = api.good("POST", "/sessions?dry=0", SESSION, Idempotency_Key="query")
    for path in ("/sessions", "/sessions?dry=1"):
        status, _, problem = api.ask("POST", path, SESSION, Idempotency_Key="query")
        assert (status, "another request" in problem["detail"]) == (422, True)
    assert api.good("POST", "/sessions?dry=0", SESSION, Idempotency_Key="query") == first


def test_parallel_requests_with_one_key_are_executed_once(api):
    before = sessions(api)

    def ask(_):
        return api.ask("POST", "/sessions", SESSION, Idempotency_Key="crowd")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    good = [said["refresh_token"] for status, _, said in answers if status == 201]
    assert len(set(good)) == 1
    assert {status for status, _, _ in answers} <= {201, 409}
    assert all(headers["retry-after"] == "1" for status, headers, _ in answers if status == 409)
    assert len(sessions(api)) == len(before) + 1


def test_a_refused_request_may_be_retried_with_its_key(api):
    body = {"client_id": "later", "user": ADA}
    assert api.ask("POST", "/sessions", body, Idempotency_Key="again")[0] == 404
    api.good("POST", "/clients", {"client_id": "later", "public": True, "scopes": ["a"]})
    api.good("POST", "/sessions", body, Idempotency_Key="again")


@pytest.mark.parametrize("key", ["", "x" * 256, "ä"])
def test_an_invalid_key_is_reported(api, key):
    headers = {"Idempotency_Key": key.encode().decode("latin-1")}
    assert api.ask("POST", "/sessions", SESSION, **headers)[0] == 400


def test_a_stored_response_reveals_no_secret(server, api):
    said = api.good("POST", "/sessions", SESSION, Idempotency_Key="quiet")
    made = api.good("POST", "/clients", {"client_id": "hushed"}, Idempotency_Key="quieter")
    found = []
    with sqlite3.connect(server.data / "families.sqlite") as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            found += connection.execute(f"SELECT * FROM {table}").fetchall()
    kept = [row for row in found if str(row[0]).startswith("admin:answer:")]
    assert kept
    assert not [row for row in kept if b'"body"' in b64decode(row[1])]
    text = repr(found)
    assert "admin:answer:" in text
    for secret in (said["refresh_token"], said["access_token"], made["client_secret"], "quiet"):
        assert secret not in text


def sessions(api):
    return api.good("GET", f"/sessions?subject={ADA}&client=spa&limit=500")["items"]
