"""Clients whose id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document)."""

import json
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace
from tests.dialects.oauth.browser import REQUEST, Browser
from tests.dialects.oauth.documents import APP, ASKED, URL, accepting, document
from tests.dialects.oauth.request_objects import ADDRESS, at_address, request_object
from tests.dialects.oauth.test_register import PROVIDER, send
from tests.dialects.oauth.token_people import KEY, REDIRECT
from tests.dialects.oauth.token_world import CALLER, VERIFIER, asserting

from reticket.core.commands import RegisterClient
from reticket.core.fetching.model import FetchFault, Unfetched
from reticket.oauth.client_metadata import LONGEST_METADATA
from reticket.oauth.registration import owner_of, read_registration

KEYS = {"keys": [{**KEY.as_dict(private=False), "kid": "k1"}]}
KEYED = {**APP, "token_endpoint_auth_method": "private_key_jwt", "jwks": KEYS}
DOWN = Unfetched(FetchFault.UNREACHABLE)
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def world():
    with accepting() as made:
        yield made


def signed_in(world, **how):
    """The tokens of a client of a document after the pages."""
    browser = Browser(world).signs_in(**ASKED).sends(answer="allow")
    reply = world.token(
        None if how else URL, grant_type="authorization_code", code=browser.answer["code"],
        redirect_uri=REDIRECT, code_verifier=VERIFIER, **how,
    )  # fmt: skip
    assert reply.status == 200, reply.said
    return reply.said


def events(world):
    return [event for event, _ in world.audited()]


def test_a_client_of_a_document_signs_a_person_in(world):
    pair = signed_in(world)
    assert world.refresh(pair["refresh_token"], URL).status == 200
    assert [(request.url, request.accept) for request in world.fetched] == [
        (URL, ("application/json", "+json"))
    ]
    assert world.registrar.used == [(URL, world.clock())]
    assert "client_registered" in events(world)


def test_a_refresh_needs_the_stored_registration_alone(world):
    pair = signed_in(world)
    world.elsewhere.clear()
    world.clock.forward(86_400)
    assert world.refresh(pair["refresh_token"], URL).status == 200
    assert len(world.fetched) == 1


def test_the_consent_page_shows_the_host_and_that_nobody_vouches_for_it(world):
    text = Browser(world).signs_in(**ASKED).text
    assert "described by" in text
    assert "app.example.com" in text
    assert "Nobody here vouches for it or for its name." in text


@pytest.mark.parametrize("is_on", [True, False])
def test_the_metadata_say_whether_documents_are_accepted(is_on):
    with accepting(documents=is_on) as world:
        said = json.loads(Browser(world).gets("/oauth/.well-known/openid-configuration").text)
    assert said.get("client_id_metadata_document_supported") is (True if is_on else None)


def test_a_registered_id_wins(world):
    spa = world.people.clients["spa"]
    world.people.clients[URL] = spa.__class__(URL, True, False, spa.registration, 0)
    assert "vouches" not in Browser(world).signs_in(**ASKED).text
    assert world.fetched == []


def test_documents_are_not_accepted_unless_that_is_switched_on():
    with accepting(documents=False) as world:
        assert Browser(world).asks(**ASKED).page.status == 400
        assert world.fetched == []


def test_where_documents_are_switched_off_again_sessions_go_on_but_none_begins():
    with accepting() as before, accepting(documents=False) as after:
        refresh_token = signed_in(before)["refresh_token"]
        after.adopt(before)
        after.people.clients[URL] = before.people.clients[URL]
        assert after.refresh(refresh_token, URL).status == 200
        browser = Browser(after).asks(**ASKED)
        assert (browser.page.status, "not accepted here" in browser.text) == (400, True)


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com",
        "https://app.example.com?a=b",
        "https://",
        "https:///client.json",
        "https://app.example.com/a/../client.json",
        "https://app.example.com/./client.json",
        "https://app.example.com/a/%2e%2E/client.json",
        "https://app.example.com/client.json#a",
        "https://me@app.example.com/client.json",
        "https://app.example.com\\@other.example/client.json",
        "https://app.example.com/cl ient.json",
        "https://app.example.com/ä",
        "https://app.example.com:0/client.json",
        "https://app.example.com:x/client.json",
        "https://[::1/client.json",
        "https://app.example.com/" + "a" * 232,
    ],
)
def test_cimd_3_an_id_that_cannot_be_a_url_of_a_document_is_refused(world, url):
    browser = Browser(world).asks(client_id=url)
    assert (browser.page.status, "client_id must" in browser.text) == (400, True)
    assert world.fetched == []
    assert url not in world.people.clients


@pytest.mark.parametrize(
    "url",
    ["http://app.example.com/client.json", "HTTPS://app.example.com/client.json", "ftp://a.b/c"],
)
def test_another_scheme_makes_no_document(world, url):
    assert Browser(world).asks(client_id=url).page.status == 400
    assert world.fetched == []


def test_only_the_hosts_of_the_setting_are_asked():
    with accepting(document_hosts=("app.example.com",)) as world:
        other = "https://app.example.com.other.example/client.json"
        world.elsewhere[other] = document(client_id=other)
        assert "not allowed here" in Browser(world).asks(client_id=other).text
        assert Browser(world).asks(**ASKED).page.status == 200
        assert [request.url for request in world.fetched] == [URL]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (document(client_id="https://app.example.com/other.json"), "not the URL"),
        (document(client_id="https://app.example.com/client.json/"), "not the URL"),
        (document(client_id="https://APP.example.com/client.json"), "not the URL"),
        (document({"redirect_uris": [REDIRECT]}), "client_id"),
        (document(client_id=5), "client_id"),
        (document(client_secret="x"), "secret"),
        (document(client_secret=None), "secret"),
        (document(client_secret_expires_at=0), "secret"),
        (document(token_endpoint_auth_method="client_secret_basic"), "shared secret"),
        (document(token_endpoint_auth_method="client_secret_post"), "shared secret"),
        (document(token_endpoint_auth_method="client_secret_jwt"), "shared secret"),
        (document(token_endpoint_auth_method="tls_client_auth"), "not supported"),
        (document(token_endpoint_auth_method="private_key_jwt"), "jwks"),
        (document(KEYED, jwks={"keys": []}), "jwks"),
        (document(redirect_uris=[]), "redirect_uris"),
        (document(redirect_uris=["https://*.example.com/"]), "redirect_uris"),
        (document(redirect_uris=["javascript:alert(1)"]), "redirect_uris"),
        (document(grant_types=["client_credentials"]), "grant_types"),
        (document(client_name="a\u202eb"), "client_name"),
        (document(b"{"), "no JSON"),
        (document(b"\xff"), "no JSON"),
        (document(b'{"a":' + b"[" * 9000), "no JSON"),
        (document(b"[]"), "not valid"),
        (document(client_uri="https://app.example.com/" + "x" * LONGEST_METADATA), "longer"),
    ],
)
def test_cimd_4_a_document_that_cannot_be_is_refused_with_the_reason(world, said, word):
    world.elsewhere[URL] = said
    browser = Browser(world).asks(**ASKED)
    assert (browser.page.status, word in browser.text) == (400, True), browser.text
    assert browser.location is None
    assert URL not in world.people.clients
    assert world.audited()[-1] == ("refused", "no_document")


def test_cimd_4_4_an_invalid_document_is_not_cached(world):
    for said in (document(client_id="https://a.example/"), document(redirect_uris=[])):
        world.elsewhere[URL] = said
        assert Browser(world).asks(**ASKED).page.status == 400
    world.elsewhere[URL] = document()
    assert Browser(world).asks(**ASKED).page.status == 200
    assert len(world.fetched) == 3


@pytest.mark.parametrize(
    "fault",
    [
        Unfetched(FetchFault.UNREACHABLE),
        Unfetched(FetchFault.TIMED_OUT),
        Unfetched(FetchFault.LIMITED),
        Unfetched(FetchFault.BAD_STATUS, 500),
        Unfetched(FetchFault.BAD_STATUS, 429),
    ],
    ids=str,
)
def test_a_document_that_cannot_be_had_just_now(world, fault):
    world.elsewhere[URL] = fault
    page = Browser(world).asks(**ASKED).page
    assert (page.status, dict(page.headers)[b"retry-after"]) == (503, b"10")
    assert [event for event in world.audited() if event[0] != "refused"] == [("fetch_failed", None)]
    world.elsewhere[URL] = document(lifetime=0)
    assert Browser(world).asks(**ASKED).page.status == 200
    world.elsewhere[URL] = fault
    world.clock.forward(60)
    assert Browser(world).asks(**ASKED).page.status == 200


@pytest.mark.parametrize(
    "fault",
    [
        Unfetched(FetchFault.REDIRECTED, 302),
        Unfetched(FetchFault.BAD_STATUS, 404),
        Unfetched(FetchFault.BAD_TYPE, 200),
        Unfetched(FetchFault.BAD_CERTIFICATE),
        Unfetched(FetchFault.TOO_LARGE),
        Unfetched(FetchFault.ENCODED, 200),
        Unfetched(FetchFault.BAD_HTTP),
    ],
    ids=str,
)
def test_another_fault_is_refused_with_the_reason(world, fault):
    assert Browser(world).asks(**ASKED).page.status == 200
    world.elsewhere[URL] = fault
    world.clock.forward(3600)
    browser = Browser(world).asks(**ASKED)
    assert (browser.page.status, fault.fault in browser.text) == (400, True)


def test_names_of_a_private_network_are_told_to_nobody(world):
    texts = set()
    for fault in (FetchFault.NO_ADDRESS, FetchFault.REFUSED_ADDRESS):
        world.elsewhere[URL] = Unfetched(fault)
        texts.add((Browser(world).asks(**ASKED).page.status, Browser(world).asks(**ASKED).text))
    ((status, text),) = texts
    assert (status, "no public address" in text) == (400, True)


def test_a_stored_client_goes_on_while_its_host_has_no_address(world):
    signed_in(world)
    world.elsewhere[URL] = Unfetched(FetchFault.NO_ADDRESS)
    world.clock.forward(3600)
    assert Browser(world).asks(**ASKED).page.status == 200


def test_a_changed_document_changes_the_client(world):
    signed_in(world)
    other = "https://app.example.com/other"
    world.elsewhere[URL] = document(redirect_uris=[other])
    assert Browser(world).asks(**ASKED).page.status == 200
    world.clock.forward(3600)
    assert "not registered" in Browser(world).asks(**ASKED).text
    assert Browser(world).asks(**ASKED, redirect_uri=other).page.status == 200
    assert events(world).count("client_changed") == 1


def test_a_process_with_an_older_copy_does_not_set_a_client_back(world):
    signed_in(world)
    other = "https://app.example.com/other"
    world.elsewhere[URL] = document(redirect_uris=[other])
    world.people.register(URL, redirect_uris=[other])
    world.clock.forward(60)
    assert Browser(world).asks(**ASKED, redirect_uri=other).page.status == 200
    assert "client_changed" not in events(world)


def test_a_blocked_client_is_not_asked_about(world):
    signed_in(world)
    world.people.block(URL)
    world.clock.forward(3600)
    assert Browser(world).asks(**ASKED).page.status == 400
    assert len(world.fetched) == 1


def test_two_requests_at_once_register_one_client(world):
    async def another(command):
        if isinstance(command, RegisterClient):
            world.before = None
            await world.service.performers[RegisterClient](command, CALLER)

    world.before = another
    assert Browser(world).asks(**ASKED).page.status == 200
    assert "client_registered" not in events(world)


def elsewhere(world, url, address="192.0.2.1"):
    """The status for a client of another document, from an address."""
    world.elsewhere[url] = document(client_id=url)
    request = world.request("/authorize", urlencode({**REQUEST, "client_id": url}), {})
    request = replace(request, caller=CALLER._replace(address=address))
    operate = {each.path: each for each in world.dialect.routes if each.method == "POST"}
    try:
        return world.carry_out(operate["/authorize"].operate(request)).status
    except Exception as error:
        return world.dialect.refuse(request, error).status


def test_one_network_causes_so_many_registrations_in_an_hour():
    with accepting(documents_per_address=2) as world:
        urls = [f"https://app.example.com/{number}" for number in range(4)]
        statuses = [elsewhere(world, url) for url in urls]
        assert statuses == [200, 200, 429, 429]
        assert elsewhere(world, urls[0]) == 200
        world.clock.forward(3601)
        assert elsewhere(world, urls[3]) == 200


def test_a_client_that_people_use_stays_when_there_are_too_many():
    with accepting(documents_most=2) as world:
        said = signed_in(world)
        urls = [f"https://app.example.com/{number}" for number in range(3)]
        assert [elsewhere(world, url) for url in urls] == [200] * 3
        assert {URL, urls[2]} <= world.people.clients.keys()
        assert not {*urls[:2]} & world.people.clients.keys()
        assert [each for each, _ in world.audited()].count("client_removed") == 2
        assert world.refresh(said["refresh_token"], URL).status == 200


def test_it_goes_after_a_day_unless_it_has_got_tokens(world):
    Browser(world).asks(**ASKED)
    assert world.registrar.idle[URL] == 29 * 86_400


def test_it_gets_only_what_people_consent_to(world):
    world.elsewhere[URL] = document(
        grant_types=["authorization_code", "client_credentials", "implicit"],
        scope="openid admin register",
    )
    assert Browser(world).asks(**ASKED).page.status == 200
    world.people.register(URL, admin=True, first_party=True, pkce="optional")
    registration = read_registration(world.people.clients[URL], PROVIDER)
    assert registration.grants == ("authorization_code",)
    assert registration.scopes == ("openid",)
    assert (registration.admin, registration.first_party, registration.vouched) == (False,) * 3
    assert registration.pkce_required


def test_it_cannot_say_which_groups_may_use_it(world):
    world.elsewhere[URL] = document(groups_allowed=["staff"])
    signed_in(world)
    assert read_registration(world.people.clients[URL], PROVIDER).groups_allowed is None


def test_pkce_is_demanded_of_a_client_with_keys_too(world):
    world.elsewhere[URL] = document(KEYED)
    no_challenge = {"code_challenge": None, "code_challenge_method": None}
    browser = Browser(world).asks(**ASKED, **no_challenge)
    assert "code_challenge is missing" in browser.text


def test_a_client_with_keys_authenticates_by_them(world):
    world.elsewhere[URL] = document(KEYED)
    assert signed_in(world, **asserting(world, KEY, iss=URL, sub=URL))["access_token"]
    form = {"token": "x", **asserting(world, KEY, iss=URL, sub=URL)}
    assert world.post("/introspect", urlencode(form)).error == "invalid_client"


def test_its_entries_are_charged_to_the_address(world):
    """One person may have any number of documents."""
    world.elsewhere[URL] = document(KEYED)
    Browser(world).asks(**ASKED)
    assert owner_of(read_registration(world.people.clients[URL], PROVIDER)) is None


@pytest.mark.parametrize("said", [APP, KEYED])
def test_a_document_is_read_when_a_request_is_pushed(world, said):
    world.elsewhere[URL] = document(said)
    form = {**REQUEST, **ASKED}
    form |= asserting(world, KEY, iss=URL, sub=URL) if said is KEYED else {}
    pushed = world.post("/par", urlencode(form))
    assert pushed.status == 201, pushed.said
    browser = Browser(world).posts(
        "/oauth/authorize", client_id=URL, request_uri=pushed.said["request_uri"]
    )
    assert browser.page.status == 200
    assert len(world.fetched) == 1


@pytest.mark.parametrize("said", [APP, KEYED])
def test_a_document_is_read_when_a_device_asks_for_a_code(world, said):
    world.elsewhere[URL] = document(said, grant_types=[DEVICE], redirect_uris=[])
    asked = asserting(world, KEY, iss=URL, sub=URL) if said is KEYED else {"client_id": URL}
    operate = {(each.method, each.path): each for each in world.dialect.routes}["POST", "/device"]
    response = world.carry_out(operate.operate(world.request("/device", urlencode(asked), {})))
    assert response.status == 200


def test_an_error_of_a_pushed_request_is_json(world):
    world.elsewhere[URL] = DOWN
    reply = world.post("/par", urlencode({**REQUEST, **ASKED}))
    assert (reply.status, reply.error) == (503, "temporarily_unavailable")
    assert reply.headers["retry-after"] == "10"
    world.elsewhere[URL] = document(b"{")
    reply = world.post("/par", urlencode({**REQUEST, **ASKED}))
    assert (reply.status, reply.error) == (400, "invalid_client")


def test_rfc7592_a_client_of_a_document_has_no_registration_token():
    with accepting(registration="open") as world:
        Browser(world).asks(**ASKED)
        assert world.registrar.tokens[URL] == ""
        for token in (None, "", "x"):
            assert send(world, "GET", f"/register/{URL}", token=token)[0] == 401


def test_an_error_is_not_sent_to_it(world):
    """RFC 9700 §4.11.2: a stranger's client could send people anywhere."""
    browser = Browser(world).asks(**ASKED, response_type="token")
    assert (browser.page.status, browser.location) == (400, None)


def test_a_document_may_name_a_sector_that_has_its_addresses(world):
    sector = "https://app.example.com/sector.json"
    world.elsewhere[URL] = document(sector_identifier_uri=sector, contacts=["ada@example.com"])
    world.elsewhere[sector] = document(b"[]")
    assert "every redirect URI" in Browser(world).asks(**ASKED).text
    assert URL not in world.people.clients
    world.elsewhere[sector] = document(json.dumps([REDIRECT]).encode())
    world.clock.forward(3600)
    assert Browser(world).asks(**ASKED).page.status == 200
    assert world.people.clients[URL].registration["contacts"] == ["ada@example.com"]


def test_a_document_with_a_software_statement_is_refused(world):
    world.elsewhere[URL] = document(software_statement="x.y.z")
    assert "software statements" in Browser(world).asks(**ASKED).text


def test_a_document_may_register_request_objects(world, browser):
    of_requests = {"request_uris": [ADDRESS], "require_signed_request_object": True}
    world.elsewhere[URL] = document({**KEYED, **of_requests})
    world.elsewhere[ADDRESS] = at_address(request_object(client_id=URL, iss=URL, scope="openid"))
    refused = browser.asks(**ASKED)
    assert (refused.page.status, "must sign" in refused.text) == (400, True)
    browser.gets("/oauth/authorize", client_id=URL, request_uri=ADDRESS)
    assert browser.headline == "Sign in"
