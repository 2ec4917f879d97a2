"""Other grants: `client_credentials` (RFC 6749 §4.4)."""

import pytest
from tests.dialects.oauth.token_people import ORDERS, SCOPES, SECRETS, STOCK
from tests.dialects.oauth.token_world import ISSUER, basic, claims_of

from reticket.core.people import Client
from reticket.core.policy import PRESETS, by_any_name
from reticket.core.storage.budget import of_client
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.oauth.provider import Provider
from reticket.oauth.registration import registration_of


def said_scope(reply):
    return reply.said["scope"]


def ask(world, client="backend", **said):
    return world.token(client, grant_type="client_credentials", **said)


def test_rfc6749_4_4_3_a_token_for_the_client_itself(world):
    reply = ask(world)
    assert reply.status == 200
    assert set(reply.said) == {"access_token", "token_type", "expires_in", "scope"}
    claims = claims_of(reply.said["access_token"])
    assert claims["sub"] == claims["client_id"] == "backend"
    assert claims["aud"] == [ORDERS, STOCK]
    assert claims["scope"] == said_scope(reply) == " ".join(SCOPES[1:])
    assert "sid" not in claims
    assert world.families() == []


def test_two_tokens_have_different_ids(world):
    names = {claims_of(ask(world).said["access_token"])["jti"] for _ in range(3)}
    assert len(names) == 3


def test_rfc8707_2_2_scope_and_audience_can_be_narrowed(world):
    said = ask(world, scope="orders.read", resource=STOCK).said
    claims = claims_of(said["access_token"])
    assert said["scope"] == claims["scope"] == "orders.read"
    assert claims["aud"] == STOCK


def test_without_a_registered_audience_the_issuer_is_the_audience(world):
    assert claims_of(ask(world, "other").said["access_token"])["aud"] == ISSUER


@pytest.mark.parametrize("scope", ["orders.delete", "openid", "admin"])
def test_rfc6749_5_2_a_request_for_scopes_that_are_not_registered_is_refused(world, scope):
    assert ask(world, scope=scope).error == "invalid_scope"


@pytest.mark.parametrize("more", ["orders.delete", "openid", "admin"])
def test_rfc6749_3_3_a_scope_that_the_client_may_not_have_is_left_out(world, more):
    reply = ask(world, scope=f"orders.read {more}")
    assert said_scope(reply) == claims_of(reply.said["access_token"])["scope"] == "orders.read"


def test_rfc8707_2_an_audience_that_is_not_registered_is_refused(world):
    assert ask(world, resource="https://evil.example.com").error == "invalid_target"
    assert ask(world, "other", resource=ORDERS).error == "invalid_target"


@pytest.mark.parametrize("preset", ["SERVICE", "SERVICE_2026"])
def test_a_preset_means_the_same_with_its_year(preset):
    client = Client("plain", False, False, {"policy": {"preset": preset}}, 0)
    registered = registration_of(client, Provider(ISSUER, by_any_name(PRESETS)))
    assert registered.grants == ("client_credentials", "refresh_token")


def test_rfc6749_4_4_a_public_client_gets_none(world):
    world.people.register("spa", grants=["client_credentials"])
    assert ask(world, "spa").error == "unauthorized_client"


def test_the_admin_scope_is_granted_on_request_to_flagged_clients(world):
    assert ask(world, "keyed", scope="admin").said["scope"] == "admin"
    assert "admin" not in ask(world, "keyed").said["scope"].split()
    world.people.register("backend", scopes=["admin", "orders.read"])
    assert ask(world, scope="admin").error == "invalid_scope"
    assert ask(world).said["scope"] == "orders.read"


def test_rfc9449_5_a_token_may_be_bound(world):
    said = ask(world, headers=world.proof()).said
    assert said["token_type"] == "DPoP"
    assert claims_of(said["access_token"])["cnf"]["jkt"]


def test_entries_for_client_credentials_use_the_share_of_the_client(world, monkeypatch):
    owners, once = [], BudgetedEphemeral.put_if_absent

    def note(self, key, lifetime, value, owner):
        if key.startswith(("oauth:proof:", "oauth:dead:")):
            owners.append(owner)
        return once(self, key, lifetime, value, owner)

    monkeypatch.setattr(BudgetedEphemeral, "put_if_absent", note)
    token = ask(world, headers=world.proof()).said["access_token"]
    headers = {"authorization": basic("backend", SECRETS["backend"])}
    assert world.post("/revoke", f"token={token}", headers).status == 200
    assert owners == [of_client("backend")] * 2


def test_rfc9449_5_2_a_client_whose_policy_requires_a_proof(world):
    assert ask(world, "strict").error == "invalid_dpop_proof"
    assert ask(world, "strict", headers=world.proof()).status == 200


def test_a_disabled_client_is_refused(world):
    world.people.block("backend")
    assert ask(world).error == "invalid_client"


def test_a_client_credentials_token_is_audited(world):
    ask(world)
    assert world.audited() == [("granted", None)]
    (event,) = world.audit.events
    assert (event.subject, event.family, event.generation) == ("backend", None, None)
