"""The page on access tokens lists every claim, and the audience of a token."""

from __future__ import annotations

import base64
import json
import re
from contextlib import closing

import pytest
from tests.docs.tables import page

from reticket.dialects.oauth.grants.client_credentials import client_credentials_grant
from reticket.dialects.oauth.grants.token_request import TokenRequest
from reticket.oauth.direct_session import SessionOptions, start_session
from reticket.oauth.provider import Provider
from reticket.oauth.registration import registration_of
from reticket.runtime.opening import Builder
from reticket.settings.loading import presets

ISSUER, ORDERS, BILLS = "https://id.example.com", "https://orders.example.com", "https://b.example"
PEOPLE = f"""
tenants: [{{id: 1000}}]
oauth_clients:
  - {{client_id: plain, client_secret: s, grants: [refresh_token], scopes: [openid, x]}}
  - client_id: resourceful
    client_secret: s
    grants: [refresh_token]
    scopes: [openid, x]
    resources: ["{ORDERS}", "{BILLS}"]
users:
  - {{email: ada@example.com, password: p, tenants: {{1000: [1]}}}}
"""
JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
TOLD = page("verify.md").partition("\n## ")[0]


class Harness:
    """Gives tokens as the endpoints do."""

    def __init__(self, instance):
        self._instance = instance
        self._site = Provider(ISSUER, presets(instance.settings))

    def person(self, client, **wish):
        directory = self._instance.directory
        now = self._instance.clock() // 1000
        user = directory.user_by_email("ada@example.com")
        wanted = SessionOptions(now, **wish)
        begun = start_session(self._site, directory.client(client), user, wanted, now)
        return claims_of(Builder().perform(self._instance, begun).answer.access_token)

    def client(self, client, **form):
        found = self._instance.directory.client(client)
        registration = registration_of(found, self._site)
        said = TokenRequest(self._site, form, registration, found, None, None)
        return claims_of(
            Builder().perform(self._instance, client_credentials_grant(said)).access_token
        )


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=="))


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    (data / "people.yaml").write_text(PEOPLE)
    settings = Builder().load(None, {"data": data}).model_copy(update={"issuer": ISSUER})
    with closing(Builder().open(settings)) as instance:
        instance.seed(data / "people.yaml")
        instance.directory.catch_up_now()
        yield Harness(instance)


def test_every_claim_is_on_the_page(harness):
    claims = harness.person("plain", tenant=1000, amr=("pwd",), jkt=JKT).keys()
    assert {"tid", "cnf", "sid"} <= claims
    told = set(re.findall(r"`([a-z_]+)(?:\.[a-z]+)?`", TOLD))
    assert claims <= told
    alone = harness.client("plain").keys()
    assert claims - alone == {"sid", "tid", "auth_time", "acr", "amr", "cnf"}


def test_the_audience_of_a_token_is_the_documented_one(harness):
    assert harness.person("plain", scope="x")["aud"] == ISSUER
    assert harness.person("plain")["aud"] == ISSUER
    assert harness.person("resourceful", scope="x")["aud"] == [ORDERS, BILLS]
    assert harness.person("resourceful")["aud"] == [ORDERS, BILLS, ISSUER]
    assert harness.person("resourceful", resources=(BILLS,))["aud"] == [BILLS, ISSUER]
    assert harness.client("plain")["aud"] == ISSUER
    assert harness.client("resourceful")["aud"] == [ORDERS, BILLS]
    assert harness.client("resourceful", resource=ORDERS)["aud"] == ORDERS
