"""Authorization requests, from browsers or pushed: the audit events of failures."""

import json
from urllib.parse import urlencode

import pytest
from tests.dialects.oauth.token_people import REDIRECT
from tests.dialects.oauth.token_world import CHALLENGE

from reticket.dialects.oauth.endpoints.authorization_request import AuthorizationRequest
from reticket.dialects.oauth.pages.interaction import Interaction, store_command

FORM = {
    "client_id": "spa", "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid",
    "code_challenge": CHALLENGE, "code_challenge_method": "S256",
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"request": "e30.e30."}, "forged"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "orders.delete"}, "wrong_scope"),
        ({"resource": "https://x.example"}, "wrong_target"),
    ],
    ids=str,
)
def test_a_failed_request_is_audited_with_its_cause_or_error_code(world, more, word):
    assert world.post("/par", urlencode(FORM | more)).status == 400
    assert world.post("/authorize", urlencode(FORM | more)).status == 303
    assert world.audited() == [("refused", word)] * 2


def test_rfc9700_4_11_2_an_error_of_a_self_registered_client_redirects_nowhere(world):
    world.people.register("spa", registered_by="self")
    reply = world.post("/authorize", urlencode(FORM | {"scope": "orders.delete"}))
    assert reply.status == 400
    assert "location" not in reply.headers
    assert world.audited() == [("refused", "wrong_scope")]
    assert world.post("/authorize", urlencode(FORM)).status == 200


def test_openid_connect_core_3_1_2_1_a_posted_request_is_a_form(world):
    body = urlencode(FORM)
    assert world.post("/authorize", body).status == 200
    assert world.post("/authorize", body, {"content-type": "text/plain"}).status == 400


def test_a_stored_request_keeps_the_names_of_its_members():
    request = AuthorizationRequest("a", "t", "s", "c", login_hint="ada", answer_until=7)
    assert json.loads(request.to_json()) == {
        "client_id": "a", "target": "t", "scope": "s", "challenge": "c", "hint": "ada", "until": 7,
    }  # fmt: skip


def test_a_stored_interaction_keeps_the_names_of_its_members():
    stored = json.loads(store_command("/p", "ticket", Interaction("a", "A", "s", "r", "ada")).value)
    assert stored == {"client_id": "a", "name": "A", "scope": "s", "order": "r", "hint": "ada"}
