"""RFC 9728: what a resource server tells beforehand, and where."""

import json

import pytest
from tests.verify.test_tokens import AUDIENCE, ISSUER

from reticket.verify import AccessTokens, ProtectedResource, Rejected
from reticket.verify.jose import ALGORITHMS


def resource(audience=AUDIENCE, *scopes, name="", **said):
    return ProtectedResource(AccessTokens(ISSUER, audience, **said), *scopes, name=name)


def test_rfc9728_2_the_members():
    said = json.loads(resource(AUDIENCE, "orders.read", "orders.pay", name="Orders").body)
    assert said == {
        "resource": AUDIENCE,
        "authorization_servers": [ISSUER],
        "scopes_supported": ["orders.read", "orders.pay"],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "resource_name": "Orders",
    }


def test_rfc9728_2_nothing_that_is_not_so():
    said = json.loads(resource(proofs=False).body)
    assert said.keys() == {"resource", "authorization_servers", "bearer_methods_supported"}


@pytest.mark.parametrize(
    ("audience", "url"),
    [
        ("https://h", "https://h/.well-known/oauth-protected-resource"),
        ("https://h/", "https://h/.well-known/oauth-protected-resource"),
        ("https://h:8443/mcp", "https://h:8443/.well-known/oauth-protected-resource/mcp"),
        ("https://h/a/mcp/", "https://h/.well-known/oauth-protected-resource/a/mcp/"),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/.well-known/oauth-protected-resource/a"),
        ("https://[::1]/a", "https://[::1]/.well-known/oauth-protected-resource/a"),
    ],
)
def test_rfc9728_3_1_the_path_is_inserted(audience, url):
    made = resource(audience)
    assert made.url == url == made.origin + made.path
    assert json.loads(made.body)["resource"] == audience


@pytest.mark.parametrize(
    "audience",
    [
        "orders", "", "urn:orders", "ftp://h", "https://", "https://h?a=b", "https://h#x",
        "https://u@h", 'https://h/"', "https://h/a b", "https://h/é", "https://h/\\", "https://h?",
    ],
)  # fmt: skip
def test_an_audience_that_is_no_url_is_an_error_at_the_start(audience):
    with pytest.raises(ValueError, match="must be an address such as"):
        resource(audience)


def test_rfc9728_5_1_a_challenge_has_the_url_of_the_metadata():
    said = resource(f"{AUDIENCE}/a").challenge(Rejected("", "invalid_token"))
    where = f"{AUDIENCE}/.well-known/oauth-protected-resource/a"
    assert said == f'Bearer error="invalid_token", resource_metadata="{where}"'
