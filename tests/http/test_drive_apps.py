"""A person lets the drive's desktop app in, and the app's session goes on (Cloudreve 4.18)."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from tests.http.wire import call, events
from tests.resource_servers.tokens import Issuer
from tests.verify.issuing import issuing

from reticket.testing import running_server

DESKTOP, SECRET = "393a1839-f52e-498e-9972-e77cc2241eee", "8GaQIu3lOSdqYoDHi9cR8IZ4pvuMH8ya"
SCOPES = "openid profile email offline_access UserInfo.Write Files.Write"
VERIFIER = "a verifier of enough characters, 43 or more"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
API = "/api/v4"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def posted(server, path, said, **headers):
    body = said if isinstance(said, str) else json.dumps(said)
    status, _, answer = call(server.url, "POST", API + path, body, headers)
    return status, json.loads(answer)


def signed_in(server):
    said = {"email": "ada@example.com", "password": "correct horse"}
    return posted(server, "/session/token", said)[1]["data"]["token"]


def consented(server, bearer, **changes):
    said = {
        "client_id": DESKTOP,
        "response_type": "code",
        "redirect_uri": "/callback/desktop",
        "scope": SCOPES,
        "state": "xyz",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    headers = {"Authorization": f"Bearer {bearer}"}
    return posted(server, "/session/oauth/consent", said, **headers)[1]


def exchanged(server, code, **changes):
    form = {
        "client_id": DESKTOP,
        "client_secret": SECRET,
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": VERIFIER,
        **changes,
    }
    return posted(server, "/session/oauth/token", urlencode(form), **FORM)


def let_in(server, **changes):
    code = consented(server, signed_in(server)["access_token"], **changes)["data"]["code"]
    status, tokens = exchanged(server, code)
    assert status == 200, tokens
    return tokens


def got(server, path, bearer):
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return json.loads(call(server.url, "GET", API + path, headers=headers)[2])


def refreshed(server, token, **headers):
    return posted(server, "/session/token/refresh", {"refresh_token": token}, **headers)[1]


def claims_of(token):
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def test_scopes_and_client_are_kept_through_refreshes(server):
    tokens = let_in(server)
    assert tokens["scope"] == SCOPES
    assert tokens["refresh_token_expires_in"] == 90 * 86_400
    pair = refreshed(server, tokens["refresh_token"])["data"]
    pair = refreshed(server, pair["refresh_token"])["data"]
    for token in (pair["access_token"], pair["refresh_token"]):
        claims = claims_of(token)
        assert (claims["scopes"], claims["client_id"]) == (SCOPES.split(), DESKTOP)
    assert got(server, "/user/me", pair["access_token"])["data"]["nickname"] == "Ada"


def test_scopes_in_any_order_or_repeated_are_the_same_scopes(server):
    """Stores keep each text of scopes for good: a person could fill them with all the orders."""
    backwards = " ".join(reversed(SCOPES.split()))
    for scope in (backwards, f"{SCOPES} {backwards}", f"{SCOPES}{' openid' * 500}"):
        assert let_in(server, scope=scope)["scope"] == SCOPES


def test_the_app_learns_whose_its_tokens_are(server):
    bearer = let_in(server)["access_token"]
    told = got(server, "/session/oauth/userinfo", bearer)
    assert told["email"] == "ada@example.com"
    assert told["picture"].startswith(server.url)
    assert told["sub"] == got(server, "/user/me", bearer)["data"]["id"]


def test_an_app_without_the_scopes_learns_the_id_alone(server):
    bearer = let_in(server, scope="openid")["access_token"]
    assert got(server, "/session/oauth/userinfo", bearer).keys() == {"sub"}
    assert got(server, "/user/me", bearer)["code"] == 40089
    assert got(server, "/site/config/basic", bearer)["data"]["user"]["anonymous"] is True
    person = signed_in(server)["access_token"]
    card = f"/user/info/{got(server, '/user/me', person)['data']['id']}"
    assert "email" in got(server, card, person)["data"]
    assert "email" not in got(server, card, bearer)["data"]


def test_a_person_sees_what_the_app_may_do(server):
    bearer = signed_in(server)["access_token"]
    let_in(server)
    shown = got(server, f"/session/oauth/app/{DESKTOP}", bearer)["data"]
    assert shown["consented_scopes"] == SCOPES.split()
    assert "consented_scopes" not in got(server, f"/session/oauth/app/{DESKTOP}", None)["data"]


def test_a_code_works_once(server):
    code = consented(server, signed_in(server)["access_token"])["data"]["code"]
    assert exchanged(server, code)[0] == 200
    status, refusal = exchanged(server, code)
    assert (status, refusal["error_codes"]) == (400, [40020])


def test_rfc6749_4_1_2_the_second_use_of_a_code_ends_its_session(server):
    code = consented(server, signed_in(server)["access_token"])["data"]["code"]
    token = exchanged(server, code)[1]["refresh_token"]
    assert exchanged(server, code, client_secret="wrong")[0] == 400
    assert refreshed(server, token)["code"] == 0
    assert exchanged(server, code)[0] == 400
    assert refreshed(server, token)["code"] == 40020


def test_of_parallel_requests_with_one_code_one_gets_tokens(server):
    code = consented(server, signed_in(server)["access_token"])["data"]["code"]
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda _: exchanged(server, code)[0], range(8)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 400, 503}


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": ""},
        {"code_verifier": "x" + VERIFIER[1:]},
        {"client_secret": SECRET[:-1]},
        {"client_id": "220db97a-44a3-44f7-99b6-d767262b4daa"},
        {"redirect_uri": "/callback/ios"},
    ],
)
def test_a_refused_exchange_spends_nothing(server, changes):
    code = consented(server, signed_in(server)["access_token"])["data"]["code"]
    assert exchanged(server, code, **changes)[0] == 400
    assert exchanged(server, code)[0] == 200


def test_an_app_lets_no_other_app_in(server):
    assert consented(server, let_in(server)["access_token"])["code"] == 40089


def test_tokens_of_an_app_and_of_a_person_are_not_mistaken(server):
    app, person = let_in(server), signed_in(server)
    assert got(server, "/session/oauth/userinfo", app["refresh_token"])["code"] == 40020
    assert refreshed(server, app["access_token"])["code"] == 40020
    forged = person["refresh_token"].split(".")
    forged[1] = app["refresh_token"].split(".")[1]
    assert refreshed(server, ".".join(forged))["code"] == 40020


@pytest.fixture(scope="module")
def key_holder(server):
    """Has the key of access tokens, as a client with a shared key has."""
    with issuing(server) as inside:
        yield Issuer(server, inside)


def test_a_holder_of_the_shared_key_lets_no_app_in_for_a_person_without_a_session(
    server, key_holder
):
    """The app's session would outlive the key (ADR 0024)."""
    token = signed_in(server)["access_token"]
    of_an_app, _ = key_holder.pair("cloudreve.app")
    of_a_program, _ = key_holder.pair("kibo.application")
    for sid in ("", "0" * 32, claims_of(of_an_app)["sid"], claims_of(of_a_program)["sid"]):
        forged = key_holder.changed(token, sid=sid)
        assert got(server, "/user/me", forged)["code"] == 0
        assert consented(server, forged)["code"] == 401
    assert consented(server, key_holder.changed(token))["code"] == 0


def test_after_a_sign_out_no_app_is_let_in(server):
    pair = signed_in(server)
    body = json.dumps({"refresh_token": pair["refresh_token"]})
    call(server.url, "DELETE", f"{API}/session/token", body)
    assert consented(server, pair["access_token"])["code"] == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": "x"},
        {"sid": "x"},
        {"sid": 1},
        {"sid": "00"},
    ],
)
def test_forged_claims_of_a_wrong_type_are_refused(server, key_holder, changes):
    forged = key_holder.changed(signed_in(server)["access_token"], **changes)
    assert consented(server, forged)["code"] == 401


def test_five_parallel_refreshes_of_an_app_all_succeed(server):
    token = let_in(server)["refresh_token"]
    with ThreadPoolExecutor(5) as threads:
        codes = list(threads.map(lambda _: refreshed(server, token)["code"], range(5)))
    assert codes == [0] * 5


def test_a_sign_out_ends_the_app_s_session(server):
    token = let_in(server)["refresh_token"]
    body = json.dumps({"refresh_token": token})
    assert json.loads(call(server.url, "DELETE", f"{API}/session/token", body)[2])["code"] == 0
    assert refreshed(server, token)["code"] == 40020


def test_no_secret_and_no_code_is_in_the_audit_stream(server):
    bearer = signed_in(server)["access_token"]
    code = consented(server, bearer)["data"]["code"]
    exchanged(server, code)
    exchanged(server, code)
    told = json.dumps(events(server))
    assert "consented" in told
    assert all(secret not in told for secret in (code, SECRET, VERIFIER, bearer))


SYNC = {
    "id": "sync",
    "secret": "sync-secret",
    "name": "Sync",
    "redirect_uris": ["https://sync.example.com/back"],
    "scopes": ["openid", "offline_access"],
}


def test_an_operator_registers_further_apps(tmp_path):
    settings = {
        "RETICKET_DIALECTS__CLOUDREVE__APPS": json.dumps([SYNC]),
        "RETICKET_DIALECTS__CLOUDREVE__OFFICIAL_APPS": "false",
    }
    with running_server(tmp_path, settings=settings) as server:
        bearer = signed_in(server)["access_token"]
        said = {"client_id": "sync", "redirect_uri": "https://sync.example.com/back"}
        code = consented(server, bearer, **said, scope="openid offline_access")["data"]["code"]
        status, tokens = exchanged(server, code, client_id="sync", client_secret="sync-secret")
        assert (status, refreshed(server, tokens["refresh_token"])["code"]) == (200, 0)
        assert consented(server, bearer)["code"] == 404


def restarted_with(folder, app):
    settings = {"RETICKET_DIALECTS__CLOUDREVE__APPS": json.dumps([app])}
    return running_server(folder, settings=settings)


@pytest.mark.parametrize("now", [SYNC | {"scopes": ["openid"]}, SYNC | {"id": "another"}])
def test_the_tokens_of_an_app_that_is_withdrawn_or_may_have_less_open_nothing(tmp_path, now):
    wide = SYNC | {"scopes": [*SYNC["scopes"], "UserInfo.Read"]}
    with restarted_with(tmp_path, wide) as server:
        said = {"client_id": "sync", "redirect_uri": SYNC["redirect_uris"][0]}
        code = consented(
            server, signed_in(server)["access_token"], **said, scope=" ".join(wide["scopes"])
        )["data"]["code"]
        tokens = exchanged(server, code, client_id="sync", client_secret="sync-secret")[1]
        assert got(server, "/user/me", tokens["access_token"])["code"] == 0
    with restarted_with(tmp_path, now) as server:
        assert got(server, "/user/me", tokens["access_token"])["code"] == 401
        assert got(server, "/session/oauth/userinfo", tokens["access_token"])["code"] == 401
        assert refreshed(server, tokens["refresh_token"])["code"] == 40020
