"""A resource server beside a running service: its keys turn, it ends, it comes again."""

import http.client
import json
import time
from base64 import b64encode
from contextlib import closing
from urllib.parse import urlencode, urlsplit

import pytest
from tests.dialects.oauth.proofs import KEY, ath_of, proof
from tests.verify.issuing import AUDIENCE, issuing

from reticket.testing import running_server
from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE
from reticket.verify import AccessTokens, KeysUnavailable, Rejected

ORDERS = f"{AUDIENCE}/orders"


@pytest.fixture
def tokens(server):
    return AccessTokens(server.url, AUDIENCE)


def test_rfc9068_4_an_access_token_of_the_service_is_accepted(tokens, issuer):
    issued = issuer.begin()
    token = tokens.verify(issued.access_token, ["orders.read"])
    assert (token.subject, token.client) == (issuer.user.id, "spa")
    assert token.scopes == {"openid", "orders.read"}
    assert token.session == issued.family.id.hex()
    assert token.claims["amr"] == ["pwd"]


def test_rfc8725_3_12_other_tokens_of_the_service_are_rejected(tokens, issuer):
    issued = issuer.begin()
    for text in (issued.id_token, issued.refresh_token):
        with pytest.raises(Rejected):
            tokens.verify(text)


def test_rfc9449_7_a_bound_token_with_its_proof_is_accepted(tokens, issuer):
    issued = issuer.begin(jkt=KEY.thumbprint())
    text = issued.access_token
    shown = proof("GET", ORDERS, time.time(), ath=ath_of(text))
    assert tokens.admit("GET", f"{ORDERS}?page=2", [f"DPoP {text}"], [shown]).jkt
    for scheme, proofs in (("Bearer", []), ("DPoP", []), ("DPoP", [shown])):
        with pytest.raises(Rejected):
            tokens.admit("GET", ORDERS, [f"{scheme} {text}"], proofs)


def test_rfc7517_5_a_key_rotation_rejects_no_valid_token(server, issuer):
    hours = [0.0]
    tokens = AccessTokens(server.url, AUDIENCE, seconds=lambda: hours[0])
    for _ in range(2):
        issued = issuer.begin()
        assert tokens.verify(issued.access_token).client == "spa"
        issuer.rotate(server)
        hours[0] += 30
        assert tokens.verify(issued.access_token).client == "spa"


def test_rfc7517_5_the_next_key_is_known_before_it_signs(server, issuer):
    tokens = AccessTokens(server.url, AUDIENCE, seconds=lambda: 0.0)
    before = issuer.begin()
    tokens.verify(before.access_token)
    issuer.rotate(server)
    after = issuer.begin()
    assert before.access_token.split(".")[0] != after.access_token.split(".")[0]
    assert tokens.verify(after.access_token)


def test_an_unreachable_service_is_an_error(issuer):
    nowhere = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(KeysUnavailable):
        AccessTokens(nowhere, AUDIENCE).verify(issuer.begin().access_token)


def ask(server, path, **form):
    said = {
        "content-type": "application/x-www-form-urlencoded",
        "authorization": f"Basic {b64encode(b'backend:backend-secret').decode()}",
    }
    with closing(
        http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE)
    ) as client:
        client.request("POST", path, urlencode(form), said)
        answer = client.getresponse()
        return answer.status, answer.read()


def looked(server, token):
    return json.loads(ask(server, "/oauth/introspect", token=token)[1])


def test_used_and_revoked_tokens_stay_invalid_after_a_restart(tmp_path):
    """CVE-2026-9802: rotations, revocations and dead access tokens are read from the disk again."""
    port = free_port()
    with running_server(tmp_path, port=port) as server, issuing(server) as issuer:
        first = issuer.begin("backend")
        last = issuer.next(issuer.next(first))
        ended, dead = issuer.begin("backend"), issuer.begin("backend")
        assert looked(server, dead.access_token)["active"]
        for token in (ended.refresh_token, dead.access_token):
            assert ask(server, "/oauth/revoke", token=token) == (200, b"")
    with running_server(tmp_path, port=port) as server:
        assert looked(server, last.refresh_token)["active"]
        assert looked(server, last.access_token)["active"]
        for token in (ended.refresh_token, ended.access_token, dead.access_token):
            assert looked(server, token) == {"active": False}
        with issuing(server) as issuer:
            row = issuer.instance.store.find(first.family.id)
    assert (row.generation, row.floor) == (3, 2)
