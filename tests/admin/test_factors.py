"""Second factors in the admin API."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.admin.conftest import at_the_shell, begun, enrolled, first_code

from reticket.core.people import MOST_FAILURES

NOTHING = {
    "active": False,
    "pending": False,
    "locked": False,
    "failures": 0,
    "recovery_codes": 0,
    "missing": False,
}


@pytest.fixture
def who(api, request):
    email = f"{request.node.originalname[:30]}@example.com"
    made = api.good("POST", "/users", {"email": email, "password": "a password"})
    yield made["id"]
    api.good("DELETE", f"/users/{made['id']}")


def standing(api, who):
    return api.good("GET", f"/users/{who}/factor")


def test_a_key_is_shown_once_and_used_after_its_first_code(server, api, who):
    assert standing(api, who) == NOTHING
    told = api.good("POST", f"/users/{who}/factor")
    uri = urlsplit(told["otpauth_uri"])
    asked = {name: values[0] for name, values in parse_qs(uri.query).items()}
    host = urlsplit(server.url).netloc
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path).startswith(f"/{host}:")
    assert asked == {
        "secret": told["secret"], "issuer": host,
        "algorithm": "SHA1", "digits": "6", "period": "30",
    }  # fmt: skip
    assert standing(api, who) == {**NOTHING, "pending": True}
    status, _, problem = api.ask("POST", f"/users/{who}/factor/confirm", {"code": "000 000x"})
    assert (status, problem["detail"]) == (400, "The code is not the one that this key has now.")
    said = api.good("POST", f"/users/{who}/factor/confirm", first_code(told["secret"]))
    assert len(said["recovery_codes"]) == 10
    assert standing(api, who) == {**NOTHING, "active": True, "recovery_codes": 10}
    assert api.good("GET", f"/users/{who}")["second_factor"]
    assert told["secret"] not in (server.data / "audit.jsonl").read_text()


def test_a_repeated_idempotency_key_returns_a_lost_response(api, who):
    path, secret = f"/users/{who}/factor/confirm", begun(api, who)
    body, key = first_code(secret), {"Idempotency_Key": f"confirm {who}"}
    first = api.good("POST", path, body, **key)
    assert api.good("POST", path, body, **key) == first
    assert api.ask("POST", path, body)[0] == 400


def test_a_locked_factor_is_shown_and_can_be_unlocked(server, api, who):
    enrolled(api, who)

    def fail(_, instance):
        for _ in range(MOST_FAILURES):
            instance.directory.factors.fail(who)

    at_the_shell(server, fail)
    assert (standing(api, who)["locked"], standing(api, who)["failures"]) == (True, MOST_FAILURES)
    api.good("POST", f"/users/{who}/factor/unlock")
    assert standing(api, who) == {**NOTHING, "active": True, "recovery_codes": 10}


def test_removing_a_factor_removes_its_recovery_codes(api, who):
    enrolled(api, who)
    assert len(api.good("POST", f"/users/{who}/factor/recovery-codes")["recovery_codes"]) == 10
    api.good("DELETE", f"/users/{who}/factor")
    assert standing(api, who) == NOTHING
    assert not api.good("GET", f"/users/{who}")["second_factor"]
    assert api.good("GET", f"/users/{who}")["factor_missing"] is False
    assert api.ask("POST", f"/users/{who}/factor/recovery-codes")[0] == 400


def test_a_new_factor_ends_no_session_and_an_operator_begins_sessions_without_it(api, who):
    api.good("POST", "/sessions", {"client_id": "spa", "user": who})
    enrolled(api, who)
    api.good("POST", "/sessions", {"client_id": "spa", "user": who})
    sessions = api.good("GET", f"/sessions?subject={who}")["items"]
    assert [session["revoked_cause"] for session in sessions] == [None, None]


@pytest.mark.parametrize("verb", ["", "/confirm", "/recovery-codes", "/unlock"])
def test_an_unknown_person_has_no_factor(api, verb):
    body = {"code": "123456"} if verb == "/confirm" else None
    assert api.ask("POST", f"/users/stranger@example.com/factor{verb}", body)[0] == 404
