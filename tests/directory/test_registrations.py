"""The rules of a client registration, for every source of it."""

import re
from types import SimpleNamespace

import pytest

from reticket.core.people import Client
from reticket.core.policy import PRESETS, by_any_name
from reticket.directory.drafts import ClientDraft, UserDraft
from reticket.directory.errors import Invalid
from reticket.directory.programs.clients import every_client
from reticket.directory.seed import (
    checked_registration,
    edited_registration,
    new_registration,
)

KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis",
    "y": "y77t-RvAHRKTsSGdIYUfweuOvwrvDD-Q3Hv5J0fSKbE",
}


def client(public=True, **said):
    return Client("spa", public=public, disabled=False, registration=said, created_at=0)


def test_groups_are_kept_in_order_and_each_once():
    said = checked_registration({"groups_allowed": ["staff", "admins", "staff"]}, public=True)
    assert said == {"groups_allowed": ("admins", "staff")}


@pytest.mark.parametrize("registered_by", ["self", "document"])
@pytest.mark.parametrize(
    "said",
    [
        {"admin": True},
        {"first_party": True},
        {"exchange_resources": ["https://a.example"]},
        {"inspects": ["oauth.user"]},
    ],
)
def test_a_client_that_nobody_vouches_for_gets_nothing_that_needs_trust(said, registered_by):
    words = f"must not have {next(iter(said))}: nobody vouches for the client"
    with pytest.raises(Invalid, match=words):
        edited_registration(client(public=False, registered_by=registered_by), said)
    nothing = dict.fromkeys(said)
    assert edited_registration(client(public=False, registered_by=registered_by), nothing)


@pytest.mark.parametrize("name", sorted(by_any_name(PRESETS)))
def test_every_preset_is_known_by_both_of_its_names(name):
    said = checked_registration({"policy": name}, public=False)
    assert said == {"policy": {"preset": name}}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"policy": "BRWSER"}, "policy must be a preset's name, in capitals: AAL2, AAL2_2026"),
        ({"policy": {"preset": "BROWSER", "access": 10**9}}, "policy cannot be: refresh"),
        ({"policy": {"preset": "BROWSER", "window": True}}, "policy.window must be a whole number"),
        ({"polcy": "BROWSER"}, "polcy is not a known key"),
        ({"redirect_uris": "x"}, "redirect_uris must be a list"),
        ({"redirect_uris": ["ok:/", 5]}, "redirect_uris[1] must be text"),
        ({"name": "\ud800"}, "half a character"),
        ({"name": ""}, "name must not be empty"),
        ({"jwks": {"keys": [KEY | {"d": "x"}]}}, "jwks.keys[0] has the member d"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "x"}]}}, "jwks.keys[0] has the member k"),
        ({"admin": True}, "The client must not be admin"),
        ({"inspects": ["oauth.user"]}, "must not have inspects without a secret or jwks"),
        ({"inspects": "oauth.user"}, "inspects must be a list"),
        ({"inspects": ["user"]}, "inspects[0] must be a kind of token, such as oauth.user"),
        ({"inspects": ["oauth.user\n"]}, "inspects[0] must be a kind of token"),
        ({"groups_allowed": []}, "groups_allowed must name a group: without this key everybody"),
        ({"groups_allowed": "staff"}, "groups_allowed must be a list"),
        ({"groups_allowed": [" staff"]}, "groups_allowed must have names of 1 to 64"),
        ({"groups_allowed": ["g" * 65]}, "groups_allowed must have names of 1 to 64"),
        ({"groups_allowed": [f"g{n}" for n in range(65)]}, "and at most 64"),
        ({"groups_allowed": ["staff"], "registered_by": "self"}, "it registered itself"),
        (
            {"first_party": True, "redirect_uris": ["http://127.0.0.1/cb"]},
            "must not be first_party",
        ),
        (
            {"first_party": True, "redirect_uris": ["https://a/", "a.b:/"]},
            "must not be first_party",
        ),
        (
            {"first_party": True, "redirect_uris": ["https://localhost/cb"]},
            "and none may be of loopback",
        ),
    ],
    ids=str,
)
def test_a_fault_names_the_member(said, words):
    with pytest.raises(Invalid) as raised:
        checked_registration(said, public=True)
    assert words in str(raised.value)
    assert str(raised.value).endswith(".")


ALG = "id_token_signed_response_alg"
CB = "https://app.example.com/cb"
FAPI = {"policy": "FAPI_2_SESSION"}


@pytest.mark.parametrize(
    ("said", "algorithm"),
    [
        ({}, "RS256"),
        ({"policy": "DEVICE"}, "RS256"),
        (FAPI, "ES256"),
        ({ALG: "EdDSA"}, "EdDSA"),
        (FAPI | {ALG: "EdDSA"}, "EdDSA"),
        ({"policy": "SERVICE"}, None),
        ({"grants": ["client_credentials"]}, None),
    ],
    ids=str,
)
def test_oidc_registration_2_a_new_client_of_people_has_an_algorithm(said, algorithm):
    assert new_registration(said, public=False).get(ALG) == algorithm


@pytest.mark.parametrize(
    ("said", "pkce"), [({}, "optional"), (FAPI, None), (FAPI | {"pkce": "required"}, "required")]
)
def test_a_new_confidential_client_need_not_use_pkce_unless_it_has_a_fapi_preset(said, pkce):
    assert new_registration(said, public=False).get("pkce") == pkce


def test_a_registration_that_is_no_new_one_gets_no_algorithm():
    assert ALG not in checked_registration({}, public=False)
    assert ALG not in edited_registration(client(), {"name": "Shop"})


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"grants": ["client_credentials"]}, "without a secret or jwks"),
        ({"policy": "SERVICE"}, "without a secret or jwks"),
        ({"grants": ["authorization_code"]}, "without redirect_uris"),
        ({"grants": ["authorization_code"], "redirect_uris": []}, "without redirect_uris"),
    ],
    ids=str,
)
def test_a_public_client_whose_grants_could_never_work_is_refused(said, fault):
    grant = "authorization_code" if "redirect" in fault else "client_credentials"
    with pytest.raises(Invalid, match=f"must not have the grant {grant} {fault}"):
        checked_registration(said, public=True)
    with pytest.raises(Invalid, match=f"grant {grant} {fault}"):
        edited_registration(client(**said), {"name": "Shop"})


@pytest.mark.parametrize(
    ("said", "public"),
    [
        ({"policy": "SERVICE", "grants": ["refresh_token"]}, True),
        ({"policy": "SERVICE", "jwks": {"keys": [KEY]}}, True),
        ({"grants": ["client_credentials"]}, False),
        ({"policy": "BROWSER"}, True),
        ({"policy": "FAPI_2_SESSION"}, False),
    ],
    ids=str,
)
def test_grants_that_may_work_are_accepted(said, public):
    assert checked_registration(said, public=public)


@pytest.mark.parametrize(
    ("before", "changes", "algorithm"),
    [
        ({"policy": "SERVICE"}, {"grants": ["authorization_code"], "redirect_uris": [CB]}, "RS256"),
        ({"grants": ["refresh_token"]}, {"grants": None}, "RS256"),
        ({"policy": "SERVICE"}, {"policy": "FAPI_2_SESSION"}, "ES256"),
        ({"policy": "SERVICE"}, {"policy": "DEVICE", ALG: "EdDSA"}, "EdDSA"),
        ({"policy": "SERVICE"}, {"grants": ["refresh_token"]}, None),
        ({"policy": "DEVICE"}, {"policy": None}, None),
    ],
    ids=str,
)
def test_a_change_that_first_lets_people_sign_in_gives_an_algorithm(before, changes, algorithm):
    stored = checked_registration(before, public=False)
    said = edited_registration(client(public=False, **stored), changes)
    assert said.get(ALG) == algorithm


@pytest.mark.parametrize("member", [ALG, "userinfo_signed_response_alg"])
def test_fapi_2_0_5_4_1_rs256_is_refused_for_a_fapi_preset(member):
    with pytest.raises(Invalid, match=f"must not have {member}: RS256 with a FAPI preset"):
        new_registration(FAPI | {member: "RS256"}, public=False)
    with pytest.raises(Invalid, match=member):
        edited_registration(client(public=False, **{member: "RS256"}), FAPI)
    assert checked_registration({member: "RS256"}, public=False) == {member: "RS256"}


@pytest.mark.parametrize("member", [ALG, "userinfo_signed_response_alg"])
@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS256", "rs256", ""])
def test_an_algorithm_of_no_key_is_refused(member, algorithm):
    with pytest.raises(Invalid, match=f"{member} must be one of ES256, EdDSA, RS256"):
        checked_registration({member: algorithm}, public=False)


@pytest.mark.parametrize(
    "member",
    ["redirect_uris", "post_logout_redirect_uris", "resources", "exchange_resources"],
)
@pytest.mark.parametrize(
    "uri",
    ["https:/cb", "http://", "https://:80/", "https://a/ b", "https://a/\r\nx: y", "https://é/",
     "app:/\n", "view-source:https://a/", "file:///a", "FILE:///a", "https://a/\0",
     "https://a:99999/", "https://a:b/", "http://127.0.0.1:0/"],
)  # fmt: skip
def test_an_invalid_redirect_uri_is_refused(member, uri):
    with pytest.raises(Invalid, match="absolute URI"):
        checked_registration({member: [uri]}, public=True)


@pytest.mark.parametrize(
    "said", [{"policy": "SERVICE"}, {"policy": "DEVICE"}, {"grants": ["refresh_token"]}], ids=str
)
def test_redirect_uris_without_the_code_grant_are_refused(said):
    told = {"redirect_uris": ["https://app.example.com/cb"]}
    with pytest.raises(Invalid, match="must not have redirect_uris without the grant"):
        checked_registration(said | told, public=False)
    with pytest.raises(Invalid, match="must not have redirect_uris without the grant"):
        edited_registration(client(public=False, **told), said)
    code = {"grants": ["authorization_code"]}
    assert checked_registration(said | told | code, public=False)


@pytest.mark.parametrize(
    "keys",
    [[], [{}], [KEY | {"x": "a"}], [KEY | {"use": "enc"}], [KEY | {"alg": "RS256"}],
     [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}],
     [{"kty": "RSA", "e": "AQAB", "n": "_" * 171}]],
    ids=range(7),
)  # fmt: skip
def test_a_key_set_must_have_a_usable_key(keys):
    with pytest.raises(Invalid, match="jwks must have a key"):
        checked_registration({"jwks": {"keys": keys}}, public=True)
    assert checked_registration({"jwks": {"keys": [*keys, KEY]}}, public=True)


def test_only_a_client_that_authenticates_may_be_admin():
    assert checked_registration({"admin": True}, public=False) == {"admin": True}
    keyed = {"admin": True, "jwks": {"keys": [KEY]}}
    assert checked_registration(keyed, public=True) == keyed


GATEWAY = {"exchange_resources": ["https://a"], "scopes": ["x"]}
SERVICE = {"policy": {"preset": "SERVICE"}}


@pytest.mark.parametrize(
    ("said", "public", "words"),
    [
        (GATEWAY, True, "without a secret or jwks"),
        (GATEWAY | SERVICE, False, "without the grant urn:"),
        (GATEWAY | {"grants": ["refresh_token"]}, False, "without the grant urn:"),
        (GATEWAY | {"scopes": None}, False, "without scopes"),
    ],
    ids=str,
)
def test_a_gateway_that_could_never_exchange_is_refused(said, public, words):
    said = {name: value for name, value in said.items() if value is not None}
    with pytest.raises(Invalid, match=f"must not have exchange_resources {words}"):
        checked_registration(said, public=public)


def test_a_gateway_authenticates_and_has_the_grant():
    found = checked_registration(GATEWAY, public=False)
    assert found == {name: tuple(value) for name, value in GATEWAY.items()}
    assert checked_registration(GATEWAY | {"jwks": {"keys": [KEY]}}, public=True)
    exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    assert checked_registration(GATEWAY | SERVICE | {"grants": [exchange]}, public=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/keys",
        "https:///keys",
        "https://me@app.example/keys",
        "https://app.example/keys#1",
        "https://app.example/my keys",
        "com.example:/keys",
        "keys",
    ],
)
def test_the_address_of_keys_is_an_https_url(url):
    with pytest.raises(Invalid, match="jwks_uri must be"):
        checked_registration({"jwks_uri": url}, public=True)


def test_a_client_has_its_keys_or_their_address():
    address = "https://app.example/keys"
    assert checked_registration({"jwks_uri": address, "admin": True}, public=True)
    with pytest.raises(Invalid, match="both jwks and jwks_uri"):
        checked_registration({"jwks_uri": address, "jwks": {"keys": [KEY]}}, public=True)
    found = client(jwks={"keys": [KEY]})
    assert edited_registration(found, {"jwks": None, "jwks_uri": address}) == {"jwks_uri": address}
    with pytest.raises(Invalid, match="public"):
        edited_registration(client(jwks_uri=address), {"jwks_uri": None})


def test_a_too_deeply_nested_registration_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Invalid):
        checked_registration({"jwks": {"keys": [{"kty": deep}]}}, public=True)


def test_an_edit_replaces_members_and_none_removes_them():
    before = client(name="One", scopes=["a"], policy={"preset": "BROWSER"})
    after = edited_registration(before, {"name": None, "scopes": ["b"]})
    assert after == {"policy": {"preset": "BROWSER"}, "scopes": ("b",)}


def test_a_client_with_keys_does_not_become_public():
    with pytest.raises(Invalid, match="public"):
        edited_registration(client(jwks={"keys": [KEY]}), {"jwks": None})
    assert edited_registration(client(public=False, jwks={"keys": [KEY]}), {"jwks": None}) == {}


def test_a_name_change_does_not_change_the_credential_version(directory, hasher):
    who = directory.users.add(UserDraft("ada@example.com", first_name="Ada"), hasher.hash("x"))
    version = directory.user(who).credential_version
    directory.users.change(who, {"last_name": "Lovelace"})
    directory.catch_up_now()
    changed = directory.user(who)
    assert (changed.first_name, changed.last_name) == ("Ada", "Lovelace")
    assert (changed.credential_version, directory.intents()) == (version, [])


def test_pages_of_any_length_list_every_client(directory):
    for name in ("c", "a", "e", "b", "d"):
        directory.clients.add(ClientDraft(name, False, {}), None)
    short = SimpleNamespace(page=lambda after="": directory.clients.page(after, 2))
    assert [client.id for client in every_client(short)] == ["a", "b", "c", "d", "e"]


def test_a_first_party_client_authenticates_or_has_a_host():
    on_the_device = {"first_party": True, "redirect_uris": ["http://127.0.0.1/cb"]}
    assert checked_registration(on_the_device, public=False)["first_party"]
    on_the_web = {"first_party": True, "redirect_uris": ["https://app.example.com/cb"]}
    assert checked_registration(on_the_web, public=True)["first_party"]


@pytest.mark.parametrize(
    "uri",
    ["http://a.example/", "https://a.example/#x", "https://ada@a.example/", "com.app:/x", "/x", 7],
)
def test_back_channel_logout_2_2_an_address_that_is_told_is_https_without_a_fragment(uri):
    for public in (True, False):
        with pytest.raises(Invalid, match="backchannel_logout_uri"):
            checked_registration({"backchannel_logout_uri": uri}, public=public)
    fine = {"backchannel_logout_uri": "https://a.example:8443/x?tenant=1"}
    assert checked_registration(fine, public=True) == fine


KEYS = {"jwks": {"keys": [KEY]}}
ADDRESS = "https://a.example/r.jwt"
OF_REQUESTS = [
    {"request_uris": [ADDRESS]},
    {"request_object_signing_alg": "ES256"},
    {"require_signed_request_object": True},
]


@pytest.mark.parametrize("said", OF_REQUESTS, ids=str)
@pytest.mark.parametrize("public", [False, True])
def test_request_objects_need_keys(said, public):
    words = f"must not have {next(iter(said))} without jwks or jwks_uri"
    with pytest.raises(Invalid, match=words):
        checked_registration(said, public=public)
    assert checked_registration(said | KEYS, public=public)
    with pytest.raises(Invalid, match=words):
        edited_registration(client(public=False, **said, **KEYS), {"jwks": None})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"request_uris": ["http://a.example/r"]}, "request_uris[0] must be an https URL"),
        ({"request_uris": ["https://me@a.example/r"]}, "request_uris[0] must be an https URL"),
        ({"request_uris": ADDRESS}, "request_uris must be a list"),
        ({"request_object_signing_alg": "none"}, "must be one of ES256, EdDSA, PS256, RS256"),
        ({"request_object_signing_alg": "HS256"}, "must be one of ES256, EdDSA, PS256, RS256"),
        ({"require_signed_request_object": "yes"}, "require_signed_request_object must be"),
        (
            {"request_object_signing_alg": "RS256", "policy": "FAPI_2_SESSION"},
            "must not have request_object_signing_alg: RS256 with a FAPI preset",
        ),
    ],
    ids=str,
)
def test_request_objects_that_would_never_be_accepted_are_refused(said, words):
    with pytest.raises(Invalid, match=re.escape(words)):
        checked_registration(said | KEYS, public=False)


METHOD = "token_endpoint_auth_method"


@pytest.mark.parametrize(
    ("method", "public", "keys"),
    [
        ("client_secret_basic", True, {}),
        ("client_secret_basic", True, KEYS),
        ("client_secret_post", True, KEYS),
        ("private_key_jwt", True, {}),
        ("private_key_jwt", False, {}),
        ("none", False, {}),
        ("none", True, KEYS),
        ("client_secret_jwt", False, {}),
    ],
)
def test_a_method_needs_what_it_proves_with(method, public, keys):
    with pytest.raises(Invalid, match=METHOD):
        checked_registration({METHOD: method} | keys, public=public)


@pytest.mark.parametrize(
    ("method", "public", "keys"),
    [
        ("client_secret_basic", False, {}),
        ("client_secret_post", False, KEYS),
        ("private_key_jwt", True, KEYS),
        ("private_key_jwt", False, KEYS),
        ("none", True, {}),
    ],
)
def test_a_method_that_the_client_can_use_is_kept(method, public, keys):
    assert checked_registration({METHOD: method} | keys, public=public)[METHOD] == method
