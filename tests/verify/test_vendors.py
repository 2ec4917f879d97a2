"""A resource server checks the access tokens of the vendors' dialects (RFC 9068 §4)."""

import json

import pytest
from tests.http.wire import call
from tests.verify.vendor_sign_ins import SIGN_INS, pair_of

from reticket.dialects.cloudreve.apps import DESKTOP
from reticket.testing import running_server
from reticket.verify import AccessTokens, Rejected

FACTS = {
    "akinon.user": {"roles": ["admin"]},
    "cloudreve.user": {"group": "Admin", "permission": "/RoB"},
    "cloudreve.app": {"group": "Admin", "client_id": DESKTOP.id},
    "kibo.application": {"behaviors": [1, 2, 17]},
    "kibo.developer": {"behaviors": [1, 2, 17], "tid": "77"},
    "kibo.adminuser": {"behaviors": [1, 2, 17], "tid": "1000"},
    "kibo.shopper": {"tid": "1000", "site": 2000, "account": 1},
    "kibo.anonymous_shopper": {"tid": "1000", "site": 2000},
}
SETTINGS = {
    "RETICKET_DIALECTS__AKINON__ACCESS_ALGORITHM": "ES256",
    "RETICKET_DIALECTS__CLOUDREVE__ACCESS_ALGORITHM": "ES256",
    "RETICKET_DIALECTS__AKINON__PERSON_IN_TOKENS": "true",
    "RETICKET_DIALECTS__CLOUDREVE__PERSON_IN_TOKENS": "true",
    "RETICKET_DIALECTS__KIBO__PERSON_IN_TOKENS": "true",
    "RETICKET_SIGNING_ALGORITHM": "EdDSA",
}


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    with running_server(folder, settings=SETTINGS) as server:
        yield server


def access_token(server, kind):
    return pair_of(server.url, kind)[0]


@pytest.mark.parametrize("kind", SIGN_INS)
def test_a_good_token_is_accepted_and_names_what_its_bearer_may_do(signed, kind):
    token = AccessTokens(signed.url, kind).verify(access_token(signed, kind))
    assert FACTS[kind].items() <= token.claims.items()
    assert token.session


@pytest.mark.parametrize("kind", SIGN_INS)
def test_a_token_of_a_vendor_is_no_token_of_oauth(signed, kind):
    """All may have one issuer and one key. OAuth's are those with a client and a scope."""
    text = access_token(signed, kind)
    assert "scope" not in AccessTokens(signed.url, kind).verify(text).claims
    bearer = {"Authorization": f"Bearer {text}"}
    status, _, said = call(signed.url, "GET", "/oauth/userinfo", None, bearer)
    assert (status, json.loads(said)["error"]) == (401, "invalid_token")


@pytest.mark.parametrize("kind", SIGN_INS)
def test_a_token_of_another_kind_or_issuer_is_rejected(signed, kind):
    text = access_token(signed, kind)
    wrong = [("https://other.example.com", kind), (signed.url, "oauth.user"), (signed.url, "kibo")]
    for issuer, audience in wrong:
        keys = f"{signed.url}/.well-known/jwks.json"
        with pytest.raises(Rejected):
            AccessTokens(issuer, audience, jwks_uri=keys).verify(text)


@pytest.mark.parametrize("kind", SIGN_INS)
def test_the_oauth_endpoints_take_no_token_of_a_vendor_for_one_of_theirs(signed, kind):
    text = access_token(signed, kind)
    status, _, answer = call(
        signed.url, "GET", "/oauth/userinfo", headers={"Authorization": f"Bearer {text}"}
    )
    assert (status, json.loads(answer)["error"]) == (401, "invalid_token")


@pytest.mark.parametrize("kind", SIGN_INS)
def test_an_expired_and_a_forged_token_are_rejected(signed, kind):
    text = access_token(signed, kind)
    later = AccessTokens(signed.url, kind, clock=lambda: 4e9)
    with pytest.raises(Rejected):
        later.verify(text)
    head, payload, signature = text.split(".")
    forged = ".".join((head, payload, signature[:-8] + signature[:8]))
    with pytest.raises(Rejected):
        AccessTokens(signed.url, kind).verify(forged)


@pytest.mark.parametrize("kind", ["akinon.user", "cloudreve.user", "cloudreve.app"])
def test_by_default_only_the_service_can_check_these(server, kind):
    with pytest.raises(Rejected):
        AccessTokens(server.url, kind).verify(access_token(server, kind))


@pytest.mark.parametrize("kind", [kind for kind in SIGN_INS if kind.startswith("kibo.")])
def test_by_default_kibo_tokens_tell_nothing_of_their_holder(server, kind):
    token = AccessTokens(server.url, kind).verify(access_token(server, kind))
    assert {"behaviors", "site", "account"}.isdisjoint(token.claims)
    assert token.client == ""


def test_the_service_itself_takes_its_signed_tokens(signed):
    bearer = {"Authorization": f"Bearer {access_token(signed, 'cloudreve.user')}"}
    assert json.loads(call(signed.url, "GET", "/api/v4/user/me", headers=bearer)[2])["code"] == 0
    bearer = {"Authorization": f"Bearer {access_token(signed, 'akinon.user')}"}
    assert call(signed.url, "GET", "/api/v1/profile/me", headers=bearer)[0] == 200
