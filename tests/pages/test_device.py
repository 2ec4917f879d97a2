"""Sign-in of devices without a browser (RFC 8628), with its page."""

import re
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from tests.pages.instance import running_service
from tests.pages.people import ADA, JOAN, Person

from reticket.dialects.oauth.endpoints.device import MAX_WRONG_CODES

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def ask(person, **changes):
    form = {"client_id": "tv", "scope": "openid orders.read", **changes}
    return person.http.post("/oauth/device", data=form)


def poll(person, code, client="tv"):
    form = {"grant_type": GRANT, "client_id": client, "device_code": code}
    return person.http.post("/oauth/token", data=form)


def types(person, user_code):
    return person.opens("/oauth/device").sends(user_code=user_code)


def test_rfc_8628_3_2_a_device_gets_two_codes_and_an_address(person, server):
    answer = ask(person)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    said = answer.json()
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", said["user_code"])
    assert len(said.pop("device_code")) == 43
    assert said == {
        "user_code": said["user_code"],
        "verification_uri": f"{server.url}/oauth/device",
        "verification_uri_complete": f"{server.url}/oauth/device?user_code={said['user_code']}",
        "expires_in": 600,
        "interval": 5,
    }


def test_rfc_8628_3_a_person_authorises_a_device(person):
    said = ask(person).json()
    assert types(person, said["user_code"]).headline == "Sign in"
    assert person.sends(**ADA).headline == "Allow The big screen to access your account?"
    assert said["user_code"] in person.sees
    assert "ada@example.com" in person.sees
    assert person.sends(answer="allow").headline == "Your device is connected"
    tokens = poll(person, said["device_code"]).json()
    assert tokens["scope"] == "openid orders.read"
    assert tokens["refresh_token"]
    assert tokens["id_token"]


def test_rfc_8628_3_5_a_poll_before_the_consent_is_pending(person):
    answer = poll(person, ask(person).json()["device_code"])
    assert (answer.status_code, answer.json()["error"]) == (400, "authorization_pending")


def test_rfc_8628_3_5_a_person_refuses_a_device(person):
    said = ask(person).json()
    types(person, said["user_code"]).sends(**ADA).sends(answer="deny")
    assert person.headline == "Your device is not connected"
    assert poll(person, said["device_code"]).json()["error"] == "access_denied"


def test_rfc_8628_3_3_1_the_complete_address_still_asks_for_confirmation(person):
    said = ask(person).json()
    parts = urlsplit(said["verification_uri_complete"])
    person.opens(parts.path, **dict(parse_qsl(parts.query)))
    assert person.headline == "Connect a device"
    assert f'value="{said["user_code"]}"' in person.page.text
    assert person.sends(user_code=said["user_code"]).headline == "Sign in"


@pytest.mark.parametrize("written", [str.lower, lambda code: code.replace("-", ""),
                                     lambda code: f" {code.replace('-', ' ')} "])  # fmt: skip
def test_rfc_8628_6_1_a_user_code_is_accepted_in_any_typing(person, written):
    assert types(person, written(ask(person).json()["user_code"])).headline == "Sign in"


@pytest.mark.parametrize("code", ["BBBB-BBBB", "x", "", "A" * 8192, "<script>", "\u00e4", "-"])
def test_an_unknown_user_code_is_requested_again(person, code):
    page = types(person, code).page
    assert page.status_code == 400
    assert person.headline == "Connect a device"
    assert person.alert.startswith("There is no such code")
    assert "<script" not in page.text


def test_an_answered_user_code_is_unknown(person):
    said = ask(person).json()
    types(person, said["user_code"]).sends(**ADA).sends(answer="deny")
    assert types(person, said["user_code"]).alert.startswith("There is no such code")


def test_a_browser_that_is_signed_in_is_asked_for_consent_alone(person):
    types(person, ask(person).json()["user_code"]).sends(**ADA)
    said = ask(person).json()
    assert (
        types(person, said["user_code"]).headline == "Allow The big screen to access your account?"
    )
    assert said["user_code"] in person.sees
    assert person.sends(answer="allow").headline == "Your device is connected"
    assert poll(person, said["device_code"]).json()["id_token"]


def test_the_first_answer_counts(person, server):
    said = ask(person).json()
    with httpx.Client(base_url=server.url) as http:
        other = Person(http)
        types(other, said["user_code"]).sends(**JOAN)
        types(person, said["user_code"]).sends(**ADA)
        assert other.sends(answer="allow").headline == "Your device is connected"
    assert person.sends(answer="allow").page.status_code == 400
    tokens = poll(person, said["device_code"])
    assert tokens.status_code == 200


def test_a_double_click_repeats_the_answer(person):
    said = ask(person).json()
    types(person, said["user_code"]).sends(**ADA)
    form, action = {**person.hidden, "answer": "allow"}, person.action
    for _ in range(2):
        assert "is connected" in person.http.post(action, data=form).text


def test_a_device_with_tokens_gets_no_second_pair(person):
    said = ask(person).json()
    types(person, said["user_code"]).sends(**ADA)
    form, action = {**person.hidden, "answer": "allow"}, person.action
    person.http.post(action, data=form)
    assert poll(person, said["device_code"]).status_code == 200
    assert person.http.post(action, data=form).status_code == 400


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "off"}, 401, "invalid_client"),
        ({"client_id": "server"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_id": "web"}, 400, "unauthorized_client"),
        ({"scope": "orders.write"}, 400, "invalid_scope"),
        ({"scope": ["openid", "openid"]}, 400, "invalid_request"),
        ({"scope": "s" * 8193}, 400, "invalid_request"),
        ({"resource": "https://elsewhere.example.com"}, 400, "invalid_target"),
    ],
)
def test_rfc_8628_3_2_errors_are_returned_to_the_device(person, changes, status, error):
    answer = ask(person, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/json"


def test_rfc_8628_3_1_only_forms_are_accepted(person):
    assert person.http.post("/oauth/device", json={"client_id": "tv"}).status_code == 400


def test_rfc_8628_3_4_a_device_code_of_another_client_is_refused(person):
    said = ask(person).json()
    types(person, said["user_code"]).sends(**ADA).sends(answer="allow")
    answer = poll(person, said["device_code"], "other-tv")
    assert answer.json()["error"] == "invalid_grant"
    assert poll(person, said["device_code"]).status_code == 200


def test_rfc_8628_5_1_guesses_of_user_codes_are_limited(tmp_path):
    with running_service(tmp_path) as server, httpx.Client(base_url=server.url) as http:
        person = Person(http)
        user_code = ask(person).json()["user_code"]
        person.opens("/oauth/device")
        statuses = [person.sends(user_code="BBBB-BBBB").page.status_code for _ in range(30)]
        assert statuses == [400] * 30
        page = person.sends(user_code=user_code).page
        assert page.status_code == 429
        assert 0 < int(page.headers["retry-after"]) <= 600
        assert person.headline == "Too many attempts"


def test_rfc_8628_5_1_correct_user_codes_do_not_count(tmp_path):
    """Many people may share one address."""
    with running_service(tmp_path) as server, httpx.Client(base_url=server.url) as http:
        person = Person(http)
        wrong = [types(person, "BBBB-BBBB").page.status_code for _ in range(MAX_WRONG_CODES - 1)]
        right = [types(person, ask(person).json()["user_code"]).headline for _ in range(3)]
        assert (wrong, right) == ([400] * (MAX_WRONG_CODES - 1), ["Sign in"] * 3)
        assert types(person, "BBBB-BBBB").page.status_code == 400
        assert types(person, ask(person).json()["user_code"]).page.status_code == 429
