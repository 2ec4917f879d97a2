"""Clients in the admin API: registration, changes, and secrets that are shown once."""

import json
from dataclasses import replace
from unittest.mock import Mock
from urllib.parse import quote

import pytest
from msgspec import structs
from tests.admin.conftest import ADA, AdminClient, at_the_shell, get_token, init, reticket
from tests.dialects.oauth.hall import request

from reticket.admin.clients import Clients
from reticket.admin.context import AdminContext
from reticket.core.commands import RunInDirectory
from reticket.core.people import Client
from reticket.core.policy import PRESETS, by_any_name
from reticket.oauth.provider import Provider
from reticket.testing import running_server

SECRETS = {"client_secret"}

RS256 = {"id_token_signed_response_alg": "RS256"}
"""What every new client gets to which people sign in."""


def verifies(server, client_id, secret):
    def work(_, instance):
        found = instance.directory.client_credentials(client_id)
        return instance.hasher.verify(found.secret_hash, secret)

    return at_the_shell(server, work)


def test_a_confidential_client_gets_a_secret_once(server, api):
    said = {"client_id": "shop", "policy": {"preset": "SERVICE", "window": 5}, "scopes": ["a", "b"]}
    status, headers, made = api.ask("POST", "/clients", said)
    assert (status, made["public"], made["disabled"]) == (201, False, False)
    assert headers["location"] == "/admin/v1/clients/shop"
    assert made["registration"] == {
        "policy": {"preset": "SERVICE", "window": 5}, "scopes": ["a", "b"], "pkce": "optional",
    }  # fmt: skip
    assert verifies(server, "shop", made["client_secret"])
    shown = api.good("GET", "/clients/shop")
    assert "client_secret" not in shown
    assert shown["registration"] == made["registration"]
    assert made["client_secret"] not in str(api.events())


def test_a_rotated_secret_replaces_the_old_one(server, api):
    old = api.good("POST", "/clients", {"client_id": "rot"})["client_secret"]
    new = api.good("POST", "/clients/rot/secret")["client_secret"]
    assert verifies(server, "rot", new)
    assert not verifies(server, "rot", old)


POINT = {
    "x": "WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis",
    "y": "y77t-RvAHRKTsSGdIYUfweuOvwrvDD-Q3Hv5J0fSKbE",
}


def test_public_clients_and_those_with_keys_have_no_secret(api):
    key = {"kty": "EC", "crv": "P-256", **POINT}
    assert "client_secret" not in api.good("POST", "/clients", {"client_id": "p", "public": True})
    keyed = api.good("POST", "/clients", {"client_id": "k", "jwks": {"keys": [key]}})
    assert (keyed["public"], "client_secret" in keyed) == (False, False)
    for client in ("p", "k"):
        assert api.ask("POST", f"/clients/{client}/secret")[0] == 400
    assert api.ask("PATCH", "/clients/k", {"jwks": None})[0] == 400
    far = api.good("POST", "/clients", {"client_id": "far", "jwks_uri": "https://a.example/keys"})
    assert (far["public"], "client_secret" in far) == (False, False)


def test_a_client_may_have_keys_beside_its_secret(api):
    key = {"kty": "EC", "crv": "P-256", **POINT}
    said = {
        "token_endpoint_auth_method": "client_secret_basic",
        "jwks": {"keys": [key]},
        "request_uris": ["https://a.example/r.jwt#x"],
        "request_object_signing_alg": "ES256",
        "require_signed_request_object": True,
    }
    made = api.good("POST", "/clients", {"client_id": "both", **said})
    assert made["client_secret"]
    assert said.items() <= made["registration"].items()
    assert api.ask("PATCH", "/clients/both", {"jwks": None})[0] == 400
    nothing = dict.fromkeys(said)
    changed = api.good("PATCH", "/clients/both", nothing)
    assert said.keys() & changed["registration"].keys() == set()
    bad = {"client_id": "neither", "public": True, **said}
    assert api.ask("POST", "/clients", bad)[0] == 400


def test_a_change_replaces_members_and_null_removes_them(api):
    api.good("POST", "/clients", {"client_id": "chg", "name": "One", "scopes": ["a"]})
    changed = api.good("PATCH", "/clients/chg", {"name": None, "policy": "AAL2"})
    expected = {"policy": {"preset": "AAL2"}, "scopes": ["a"], "pkce": "optional"}
    assert changed["registration"] == expected | RS256


def test_oidc_registration_2_the_algorithms_are_chosen_and_their_keys_made(api):
    id_token, userinfo = "id_token_signed_response_alg", "userinfo_signed_response_alg"

    def uses():
        return {key["use"] for key in api.good("GET", "/keys")["items"]}

    made = api.good("POST", "/clients", {"client_id": "alg", userinfo: "RS256"})
    assert made["registration"][id_token] == made["registration"][userinfo] == "RS256"
    assert "sign-RS256" in uses()
    changed = api.good("PATCH", "/clients/alg", {id_token: "EdDSA", userinfo: None})
    assert (changed["registration"][id_token], userinfo in changed["registration"]) == (
        "EdDSA",
        False,
    )
    assert "sign-EdDSA" in uses()
    assert api.ask("PATCH", "/clients/alg", {id_token: "none"})[0] == 400
    api.good("PATCH", "/clients/alg", {id_token: "RS256"})
    assert api.ask("PATCH", "/clients/alg", {"policy": "FAPI_2_SESSION"})[0] == 400


def test_the_admin_flag_adds_its_scope_and_its_grant(api):
    made = api.good("POST", "/clients", {"client_id": "adm", "admin": True})["registration"]
    assert (made["scopes"], made["grants"]) == (["admin"], ["client_credentials"])
    again = api.good("PATCH", "/clients/adm", {"admin": False})["registration"]
    assert "scopes" not in again


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"policy": "BRWSER"}, "BROWSER_2026"),
        ({"policy": {"preset": "BROWSER", "windo": 5}}, "windo"),
        ({"policy": {"preset": "BROWSER", "refresh": 5}}, "shorter than access"),
        ({"redirect_uris": ["/back"]}, "absolute URI"),
        ({"contacts": [""]}, "contacts[0]"),
        ({"redirect_uris": ["https://*.example.com/back"]}, "wildcard"),
        ({"post_logout_redirect_uris": ["https://*.example.com/"]}, "wildcard"),
        ({"backchannel_logout_uri": "http://a.example.com/"}, "https URL"),
        ({"backchannel_logout_session_required": "yes"}, "backchannel_logout_session_required"),
        ({"redirect_uris": ["com.app:/cb"], "grants": ["refresh_token"]}, "authorization_code"),
        ({"public": True, "pkce": "optional"}, "pkce"),
        ({"pkce": "plain"}, "pkce"),
        ({"scopes": ["a b"]}, "scopes[0]"),
        ({"grants": ["implicit"]}, "grants"),
        ({"public": True, "admin": True}, "admin"),
        ({"jwks": {"keys": [{"kty": "EC", "d": "x"}]}}, "not public"),
        ({"secret": "mine"}, "secret"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": ".."}, "client_id"),
        ({"client_id": "é"}, "client_id"),
        ({"client_id": "a\n"}, "printable ASCII"),
    ],
    ids=str,
)
def test_an_invalid_registration_is_refused_with_its_reason(api, said, word):
    status, _, problem = api.ask("POST", "/clients", {"client_id": "bad", **said})
    assert status == 400
    assert word in problem["detail"]
    assert api.ask("GET", "/clients/bad")[0] == 404


def test_a_policy_is_checked_by_the_presets_in_force(tmp_path):
    """Otherwise the registered policy would stop the next start."""
    secret = init(tmp_path / "data")[-1].split()[1]
    reticket(tmp_path / "data", "client", "add", "blocked", "--policy", "BROWSER,refresh=1000")
    reticket(tmp_path / "data", "client", "disable", "blocked")
    changed = {"RETICKET_POLICIES__BROWSER_2026__ACCESS": "5000"}
    with running_server(tmp_path, settings=changed) as server:
        _, answer = get_token(server.url, "admin", secret, scope="admin")
        api = AdminClient(server.url, server.data, answer["access_token"])
        said = {"policy": {"preset": "BROWSER", "refresh": 1000}}
        anew = {"client_id": "short", **said}
        for ask in (("POST", "/clients", anew), ("PATCH", "/clients/spa", said)):
            status, _, problem = api.ask(*ask)
            assert (status, problem["detail"][:37]) == (
                400,
                "policy cannot be: refresh (1000 s) is",
            )
        assert api.ask("GET", "/clients/short")[0] == 404
        status, _, problem = api.ask("POST", "/clients/blocked/enable")
        assert (status, problem["detail"][:37]) == (400, "policy cannot be: refresh (1000 s) is")
        assert api.good("GET", "/clients/blocked")["disabled"]
        assert "refresh" not in str(api.good("GET", "/clients/spa")["registration"]["policy"])


@pytest.mark.parametrize("verb", ["enable", "disable"])
def test_a_client_is_looked_up_on_the_worker_pool_of_the_directory(verb):
    """On the event loop every other request would wait for it."""
    context = replace(AdminContext.closed(Provider("http://127.0.0.1", PRESETS)), directory=Mock())
    asked = structs.replace(request(), parameters={"id": "spa"})
    assert isinstance(next(getattr(Clients(context), verb)(asked, "admin")), RunInDirectory)
    assert context.directory.mock_calls == []


@pytest.mark.parametrize(("verb", "stored"), [("add", "add"), ("change", "register")])
def test_the_keys_of_a_registration_are_made_before_it_is_stored(verb, stored):
    """A client that is found is signed for at once."""
    world = Mock()
    world.directory.client.return_value = Client("one", True, False, {}, 0)
    context = replace(
        AdminContext.closed(Provider("http://127.0.0.1", by_any_name(PRESETS))),
        directory=world.directory, ring=world.ring, clock=lambda: 0, audit=Mock(),
    )  # fmt: skip
    said = RS256 | ({"client_id": "one", "public": True} if verb == "add" else {})
    body = request(body=json.dumps(said), content_type="application/json")
    asked = structs.replace(body, parameters={"id": "one"})
    next(getattr(Clients(context), verb)(asked, "admin")).work()
    names = [name for name, _, _ in world.mock_calls]
    assert names.index("ring.require") < names.index(f"directory.clients.{stored}")
    world.ring.require.assert_called_once_with(("RS256",))


def test_a_client_id_is_registered_only_once(api):
    api.good("POST", "/clients", {"client_id": "twice", "public": True})
    status, _, problem = api.ask("POST", "/clients", {"client_id": "twice", "public": True})
    assert status == 409
    assert "twice" in problem["detail"]


def test_removing_a_client_ends_its_sessions(api):
    api.good("POST", "/clients", {"client_id": "gone", "public": True, "scopes": ["a"]})
    api.good("POST", "/sessions", {"client_id": "gone", "user": ADA})
    api.good("DELETE", "/clients/gone")
    (session,) = api.good("GET", "/sessions?client=gone")["items"]
    assert session["revoked_cause"] == "client_removed"
    assert api.ask("DELETE", "/clients/gone")[0] == 404


def test_clients_are_listed_in_pages(api):
    found, cursor = [], ""
    while cursor is not None:
        page = api.good("GET", f"/clients?limit=2{cursor}")
        found += [item["client_id"] for item in page["items"]]
        cursor = page["next"] and f"&cursor={page['next']}"
    assert found == sorted(set(found))
    assert {"spa", "backend", "admin"} <= set(found)


def test_addresses_that_describe_a_client_are_stored_and_must_be_https(api):
    home = "https://app.example.com"
    made = api.good("POST", "/clients", {"client_id": "told", "public": True, "client_uri": home})
    assert made["registration"] == {"client_uri": home} | RS256
    assert api.ask("PATCH", "/clients/told", {"logo_uri": "http://app.example.com/"})[0] == 400


@pytest.mark.parametrize(
    "name", ["my app", "api://abc/def", "https://app.example.com/client.json", "a%2Fb", "x/secret"]
)
def test_rfc6749_a_1_an_id_is_one_segment_of_a_path(server, api, name):
    said = {"client_id": name, "policy": "SERVICE", "scopes": ["a"]}
    _, headers, made = api.ask("POST", "/clients", said)
    place = f"/clients/{quote(name, safe='')}"
    assert headers["location"] == f"/admin/v1{place}"
    assert api.good("GET", place)["client_id"] == name
    assert api.good("PATCH", place, {"name": "Mine"})["registration"]["name"] == "Mine"
    secret = api.good("POST", f"{place}/secret")["client_secret"]
    assert secret != made["client_secret"]
    assert get_token(server.url, quote(name, safe=""), secret)[0] == 200
    api.good("POST", "/sessions", {"client_id": name, "user": ADA, "scope": "a"})
    (session,) = api.good("GET", f"/sessions?client={quote(name, safe='')}")["items"]
    assert session["client"] == name
    assert api.good("POST", "/sessions/revoke", {"client": name}) == {"count": 1}
    api.good("DELETE", place)
    assert api.ask("GET", place)[0] == 404
    told = [each for each in api.events() if (each.get("detail") or {}).get("client") == name]
    assert {"client_added", "client_changed", "client_removed"} <= {each["event"] for each in told}


def test_a_client_inspects_kinds_of_tokens_that_there_are(api):
    made = api.good("POST", "/clients", {"client_id": "ins", "inspects": ["oauth.user"]})
    assert made["registration"]["inspects"] == ["oauth.user"]
    for said in (["oauth.usr"], ["user"], "oauth.user"):
        assert api.ask("PATCH", "/clients/ins", {"inspects": said})[0] == 400
        assert api.ask("POST", "/clients", {"client_id": "in2", "inspects": said})[0] == 400
    assert "inspects" not in api.good("PATCH", "/clients/ins", {"inspects": None})["registration"]


def test_a_client_is_for_groups_that_have_a_name(api):
    said = {"client_id": "of-staff", "groups_allowed": ["staff", "admins"]}
    made = api.good("POST", "/clients", said)
    assert made["registration"]["groups_allowed"] == ["admins", "staff"]
    assert api.ask("PATCH", "/clients/of-staff", {"groups_allowed": []})[0] == 400
    changed = api.good("PATCH", "/clients/of-staff", {"groups_allowed": None})
    assert "groups_allowed" not in changed["registration"]
