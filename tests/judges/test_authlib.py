"""Authlib uses every grant that it supports."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet
from tests.judges.instance import EXCHANGE, REDIRECT

SCOPE = "openid profile orders.read"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
SPA_REDIRECT = "http://127.0.0.1:5173/callback"
KINDS = {
    "basic": {"client_id": "web", "client_secret": "web-secret"},
    "post": {
        "client_id": "web",
        "client_secret": "web-secret",
        "token_endpoint_auth_method": "client_secret_post",
        "revocation_endpoint_auth_method": "client_secret_post",
    },
    "public": {"client_id": "spa", "redirect_uri": SPA_REDIRECT},
    "key": {
        "client_id": "keyed",
        "token_endpoint_auth_method": "private_key_jwt",
        "revocation_endpoint_auth_method": "private_key_jwt",
    },
}


@pytest.fixture
def metadata(url):
    return httpx.get(f"{url}/.well-known/openid-configuration").raise_for_status().json()


@pytest.fixture
def client(metadata, key):
    """Makes a client of some kind, which is closed at the end."""
    made = []

    def make(kind="basic", **said):
        about = {"redirect_uri": REDIRECT, "scope": SCOPE, **KINDS[kind], **said}
        if kind == "key":
            about["client_secret"] = key
        endpoint = metadata["token_endpoint"]
        one = OAuth2Session(code_challenge_method="S256", token_endpoint=endpoint, **about)
        one.register_client_auth_method(PrivateKeyJWT(endpoint, alg="ES256"))
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


def signed_in(client, browser, metadata, **said):
    verifier = generate_token(48)
    address, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, **said
    )
    landed = browser.allow(address)
    return client.fetch_token(
        metadata["token_endpoint"],
        authorization_response=landed,
        state=state,
        code_verifier=verifier,
    )


def test_the_metadata_are_valid(url, metadata):
    OpenIDProviderMetadata(metadata).validate()
    told = httpx.get(f"{url}/.well-known/oauth-authorization-server").json()
    AuthorizationServerMetadata(told).validate()


@pytest.mark.parametrize("kind", KINDS)
def test_authorization_code_with_pkce_refresh_and_revocation(client, browser, metadata, kind):
    one = client(kind)
    tokens = signed_in(one, browser, metadata)
    assert (tokens["token_type"], tokens["scope"]) == ("Bearer", SCOPE)
    assert one.get(metadata["userinfo_endpoint"]).json()["name"] == "Ada Lovelace"
    renewed = one.refresh_token(metadata["token_endpoint"])
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert one.get(metadata["userinfo_endpoint"]).status_code == 200
    gone = one.revoke_token(metadata["revocation_endpoint"], renewed["refresh_token"])
    assert gone.status_code == 200
    assert one.get(metadata["userinfo_endpoint"]).status_code == 401
    with pytest.raises(OAuthError, match="invalid_grant"):
        one.refresh_token(metadata["token_endpoint"])


def test_the_id_token_is_verified_by_the_published_keys(client, browser, metadata):
    nonce = generate_token(20)
    tokens = signed_in(client(), browser, metadata, nonce=nonce)
    keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"]).json())
    algorithms = metadata["id_token_signing_alg_values_supported"]
    read = jwt.decode(tokens["id_token"], keys, algorithms=algorithms)
    wanted = {"iss": {"essential": True, "values": [metadata["issuer"]]}}
    about = {"nonce": nonce, "client_id": "web", "access_token": tokens["access_token"]}
    claims = CodeIDToken(read.claims, read.header, wanted, about)
    claims.validate()
    assert claims["sub"]
    with pytest.raises(BadSignatureError):
        jwt.decode(tokens["id_token"][:-4] + "AAAA", keys, algorithms=algorithms)


@pytest.mark.parametrize("kind", ["basic", "post", "key"])
def test_client_credentials_and_introspection(client, metadata, kind):
    one = client(kind, scope="orders.read")
    tokens = one.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    assert tokens["scope"] == "orders.read"
    told = one.introspect_token(metadata["introspection_endpoint"], tokens["access_token"]).json()
    assert told["active"] is True
    assert told["client_id"] == one.client_id
    one.revoke_token(metadata["revocation_endpoint"], tokens["access_token"])
    told = one.introspect_token(metadata["introspection_endpoint"], tokens["access_token"]).json()
    assert told == {"active": False}


def test_device_code(client, browser, metadata):
    one = client()
    endpoint = metadata["device_authorization_endpoint"]
    said = httpx.post(endpoint, data={"scope": SCOPE}, auth=("web", "web-secret")).json()
    browser.connect(said["verification_uri"], said["user_code"])
    tokens = one.fetch_token(
        metadata["token_endpoint"], grant_type=DEVICE, device_code=said["device_code"]
    )
    assert tokens["scope"] == SCOPE


def test_token_exchange(client, browser, metadata):
    one = client(scope="orders.read")
    tokens = dict(signed_in(one, browser, metadata))
    exchanged = one.fetch_token(
        metadata["token_endpoint"],
        grant_type=EXCHANGE,
        subject_token=tokens["access_token"],
        subject_token_type=ACCESS_TOKEN,
        audience="urn:reticket:tenant:1001",
    )
    assert exchanged["issued_token_type"] == ACCESS_TOKEN
    told = one.introspect_token(metadata["introspection_endpoint"], exchanged["access_token"])
    assert told.json()["tid"] == "1001"


def test_the_response_names_the_issuer(client, browser, metadata):
    address, _ = client().create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=generate_token(48)
    )
    answer = parse_qs(urlsplit(browser.allow(address)).query)
    assert answer["iss"] == [metadata["issuer"]]
