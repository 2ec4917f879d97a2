"""RFC 8414, OpenID Connect Discovery, RFC 7517: the metadata and keys are correct."""

import json

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata
from tests.crypto.conftest import Keys
from tests.dialects.oauth.hall import Harness, request

from reticket.crypto.signing import ALGORITHMS
from reticket.dialects.oauth import Options, build
from reticket.dialects.oauth.endpoints.metadata import MAX_AGE
from reticket.http.routing import RoutingTable
from reticket.testing import FakeClock

ISSUER = "https://id.example.com"
ENDPOINTS = ("authorize", "token", "revoke", "introspect", "userinfo", "par", "device", "logout")


def answered(path, issuer=ISSUER, keys=None):
    """The answer at a path of the service, however the routing finds it."""
    dialect = build(Options(issuer))
    match = RoutingTable([dialect]).find("GET", path)
    assert match is not None
    assert match.route is not None, path
    ring = keys or Keys(FakeClock()).ring()
    published = [each.jwk for each in ring.snapshot.verifiers()]
    harness = Harness(issuer, PublishedKeys=lambda said: published)
    return harness.run(match.route.operate(request("GET", path)))


def published(path="/.well-known/oauth-authorization-server", issuer=ISSUER, **more):
    return json.loads(answered(path, issuer, **more).body)


@pytest.mark.parametrize("issuer", [ISSUER, "https://example.com/auth"])
def test_rfc8414_2_the_metadata_are_valid(issuer):
    AuthorizationServerMetadata(published(issuer=issuer)).validate()


def test_oidc_discovery_3_the_metadata_are_valid():
    OpenIDProviderMetadata(published("/.well-known/openid-configuration")).validate()


def test_rfc8414_2_the_issuer_is_the_configured_one():
    assert published()["issuer"] == ISSUER
    assert published(issuer="http://127.0.0.1:8088")["issuer"] == "http://127.0.0.1:8088"


def test_rfc8414_3_2_the_metadata_have_no_empty_array():
    said = published()
    assert [name for name, value in said.items() if value in ([], "", None)] == []
    assert len(said) >= 30


def test_rfc8414_2_every_endpoint_is_under_the_issuer():
    said = published()
    found = {value for name, value in said.items() if name.endswith("_endpoint")}
    assert found == {f"{ISSUER}/oauth/{name}" for name in ENDPOINTS}
    assert said["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"


@pytest.mark.parametrize("name", ["revoke", "introspect", "userinfo"])
def test_rfc8414_2_every_endpoint_exists(name):
    paths = {route.path for route in build(Options(ISSUER)).routes}
    assert f"/{name}" in paths


def test_rfc8414_2_the_metadata_list_the_supported_features():
    said = published()
    assert said["response_types_supported"] == ["code"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    scopes = ["openid", "profile", "email", "address", "phone", "offline_access"]
    assert said["scopes_supported"] == scopes
    assert "none" not in said["introspection_endpoint_auth_methods_supported"]
    assert "none" in said["token_endpoint_auth_methods_supported"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["require_pushed_authorization_requests"] is False
    assert said["request_parameter_supported"] is True
    assert said["request_uri_parameter_supported"] is True
    assert said["require_request_uri_registration"] is True
    algorithms = ["ES256", "EdDSA", "PS256", "RS256"]
    assert said["request_object_signing_alg_values_supported"] == algorithms
    assert said["backchannel_logout_supported"] is True
    assert said["backchannel_logout_session_supported"] is True


@pytest.mark.parametrize(
    "name", [name for name in published() if name.endswith("alg_values_supported")]
)
def test_rfc8725_3_1_the_metadata_do_not_list_the_algorithm_none(name):
    assert {"none", "HS256", "HS384", "HS512"}.isdisjoint(published()[name])


@pytest.mark.parametrize("document", ["oauth-authorization-server", "openid-configuration"])
def test_rfc8414_3_1_an_issuer_with_a_path_has_its_own_metadata_path(document):
    issuer = "https://example.com/auth"
    places = [
        f"/.well-known/{document}",
        f"/.well-known/{document}/auth",
    ]
    bodies = [answered(place, issuer).body for place in places]
    assert len({json.loads(body)["issuer"] for body in bodies}) == 1
    said = json.loads(bodies[0])
    assert said["token_endpoint"] == "https://example.com/auth/oauth/token"
    assert said["jwks_uri"] == "https://example.com/auth/.well-known/jwks.json"


@pytest.mark.parametrize("document", ["oauth-authorization-server", "openid-configuration"])
@pytest.mark.parametrize(
    "url", ["{root}/.well-known/{document}{path}", "{root}{path}/.well-known/{document}"]
)
@pytest.mark.parametrize("path", ["", "/auth", "/auth/tenant"])
def test_mcp_2026_07_28_every_address_that_its_clients_try(document, url, path):
    """The issuer's path inserted, or appended. A proxy removes it where it comes first."""
    root = "https://example.com"
    place = url.format(root=root, path=path, document=document).removeprefix(root)
    assert published(place.removeprefix(path), f"{root}{path}")["issuer"] == f"{root}{path}"


def test_oidc_discovery_3_the_algorithms_that_may_sign():
    """All algorithms of the setting, so that cached metadata stay correct after a change."""
    said = published("/.well-known/openid-configuration")
    assert set(said["id_token_signing_alg_values_supported"]) == set(ALGORITHMS)


def test_rfc7517_the_key_set_may_be_cached_for_a_limited_time():
    answer = answered("/.well-known/jwks.json")
    assert answer.content_type == b"application/jwk-set+json"
    assert dict(answer.headers)[b"cache-control"] == b"public, max-age=%d" % MAX_AGE


def test_rfc7517_9_3_the_key_set_has_no_private_and_no_symmetric_key():
    ring = Keys(FakeClock()).ring()
    keys = published("/.well-known/jwks.json", keys=ring)["keys"]
    assert {key["kty"] for key in keys} == {"EC"}
    assert {name for key in keys for name in key} == {"kty", "crv", "x", "y", "kid", "alg", "use"}


def test_rfc7517_the_next_key_is_published_before_it_signs():
    clock = FakeClock()
    ring = Keys(clock).ring()

    def kids():
        return {key["kid"] for key in published("/.well-known/jwks.json", keys=ring)["keys"]}

    for _ in range(3):
        before, old = kids(), ring.snapshot.signer_at(clock()).kid
        ring.rotate(("sign",), overlap=5)
        assert ring.snapshot.signer_at(clock()).kid == old
        clock.forward(6)
        assert ring.snapshot.signer_at(clock()).kid in before - {old}
        assert old in kids()


def test_rfc7517_an_old_key_is_published_until_its_last_token_has_expired():
    clock = FakeClock()
    ring = Keys(clock).ring()
    old = ring.snapshot.signer_at(clock()).kid
    ring.rotate(("sign",), overlap=0)
    clock.forward(899)
    ring.retire_due(900)
    assert old in {key["kid"] for key in published("/.well-known/jwks.json", keys=ring)["keys"]}
    clock.forward(2)
    ring.retire_due(900)
    assert old not in {key["kid"] for key in published("/.well-known/jwks.json", keys=ring)["keys"]}


def test_a_similar_path_is_not_found():
    table = RoutingTable([build(Options("https://example.com/auth"))])
    for path in ("/.well-known/security.txt", "/auth/.well-known/other", "/auth/oauth/token"):
        assert table.find("GET", path) is None
