"""Everything in the metadata exists and works; each new entry needs a test here."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import partial
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
import pytest
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from joserfc import jwt
from tests.http.wire import TRUST
from tests.judges.instance import EXCHANGE, REDIRECT

from reticket.dialects.oauth import Options, build
from reticket.dialects.oauth.endpoints.metadata import metadata as claimed
from reticket.oauth.provider import Provider
from reticket.testing.waiting import PATIENCE

SAID = claimed(Provider("http://127.0.0.1:8088", {}))
ENDPOINTS = [name for name in msgspec.to_builtins(SAID) if name.endswith(("_endpoint", "_uri"))]
WEB = ("web", "web-secret")
VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

request = partial(httpx.request, verify=TRUST, timeout=PATIENCE)
get, post = partial(request, "GET"), partial(request, "POST")


@pytest.fixture
def metadata(url):
    return get(f"{url}/.well-known/openid-configuration").raise_for_status().json()


@pytest.fixture
def service(metadata, browser, key):
    return Service(metadata, browser, key)


class Service:
    """Does what the metadata say it can, by their addresses alone."""

    def __init__(self, metadata, browser, key):
        self.metadata, self.browser, self.key = metadata, browser, key

    def post(self, endpoint, auth=WEB, **form):
        return post(self.metadata[f"{endpoint}_endpoint"], data=form, auth=auth)

    def token(self, grant, auth=WEB, **form):
        answer = self.post("token", auth, grant_type=grant, **form)
        return answer.raise_for_status().json()

    def code(self, client="web", redirect=REDIRECT, **more):
        asked = {
            "client_id": client, "redirect_uri": redirect, "response_type": "code",
            "response_mode": "query", "scope": " ".join(self.metadata["scopes_supported"]),
            "code_challenge": CHALLENGE, "code_challenge_method": "S256", **more,
        }  # fmt: skip
        address = f"{self.metadata['authorization_endpoint']}?{urlencode(asked)}"
        code = parse_qs(urlsplit(self.browser.allow(address)).query)["code"][0]
        return {"code": code, "redirect_uri": redirect, "code_verifier": VERIFIER}

    def tokens(self, **more):
        return self.token("authorization_code", **self.code(**more))

    def refreshed(self):
        return self.token("refresh_token", refresh_token=self.tokens()["refresh_token"])

    def of_a_device(self, grant):
        said = self.post("device_authorization", scope="openid").json()
        self.browser.connect(said["verification_uri"], said["user_code"])
        return self.token(grant, device_code=said["device_code"])

    def exchanged(self):
        kind = "urn:ietf:params:oauth:token-type:access_token"
        subject = self.tokens()["access_token"]
        return self.token(EXCHANGE, subject_token=subject, subject_token_type=kind)

    def request_object(self):
        """A request of the client `keyed` in a JWT."""
        said = {
            "client_id": "keyed", "redirect_uri": REDIRECT, "response_type": "code",
            "scope": "openid", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        return jwt.encode({"alg": "ES256"}, said, self.key)

    def identified(self, method):
        """What a client says of itself: its `Authorization` and its part of the form."""
        if method == "private_key_jwt":
            endpoint = self.metadata["token_endpoint"]
            text = private_key_jwt_sign(self.key, "keyed", endpoint, alg="ES256")
            return None, {"client_assertion": text, "client_assertion_type": ASSERTION_TYPE}
        return {
            "client_secret_basic": (WEB, {}),
            "client_secret_post": (None, {"client_id": "web", "client_secret": "web-secret"}),
            "none": (None, {"client_id": "spa"}),
        }[method]


DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = {
    "authorization_code": Service.tokens,
    "refresh_token": Service.refreshed,
    "client_credentials": lambda service: service.token("client_credentials"),
    DEVICE: lambda service: service.of_a_device(DEVICE),
    EXCHANGE: Service.exchanged,
}
METHODS = {
    name: getattr(SAID, f"{name}_endpoint_auth_methods_supported")
    for name in ("token", "revocation", "introspection")
}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_address_in_the_metadata_is_a_url(metadata, name):
    statuses = {request(verb, metadata[name]).status_code for verb in ("GET", "POST")}
    assert statuses & {200, 303, 400, 401}
    assert not statuses & {404, 500, 503}


def test_rfc9110_15_5_6_documents_accept_only_get(url, metadata):
    for address in (metadata["jwks_uri"], f"{url}/.well-known/oauth-authorization-server"):
        answer = post(address)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_every_address_is_described():
    paths = {f"/oauth{route.path}" for route in build(Options()).routes}
    named = {urlsplit(getattr(SAID, name)).path for name in ENDPOINTS if name != "jwks_uri"}
    assert named <= paths


@pytest.mark.parametrize("grant", SAID.grant_types_supported)
def test_every_grant_gives_a_token(service, grant):
    assert GRANTS[grant](service)["access_token"]


@pytest.mark.parametrize(
    ("endpoint", "method"), [(name, each) for name, methods in METHODS.items() for each in methods]
)
def test_every_listed_authentication_method_is_accepted(service, endpoint, method):
    auth, form = service.identified(method)
    asked = {"token": {"grant_type": "refresh_token", "refresh_token": "x"}}
    answer = service.post(endpoint, auth, **form, **asked.get(endpoint, {"token": "x"}))
    if endpoint == "token":
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    else:
        assert answer.status_code == 200, answer.text


def test_every_unlisted_authentication_method_is_refused(service):
    auth, form = service.identified("none")
    assert service.post("introspection", auth, **form, token="x").status_code == 401


def test_every_listed_scope_is_granted_and_every_listed_claim_returned(service, metadata):
    tokens = service.tokens(nonce="n-1")
    assert tokens["scope"].split() == metadata["scopes_supported"]
    payload = tokens["id_token"].split(".")[1]
    told = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    told |= get(metadata["userinfo_endpoint"], headers=bearer).json()
    assert set(metadata["claims_supported"]) == set(told)
    assert told["acr"] in metadata["acr_values_supported"]


def test_the_keys_that_sign_are_published_and_their_algorithm_is_named(service, metadata):
    header = service.tokens()["id_token"].split(".")[0]
    said = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    keys = {key["kid"]: key["alg"] for key in get(metadata["jwks_uri"]).json()["keys"]}
    assert keys[said["kid"]] == said["alg"]
    assert said["alg"] in metadata["id_token_signing_alg_values_supported"]
    assert set(keys.values()) <= set(metadata["id_token_signing_alg_values_supported"])


def test_a_signed_request_is_accepted_and_an_unsigned_one_is_not(service, metadata):
    assert metadata["request_parameter_supported"] is True
    listed = metadata["request_object_signing_alg_values_supported"]
    assert ("ES256" in listed, "none" in listed) == (True, False)
    text = service.request_object()
    unsigned = f"eyJhbGciOiJub25lIn0.{text.split('.')[1]}."
    endpoint = metadata["authorization_endpoint"]
    pages = [
        get(endpoint, params={"client_id": "keyed", "request": each}) for each in (text, unsigned)
    ]
    assert [page.status_code for page in pages] == [200, 303]
    told = parse_qs(urlsplit(pages[1].headers["location"]).query)
    assert told["error"] == ["invalid_request_object"]
    assert told["iss"] == [metadata["issuer"]]


def test_an_address_of_a_request_must_be_registered(metadata):
    assert metadata["request_uri_parameter_supported"] is True
    assert metadata["require_request_uri_registration"] is True
    query = {"client_id": "web", "redirect_uri": REDIRECT, "request_uri": "https://a.example/x"}
    left = get(metadata["authorization_endpoint"], params=query)
    told = parse_qs(urlsplit(left.headers["location"]).query)
    assert told["error"] == ["invalid_request_uri"]
