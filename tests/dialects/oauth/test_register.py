"""Clients that register themselves (RFC 7591), and change or remove themselves (RFC 7592)."""

import json
from urllib.parse import urlencode

import pytest
from tests.dialects.oauth.token_people import KEY, REDIRECT, SECRETS
from tests.dialects.oauth.token_world import CALLER, ISSUER, World, asserting, basic, claims_of

from reticket.core.errors import ReticketError, Unavailable
from reticket.core.fetching.model import Fetched, FetchFault, Unfetched
from reticket.core.policy import PRESETS, by_any_name
from reticket.dialects.oauth.pages.vouching import vouching_note
from reticket.http.edge import carried_out
from reticket.oauth.client_metadata import LONGEST_METADATA
from reticket.oauth.provider import Provider
from reticket.oauth.registration import DEVICE_CODE, read_registration
from reticket.wire import WireRequest

WEB = {"redirect_uris": [REDIRECT]}
APP = WEB | {"token_endpoint_auth_method": "none"}
KEYS = {"keys": [{**KEY.as_dict(private=False), "kid": "k1"}]}
KEYED = WEB | {"token_endpoint_auth_method": "private_key_jwt", "jwks": KEYS}
JWKS = {"jwks": KEYS}
REQUEST_URI = "https://app.example.com/request.jwt"


def open_to(mode, **options):
    made = World(registration=mode, **options)
    yield made
    made.close()


@pytest.fixture
def world():
    yield from open_to("open")


@pytest.fixture
def guarded():
    yield from open_to("token")


def send(world, method="POST", path="/register", said=None, token=None, **members):
    """The status, the members and the headers of an answer."""
    headers = [(b"content-type", b"application/json")]
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    body = said if isinstance(said, bytes) else json.dumps(said or {}).encode()
    parameters = {"id": path.rpartition("/")[2]}
    caller = members.get("caller", CALLER)
    request = WireRequest(method, f"/oauth{path}", b"", headers, body, caller, parameters)
    wanted = path if path == "/register" else "/register/{id}"
    operate = {(one.method, one.path): one.operate for one in world.dialect.routes}
    try:
        work = carried_out(operate[method, wanted](request), world.performers, caller)
        response = world._runner.run(work)
    except ReticketError as error:
        response = world.dialect.refuse(request, error)
    return response.status, json.loads(response.body or b"null"), dict(response.headers)


def good(world, said, **how):
    status, members, headers = send(world, said=said, **how)
    assert status == 201, members
    assert headers[b"cache-control"] == b"no-store"
    return members


def refused(world, said, **how):
    status, members, _ = send(world, said=said, **how)
    return status, members["error"]


def test_rfc7591_3_2_1_a_client_with_a_secret_is_registered(world):
    made = good(world, WEB | {"client_name": "Notes", "scope": "openid email admin"})
    secret, token, client = (
        made.pop(name) for name in ("client_secret", "registration_access_token", "client_id")
    )
    assert made == {
        "client_id_issued_at": world.clock() // 1000,
        "client_secret_expires_at": 0,
        "registration_client_uri": f"{ISSUER}/oauth/register/{client}",
        "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "client_name": "Notes",
        "scope": "openid email",
        "id_token_signed_response_alg": "RS256",
    }
    assert len({secret, token, client}) == 3
    pair = signed_in(world, client, authorization=basic(client, secret))
    assert claims_of(pair["access_token"])["client_id"] == client
    assert world.registrar.used == [(client, world.clock())]


def signed_in(world, client, **headers):
    code = world.code(client)
    reply = world.exchange(code, None if headers else client, headers=headers)
    assert reply.status == 200, reply.said
    return reply.said


def test_a_client_without_a_secret_is_registered(world):
    made = good(world, APP | {"grant_types": ["authorization_code", "refresh_token"]})
    assert "client_secret" not in made
    assert "client_secret_expires_at" not in made
    assert "refresh_token" in signed_in(world, made["client_id"])


def test_tokens_are_answered_when_their_use_cannot_be_noted(world):
    client = good(world, APP)["client_id"]

    def unavailable(client_id, at):
        raise Unavailable("scripted")

    world.registrar.note_use = unavailable
    assert signed_in(world, client)["access_token"]


def test_a_client_with_keys_is_registered(world):
    made = good(world, KEYED)
    assert made["jwks"] == KEYS
    assert "client_secret" not in made
    client = made["client_id"]
    form = asserting(world, KEY, iss=client, sub=client)
    assert world.token(None, grant_type="client_credentials", **form).error == "unauthorized_client"


def test_of_its_keys_only_what_is_read_is_kept(world):
    """Any other member of any size would stay in memory, for as many clients as there may be."""
    (key,) = KEYS["keys"]
    said = {"keys": [{**key, "x5c": [[]] * 9, "use": {"sig": [[]]}}, [[]] * 9], "more": [[]] * 9}
    made = good(world, KEYED | {"jwks": said})
    assert made["jwks"] == world.people.clients[made["client_id"]].registration["jwks"] == KEYS


def test_metadata_that_are_too_long_are_refused(world):
    said = WEB | {"more": "x" * LONGEST_METADATA}
    assert send(world, said=said)[0] == 413


def test_a_client_that_registered_itself_gets_only_grants_that_need_consent(world):
    everything = [
        "authorization_code", "refresh_token", "client_credentials", "implicit", "password",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
    ]  # fmt: skip
    made = good(world, WEB | {"grant_types": everything, "scope": "admin register openid"})
    assert made["grant_types"] == [everything[0], everything[1], everything[-1]]
    assert made["scope"] == "openid"
    form = urlencode({"token": "x"})
    sent = {"authorization": basic(made["client_id"], made["client_secret"])}
    assert world.post("/introspect", form, sent).error == "invalid_client"


def test_it_cannot_say_which_groups_may_use_it(world):
    made = good(world, WEB | {"groups_allowed": ["staff"]})
    assert "groups_allowed" not in made
    registration = read_registration(world.people.clients[made["client_id"]], PROVIDER)
    assert registration.groups_allowed is None


def test_an_operator_cannot_give_it_more_by_mistake(world):
    client = good(world, WEB)["client_id"]
    world.people.register(client, admin=True, first_party=True, grants=["client_credentials"])
    registration = read_registration(world.people.clients[client], PROVIDER)
    assert (registration.admin, registration.first_party) == (False, False)
    assert registration.grants == ()
    del world.people.clients[client].registration["grants"]
    registration = read_registration(world.people.clients[client], PROVIDER)
    assert registration.grants == ("authorization_code", "refresh_token")


def test_the_consent_page_warns_that_the_client_registered_itself(world):
    client = good(world, WEB)["client_id"]
    found = world.people.clients
    said = vouching_note(read_registration(found[client], PROVIDER), REDIRECT)
    assert "Nobody here vouches" in said
    assert "app.example.com" in said
    assert vouching_note(read_registration(found["spa"], PROVIDER), REDIRECT) is None


PROVIDER = Provider("", by_any_name(PRESETS))
URI, METADATA = (400, "invalid_redirect_uri"), (400, "invalid_client_metadata")


def test_a_persian_name_keeps_its_joiners(world):
    name = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert good(world, WEB | {"client_name": name})["client_name"] == name


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, URI),
        ({"redirect_uris": []}, URI),
        ({"redirect_uris": [REDIRECT] * 21}, URI),
        ({"redirect_uris": ["http://app.example.com/cb"]}, URI),
        ({"redirect_uris": ["https://*.example.com/cb"]}, URI),
        ({"redirect_uris": [f"{REDIRECT}#x"]}, URI),
        ({"redirect_uris": ["https://me@app.example.com/cb"]}, URI),
        ({"redirect_uris": ["https:///cb"]}, URI),
        ({"redirect_uris": ["https://app.example.com:99999/cb"]}, URI),
        ({"redirect_uris": ["https://app.example.com:x/cb"]}, URI),
        ({"redirect_uris": ["http://127.0.0.1:0/cb"]}, URI),
        (WEB | {"grant_types": [DEVICE_CODE]}, URI),
        ({"redirect_uris": ["https://app.example.com/" + "x" * 2048]}, URI),
        ({"redirect_uris": ["https://app.example.com/c b"]}, URI),
        ({"redirect_uris": ["javascript:alert(1)"]}, URI),
        (APP | {"redirect_uris": ["javascript:alert(1)"]}, URI),
        (APP | {"redirect_uris": ["data:x"]}, URI),
        ({"redirect_uris": ["com.example.app:/cb"]}, URI),
        (WEB | {"token_endpoint_auth_method": "client_secret_jwt"}, METADATA),
        (WEB | {"token_endpoint_auth_method": "private_key_jwt"}, METADATA),
        (KEYED | {"jwks_uri": "https://app.example.com/keys"}, METADATA),
        (KEYED | {"jwks": {"keys": []}}, METADATA),
        (KEYED | {"jwks": {"keys": [KEY.as_dict(private=True)]}}, METADATA),
        (WEB | {"grant_types": ["implicit"]}, METADATA),
        (WEB | {"grant_types": ["client_credentials"]}, METADATA),
        (WEB | {"response_types": ["token"]}, METADATA),
        (WEB | {"subject_type": "pairwise"}, METADATA),
        (WEB | {"id_token_signed_response_alg": "none"}, METADATA),
        (WEB | {"id_token_signed_response_alg": "HS256"}, METADATA),
        (WEB | {"userinfo_signed_response_alg": "PS256"}, METADATA),
        (WEB | {"request_object_signing_alg": "none"} | JWKS, METADATA),
        (WEB | {"request_object_signing_alg": "HS256"} | JWKS, METADATA),
        (WEB | {"request_object_signing_alg": "ES512"} | JWKS, METADATA),
        (WEB | {"request_object_signing_alg": "ES256"}, METADATA),
        (WEB | {"require_signed_request_object": True}, METADATA),
        (WEB | {"require_signed_request_object": 1} | JWKS, METADATA),
        (WEB | {"request_uris": [REQUEST_URI]}, METADATA),
        (WEB | {"request_uris": [REQUEST_URI], "jwks": {"keys": [{"kty": "oct"}]}}, METADATA),
        (APP | {"request_uris": [REQUEST_URI]} | JWKS, METADATA),
        (WEB | {"request_uris": REQUEST_URI} | JWKS, METADATA),
        (WEB | {"request_uris": ["http://app.example.com/r"]} | JWKS, METADATA),
        (WEB | {"request_uris": ["https://me@app.example.com/r"]} | JWKS, METADATA),
        (WEB | {"request_uris": ["https:///r"]} | JWKS, METADATA),
        (WEB | {"request_uris": ["urn:ietf:params:oauth:request_uri:x"]} | JWKS, METADATA),
        (WEB | {"request_uris": [f"{REQUEST_URI}#{'x' * 2048}"]} | JWKS, METADATA),
        (WEB | {"request_uris": [f"{REQUEST_URI}#a b"]} | JWKS, METADATA),
        (WEB | {"request_uris": [f"{REQUEST_URI}{n}" for n in range(21)]} | JWKS, METADATA),
        (WEB | {"jwks_uri": "https://app.example.com/keys"} | JWKS, METADATA),
        (WEB | {"client_name": "x" * 101}, METADATA),
        (WEB | {"client_name": "a\u202eb"}, METADATA),
        (WEB | {"client_name": "\u200c"}, METADATA),
        (WEB | {"client_name": 5}, METADATA),
        (WEB | {"logo_uri": "http://app.example.com/logo"}, METADATA),
        (WEB | {"initiate_login_uri": "http://app.example.com/login"}, METADATA),
        (WEB | {"redirect_uris": "https://app.example.com/cb"}, METADATA),
        ([], METADATA),
    ],
)
def test_rfc7591_3_2_2_what_can_never_work_is_refused(world, said, wanted):
    before = set(world.people.clients)
    assert refused(world, said if said != [] else b"[]") == wanted
    assert set(world.people.clients) == before


def test_the_algorithms_are_chosen_by_the_client(world):
    said = {"id_token_signed_response_alg": "EdDSA", "userinfo_signed_response_alg": "ES256"}
    made = good(world, WEB | said)
    assert said.items() <= made.items()
    registration = read_registration(world.people.clients[made["client_id"]], PROVIDER)
    assert registration.algorithms == ("EdDSA", "ES256")


def test_redirect_uris_of_apps_are_taken(world):
    uris = [
        "com.example.app:/cb", "http://127.0.0.1/cb", "http://[::1]:80/cb",
        "http://localhost:3000/cb",
    ]  # fmt: skip
    assert good(world, APP | {"redirect_uris": uris})["redirect_uris"] == uris


def test_descriptions_are_returned_and_unknown_members_ignored(world):
    said = {
        name: f"https://app.example.com/{name}"
        for name in ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri")
    }
    made = good(world, WEB | said | {"client_name#de": "Notizen", "software_id": [1]})
    assert said.items() <= made.items()
    assert "software_id" not in made
    assert made["client_name"] == "app.example.com"


def test_a_body_that_is_no_json_is_refused(world):
    assert refused(world, b"{") == (400, "invalid_request")


def test_one_network_registers_so_many_in_an_hour():
    for world in open_to("open", registrations_per_address=2):
        for _ in range(2):
            good(world, WEB)
        assert refused(world, WEB) == (429, "temporarily_unavailable")
        good(world, WEB, caller=CALLER._replace(address="198.51.100.9"))
        world.clock.forward(3601)
        good(world, WEB)


def initial_token(world, scope="register", **said):
    world.people.register("backend", scopes=[scope], **{"resources": [], **said})
    header = basic("backend", SECRETS["backend"])
    reply = world.token(None, grant_type="client_credentials", headers={"authorization": header})
    return reply.said["access_token"]


def test_rfc7591_3_an_initial_access_token_is_demanded(guarded):
    assert refused(guarded, WEB) == (401, "invalid_token")
    assert refused(guarded, WEB, token="x") == (401, "invalid_token")
    other = initial_token(guarded, resources=["https://orders.example.com"])
    assert refused(guarded, WEB, token=other) == (401, "invalid_token")
    assert good(guarded, WEB, token=initial_token(guarded))


def test_rfc6750_3_1_an_initial_access_token_without_the_scope_is_403(guarded):
    token = initial_token(guarded, "orders.read")
    status, said, headers = send(guarded, said=WEB, token=token)
    assert (status, said["error"]) == (403, "insufficient_scope")
    assert headers[b"www-authenticate"] == b'Bearer error="insufficient_scope", scope="register"'


def test_no_person_grants_an_initial_access_token(guarded):
    guarded.people.register("spa", scopes=["register"])
    token = guarded.pair("spa", scope="register")["access_token"]
    assert refused(guarded, WEB, token=token) == (403, "insufficient_scope")


def test_without_the_setting_there_is_no_such_endpoint():
    for world in open_to("off"):
        assert [one for one in world.dialect.routes if one.path.startswith("/register")] == []


def own(made):
    return {
        "path": f"/register/{made['client_id']}",
        "token": made["registration_access_token"],
    }


def test_rfc7592_2_1_a_client_reads_its_registration(world):
    made = good(world, WEB)
    status, said, headers = send(world, "GET", **own(made))
    assert (status, headers[b"cache-control"]) == (200, b"no-store")
    hidden = {"client_secret", "client_secret_expires_at", "registration_access_token"}
    expected = {name: value for name, value in made.items() if name not in hidden}
    assert said == expected | {"client_id_issued_at": said["client_id_issued_at"]}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_rfc7592_2_another_token_is_refused(world, method):
    made, other = good(world, WEB), good(world, WEB)
    for token in (None, "x", other["registration_access_token"]):
        status, said, _ = send(world, method, own(made)["path"], token=token)
        assert (status, said["error"]) == (401, "invalid_token")
    for path in ("/register/backend", "/register/nobody"):
        assert send(world, method, path, token=made["registration_access_token"])[0] == 401
    assert made["client_id"] in world.people.clients


def test_a_blocked_client_changes_nothing(world):
    made = good(world, WEB)
    world.people.block(made["client_id"])
    assert send(world, "GET", **own(made))[0] == 401


def test_rfc7592_2_2_a_client_replaces_its_registration(world):
    made = good(world, WEB | {"client_name": "Notes", "logo_uri": "https://app.example.com/logo"})
    uri = "https://app.example.com/other"
    said = {"client_id": made["client_id"], "redirect_uris": [uri], "scope": "openid"}
    status, answer, _ = send(world, "PUT", said=said, **own(made))
    assert status == 200, answer
    assert (answer["redirect_uris"], answer["scope"]) == ([uri], "openid")
    assert "logo_uri" not in answer
    assert send(world, "GET", **own(made))[1] == answer


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"client_id": "spa"}, METADATA),
        ({"client_id": None}, METADATA),
        ({"token_endpoint_auth_method": "none"}, METADATA),
        ({"redirect_uris": []}, URI),
    ],
)
def test_rfc7592_2_2_a_wrong_replacement_changes_nothing(world, changes, wanted):
    made = good(world, WEB)
    before = send(world, "GET", **own(made))[1]
    said = WEB | {"client_id": made["client_id"]} | changes
    status, answer, _ = send(world, "PUT", said=said, **own(made))
    assert (status, answer["error"]) == wanted
    assert send(world, "GET", **own(made))[1] == before


def test_rfc7592_2_3_a_client_removes_itself_and_its_sessions(world):
    made = good(world, APP | {"grant_types": ["authorization_code", "refresh_token"]})
    pair = signed_in(world, made["client_id"])
    assert send(world, "DELETE", **own(made))[0] == 204
    assert made["client_id"] not in world.people.clients
    assert [row.revoked_cause for row in world.families()] == ["client_removed"]
    assert world.refresh(pair["refresh_token"], made["client_id"]).error == "invalid_client"


def test_registrations_are_in_the_audit_log(world):
    made = good(world, WEB)
    send(world, "PUT", said=WEB | {"client_id": made["client_id"]}, **own(made))
    send(world, "GET", own(made)["path"], token="x")
    refused(world, {})
    send(world, "DELETE", **own(made))
    lines = [(event, cause) for event, cause in world.audited() if event != "revocation"]
    assert lines == [
        ("client_registered", None),
        ("client_changed", None),
        ("refused", "forged"),
        ("refused", "invalid_redirect_uri"),
        ("client_removed", None),
    ]


def test_rp_initiated_logout_3_1_addresses_after_a_log_out_are_stored_and_returned(world):
    after = ["https://app.example.com/bye"]
    made = good(world, APP | {"post_logout_redirect_uris": after})
    assert made["post_logout_redirect_uris"] == after
    path = f"/register/{made['client_id']}"
    shown = send(world, "GET", path, token=made["registration_access_token"])
    assert shown[1]["post_logout_redirect_uris"] == after


@pytest.mark.parametrize("uri", ["http://app.example.com/", "https://a.example/#x", "https://*.a/"])
def test_an_address_after_a_log_out_has_the_rules_of_a_redirect_uri(world, uri):
    said = APP | {"post_logout_redirect_uris": [uri]}
    assert refused(world, said) == (400, "invalid_client_metadata")


def test_back_channel_logout_2_2_the_address_is_stored_changed_and_returned(world):
    told = {
        "backchannel_logout_uri": "https://app.example.com/ended?x=1",
        "backchannel_logout_session_required": True,
    }
    made = good(world, APP | told)
    path, token = f"/register/{made['client_id']}", made["registration_access_token"]
    shown = send(world, "GET", path, token=token)[1]
    assert {name: made[name] for name in told} == {name: shown[name] for name in told} == told
    assert "backchannel_logout_uri" not in good(world, APP)


@pytest.mark.parametrize("uri", ["http://a.example/", "https://a.example/#x", "https:", "app.x:/"])
def test_back_channel_logout_2_2_other_addresses_are_refused(world, uri):
    said = APP | {"backchannel_logout_uri": uri}
    assert refused(world, said) == (400, "invalid_client_metadata")


def test_contacts_are_stored_and_returned(world):
    people = ["ada@example.com", "The team <team@example.com>"]
    made = good(world, WEB | {"contacts": people})
    assert made["contacts"] == people
    assert send(world, "GET", **own(made))[1]["contacts"] == people


@pytest.mark.parametrize(
    "said", [["x"] * 11, [""], ["x" * 255], ["a\u202eb"], "ada@a.example", [1]]
)
def test_contacts_that_cannot_be_are_refused(world, said):
    assert refused(world, WEB | {"contacts": said}) == METADATA


@pytest.mark.parametrize("said", ["x.y.z", "", None])
def test_rfc7591_3_2_2_no_software_statement_is_trusted(world, said):
    wanted = 400, "unapproved_software_statement"
    assert refused(world, WEB | {"software_statement": said}) == wanted


SECTOR = "https://app.example.com/sector.json"


def listing(*addresses):
    return Fetched(200, "application/json", json.dumps(addresses).encode(), 3600)


def test_oidc_registration_5_the_document_of_a_sector_has_the_redirect_uris(world):
    world.elsewhere[SECTOR] = listing(REDIRECT, "https://other.example.com/")
    made = good(world, WEB | {"sector_identifier_uri": SECTOR})
    assert made["sector_identifier_uri"] == SECTOR
    assert [request.url for request in world.fetched] == [SECTOR]
    other = {"client_id": made["client_id"], "redirect_uris": [f"{REDIRECT}/2"]}
    status, answer, _ = send(
        world, "PUT", said=other | {"sector_identifier_uri": SECTOR}, **own(made)
    )
    assert (status, answer["error"]) == METADATA


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (listing("https://other.example.com/"), "every redirect URI"),
        (listing(), "every redirect URI"),
        (Fetched(200, "application/json", b'{"a": 1}', 1), "no list"),
        (Fetched(200, "application/json", b"[1]", 1), "no list"),
        (Fetched(200, "application/json", b"[" * 60_000, 1), "no list"),
        (Fetched(200, "application/json", b"\xff", 1), "no list"),
        (Unfetched(FetchFault.REDIRECTED, 302), "redirected"),
        (Unfetched(FetchFault.REFUSED_ADDRESS), "no public address"),
        (Unfetched(FetchFault.NO_ADDRESS), "no public address"),
    ],
)
def test_oidc_registration_5_any_other_document_of_a_sector_is_refused(world, document, word):
    world.elsewhere[SECTOR] = document
    before = set(world.people.clients)
    status, said, _ = send(world, said=WEB | {"sector_identifier_uri": SECTOR})
    assert (status, said["error"]) == METADATA
    assert word in said["error_description"]
    assert set(world.people.clients) == before


def test_a_sector_must_be_an_https_url(world):
    assert refused(world, WEB | {"sector_identifier_uri": "http://app.example.com/"}) == METADATA
    assert world.fetched == []


OF_REQUESTS = {
    "request_uris": [f"{REQUEST_URI}#hash"],
    "request_object_signing_alg": "ES256",
    "require_signed_request_object": True,
}


@pytest.mark.parametrize("client", [WEB | JWKS, KEYED], ids=["a secret", "keys"])
def test_oidc_registration_2_request_objects_are_registered_and_returned(world, client):
    made = good(world, client | OF_REQUESTS)
    assert (OF_REQUESTS | JWKS).items() <= made.items()
    rules = read_registration(world.people.clients[made["client_id"]], PROVIDER).request_objects
    assert rules.addresses == {REQUEST_URI}
    assert (rules.algorithms, rules.required) == (("ES256",), True)
    path, token = f"/register/{made['client_id']}", made["registration_access_token"]
    assert OF_REQUESTS.items() <= send(world, "GET", path, token=token)[1].items()
    said = client | {"client_id": made["client_id"]}
    status, members, _ = send(world, "PUT", path, said=said, token=token)
    assert (status, OF_REQUESTS.keys() & members.keys()) == (200, set())


def test_a_client_with_a_secret_keeps_its_keys_for_request_objects_alone(world):
    made = good(world, WEB | JWKS)
    assert made["jwks"] == KEYS
    client, secret = made["client_id"], made["client_secret"]
    code = world.code(client)
    said = asserting(world, iss=client, sub=client)
    assert world.exchange(code, None, **said).error == "invalid_client"
    assert (
        world.exchange(code, None, headers={"authorization": basic(client, secret)}).status == 200
    )


ENCRYPTING = {**KEYS["keys"][0], "alg": "ECDH-ES", "use": "enc"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"jwks": {"keys": [ENCRYPTING]}}, None),
        ({"jwks": {"keys": 5}}, None),
        ({"jwks_uri": "http://app.example.com/keys"}, None),
        ({"jwks_uri": "https://app.example.com/keys"}, "jwks_uri"),
    ],
    ids=range(4),
)
def test_keys_of_a_client_with_a_secret_that_sign_nothing_are_left_out(world, said, kept):
    made = good(world, WEB | said)
    assert {"jwks", "jwks_uri"} & made.keys() == ({kept} if kept else set())


def test_keys_of_a_client_without_authentication_are_left_out(world):
    assert "jwks" not in good(world, APP | JWKS)
