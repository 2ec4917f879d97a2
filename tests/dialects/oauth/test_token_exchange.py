"""Other grants: token exchange (RFC 8693): a tenant or audience switch on a live family."""

import pytest
from tests.dialects.oauth.token_people import ADA, ORDERS, OTHER_KEY, SECRETS, STOCK
from tests.dialects.oauth.token_world import ISSUER, basic, claims_of

from reticket.core.model import Selection
from reticket.dialects.oauth.grants.exchange_target import TENANT_PREFIX

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
REFRESH = "urn:ietf:params:oauth:token-type:refresh_token"


def swap(world, token, client="backend", kind=ACCESS, **said):
    form = {"grant_type": GRANT, "subject_token": token, "subject_token_type": kind}
    return world.token(client, **{**form, **said})


def is_bad(reply, word="invalid_request"):
    assert (reply.status, reply.error) == (400, word)
    return True


def both(pair):
    return [(pair["access_token"], ACCESS), (pair["refresh_token"], REFRESH)]


def test_rfc8693_2_2_1_another_access_token_of_the_same_family(world):
    pair = world.pair("backend")
    before = world.spendable()
    for token, kind in both(pair):
        reply = swap(world, token, kind=kind)
        assert reply.status == 200
        assert reply.headers["cache-control"] == "no-store"
        assert set(reply.said) == {
            "access_token", "issued_token_type", "token_type", "expires_in", "scope",
        }  # fmt: skip
        assert reply.said["issued_token_type"] == ACCESS
        first, second = claims_of(pair["access_token"]), claims_of(reply.said["access_token"])
        for name in ("sub", "sid", "aud", "scope", "auth_time", "acr", "amr", "client_id"):
            assert first[name] == second[name]
        assert first["jti"] != second["jti"]
    assert world.spendable() == before
    assert world.refresh(pair["refresh_token"], "backend").status == 200


def test_an_exchanged_token_has_the_lifetime_of_the_clients_policy(world):
    world.people.register("backend", policy={"preset": "BROWSER", "access": 120})
    assert swap(world, world.pair("backend")["access_token"]).said["expires_in"] == 120


def test_a_revoked_access_token_cannot_be_exchanged(world):
    token = world.pair("backend")["access_token"]
    headers = {"authorization": basic("backend", SECRETS["backend"])}
    assert world.post("/revoke", f"token={token}", headers).status == 200
    assert is_bad(swap(world, token))


def test_rfc8693_2_1_a_token_exchange_switches_the_tenant(world):
    for token, kind in both(world.pair("backend")):
        said = swap(world, token, kind=kind, audience=f"{TENANT_PREFIX}1001").said
        assert claims_of(said["access_token"])["tid"] == "1001"
        stays = swap(world, said["access_token"]).said
        assert claims_of(stays["access_token"])["tid"] == "1001"
        back = swap(world, stays["access_token"], audience=f"{TENANT_PREFIX}1000").said
        assert claims_of(back["access_token"])["tid"] == "1000"
    assert ("switched", None) in world.audited()
    assert ("exchanged", None) in world.audited()


@pytest.mark.parametrize("tenant", ["1002", "1", "", "x", "01000", "1000.0"])
def test_rfc8693_2_2_2_a_tenant_of_others_is_refused(world, tenant):
    for token, kind in both(world.pair("backend")):
        before = world.spendable()
        assert is_bad(
            swap(world, token, kind=kind, audience=TENANT_PREFIX + tenant), "invalid_target"
        )
        assert world.spendable() == before


def test_a_tenant_whose_membership_ended_is_refused(world):
    token = world.pair("backend")["access_token"]
    switched = swap(world, token, audience=f"{TENANT_PREFIX}1001").said["access_token"]
    world.people.change(tenants=ADA.tenants[:1])
    assert is_bad(swap(world, switched), "invalid_target")


def test_a_request_for_a_tenant_of_others_is_audited_once(world):
    token = world.pair("backend")["access_token"]
    before = len(world.audited())
    assert is_bad(swap(world, token, audience=f"{TENANT_PREFIX}1002"), "invalid_target")
    assert world.audited()[before:] == [("refused", "no_access")]


def test_rfc8693_2_2_2_two_tenants_are_refused(world):
    token = world.pair("backend")["access_token"]
    two = {"audience": f"{TENANT_PREFIX}1000 {TENANT_PREFIX}1001"}
    assert is_bad(swap(world, token, **two), "invalid_target")
    assert world.audited()[-1] == ("refused", "wrong_target")


@pytest.mark.parametrize("name", ["resource", "audience"])
def test_rfc8693_2_1_a_token_exchange_switches_the_audience(world, name):
    for token, kind in both(world.pair("backend", resources=(ORDERS, STOCK))):
        said = swap(world, token, kind=kind, **{name: STOCK}).said
        assert claims_of(said["access_token"])["aud"] == [STOCK, ISSUER]


@pytest.mark.parametrize("name", ["resource", "audience"])
def test_rfc8693_2_1_several_audiences_may_be_requested(world, name):
    token = world.pair("backend")["access_token"]
    several = [(name, ORDERS), (name, STOCK)]
    said = {"grant_type": GRANT, "subject_token": token, "subject_token_type": ACCESS}
    reply = world.token("backend", form=several, **said)
    assert claims_of(reply.said["access_token"])["aud"] == [ORDERS, STOCK, ISSUER]


@pytest.mark.parametrize("name", ["resource", "audience"])
def test_rfc8693_2_2_2_an_audience_without_consent_is_refused(world, name):
    for token, kind in both(world.pair("backend", resources=(ORDERS,))):
        assert is_bad(swap(world, token, kind=kind, **{name: STOCK}), "invalid_target")


def test_an_audience_and_a_tenant_may_be_requested_together(world):
    token = world.pair("backend")["access_token"]
    said = swap(world, token, audience=f"{TENANT_PREFIX}1001", resource=STOCK).said
    claims = claims_of(said["access_token"])
    assert (claims["aud"], claims["tid"]) == ([STOCK, ISSUER], "1001")


def test_rfc8693_2_2_2_an_unknown_audience_is_refused(world):
    for token, kind in both(world.pair("backend")):
        for name in ("resource", "audience"):
            reply = swap(world, token, kind=kind, **{name: "https://evil.example.com"})
            assert is_bad(reply, "invalid_target")


def test_rfc8693_2_1_the_scope_can_be_narrowed_and_never_widened(world):
    pair = world.pair("backend")
    narrow = swap(world, pair["access_token"], scope="orders.read").said
    assert narrow["scope"] == claims_of(narrow["access_token"])["scope"] == "orders.read"
    assert is_bad(swap(world, pair["access_token"], scope="profile"), "invalid_scope")
    wider = swap(world, narrow["access_token"], scope="orders.write")
    assert is_bad(wider, "invalid_scope")
    same = swap(world, narrow["access_token"]).said
    assert same["scope"] == "orders.read"


def test_a_refresh_token_can_be_exchanged_for_the_whole_scope_of_its_family(world):
    refresh = world.pair("backend", scope="openid orders.read")["refresh_token"]
    said = swap(world, refresh, kind=REFRESH, scope="orders.read").said
    assert said["scope"] == claims_of(said["access_token"])["scope"] == "orders.read"
    assert is_bad(swap(world, refresh, kind=REFRESH, scope="orders.write"), "invalid_scope")


@pytest.mark.parametrize(
    ("more", "cause"),
    [({"scope": "admin"}, "wrong_scope"), ({"resource": "https://x.example"}, "wrong_target")],
    ids=str,
)
def test_a_request_for_a_wider_scope_is_audited_once(world, more, cause):
    for token, kind in both(world.pair("backend")):
        before = len(world.audited())
        assert swap(world, token, kind=kind, **more).status == 400
        assert world.audited()[before:] == [("refused", cause)]


def test_a_narrower_audience_stays_narrow(world):
    pair = world.pair("backend")
    narrow = swap(world, pair["access_token"], resource=ORDERS).said
    assert claims_of(swap(world, narrow["access_token"]).said["access_token"])["aud"] == [
        ORDERS,
        ISSUER,
    ]


def test_rfc8693_2_2_2_every_invalid_subject_token_gets_the_same_response(world):
    """RFC 8693 §2.2.2: `invalid_request`, without the cause."""
    pair, dead = world.pair("backend"), world.pair("backend")
    machine = world.token("backend", grant_type="client_credentials").said["access_token"]
    world.store.revoke(Selection(family=world.read(dead["refresh_token"]).family), "operator")
    others = world.pair("other")
    wrong = [
        *both(dead),
        *both(others),
        (machine, ACCESS),
        (pair["id_token"], ACCESS),
        (pair["refresh_token"], ACCESS),
        (pair["access_token"], REFRESH),
        (pair["access_token"][:-1], ACCESS),
        (pair["refresh_token"][:-1], REFRESH),
        ("x", ACCESS),
        ("x", REFRESH),
    ]
    before = world.spendable()
    replies = [swap(world, token, kind=kind) for token, kind in wrong]
    replies += [swap(world, token, kind=kind, scope="admin") for token, kind in wrong]
    assert all(is_bad(reply) for reply in replies)
    assert len({reply.body for reply in replies}) == 1
    assert world.spendable() == before
    world.clock.forward(901)
    assert swap(world, pair["access_token"]).body == replies[0].body
    audited = [cause for event, cause in world.audited() if event == "refused"]
    assert len(audited) == len(replies) + 1
    assert None not in audited


def test_a_refresh_token_that_was_used_before_ends_its_family(world):
    first = world.pair("backend")["refresh_token"]
    second = world.refresh(first, "backend").said["refresh_token"]
    third = world.refresh(second, "backend").said["refresh_token"]
    assert swap(world, first, kind=REFRESH).status == 200
    world.clock.forward(31)
    fourth = world.refresh(third, "backend").said["refresh_token"]
    assert is_bad(swap(world, first, kind=REFRESH))
    assert world.refresh(fourth, "backend").error == "invalid_grant"
    assert [family.revoked_cause for family in world.families()] == ["reuse"]


@pytest.mark.parametrize(
    "said",
    [
        {"subject_token": ""},
        {"subject_token_type": ""},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"},
        {"requested_token_type": REFRESH},
        {"actor_token": "x"},
        {"actor_token_type": ACCESS},
    ],
    ids=str,
)
def test_rfc8693_2_1_unsupported_parameters_are_refused(world, said):
    token = world.pair("backend")["access_token"]
    assert is_bad(swap(world, token, **said))


def test_rfc8693_2_1_an_access_token_may_be_asked_for_by_name(world):
    token = world.pair("backend")["access_token"]
    assert swap(world, token, requested_token_type=ACCESS).status == 200


class TestPublicClients:
    """Every service that was shown a bearer token could be its client."""

    def test_a_public_client_cannot_exchange_an_unbound_token(self, world):
        pair = world.pair("spa")
        before = world.spendable()
        asked = [
            {},
            {"audience": f"{TENANT_PREFIX}1001"},
            {"scope": "orders.read"},
            {"resource": ISSUER},
        ]
        for said in asked:
            for headers in ({}, world.proof(OTHER_KEY)):
                reply = swap(world, pair["access_token"], "spa", headers=headers, **said)
                assert is_bad(reply)
                assert reply.body == swap(world, "x", "spa").body
        assert world.spendable() == before
        assert swap(world, pair["refresh_token"], "spa", REFRESH).status == 200

    def test_a_public_client_cannot_exchange_an_unbound_token_by_adding_a_proof(self, world):
        """The family's binding decides. A proof in the request binds the new token, and proves
        nothing about the old one.
        """
        refresh = world.pair("spa")["refresh_token"]
        bound = world.refresh(refresh, headers=world.proof(OTHER_KEY)).said
        assert bound["token_type"] == "DPoP"
        headers = world.proof(OTHER_KEY)
        assert is_bad(swap(world, bound["access_token"], "spa", headers=headers))

    def test_a_public_client_may_exchange_its_refresh_token(self, world):
        world.people.register("spa", resources=[ORDERS, STOCK])
        refresh = world.pair("spa")["refresh_token"]
        said = swap(world, refresh, "spa", REFRESH, resource=STOCK).said
        assert claims_of(said["access_token"])["aud"] == [STOCK, ISSUER]

    def test_a_public_client_may_exchange_a_bound_token_with_its_key(self, world):
        world.people.register("spa", resources=[ORDERS, STOCK])
        pair = world.pair("spa", headers=world.proof())
        for token, kind in both(pair):
            assert is_bad(swap(world, token, "spa", kind))
            assert is_bad(swap(world, token, "spa", kind, headers=world.proof(OTHER_KEY)))
            said = swap(world, token, "spa", kind, headers=world.proof(), resource=STOCK).said
            assert said["token_type"] == "DPoP"
            claims = claims_of(said["access_token"])
            assert claims["cnf"] == claims_of(pair["access_token"])["cnf"]


def test_rfc9449_7_a_bound_token_of_a_confidential_client_needs_its_key(world):
    token = world.pair("backend", headers=world.proof())["access_token"]
    assert is_bad(swap(world, token))
    assert is_bad(swap(world, token, headers=world.proof(OTHER_KEY)))
    assert swap(world, token, headers=world.proof()).said["token_type"] == "DPoP"


def test_rfc9449_11_2_a_late_proof_needs_a_nonce(world):
    """Proofs can be made ahead by injected scripts (RFC 9449 §11.2)."""
    token = world.pair("backend", headers=world.proof())["access_token"]
    world.clock.forward(60)
    reply = swap(world, token, headers=world.proof())
    assert is_bad(reply, "use_dpop_nonce")
    assert [cause for event, cause in world.audited() if event == "refused"] == ["wrong_proof"]
    nonce = reply.headers["dpop-nonce"]
    assert swap(world, token, headers=world.proof(nonce=nonce)).status == 200


def test_a_token_of_a_disabled_or_inactive_person_is_refused(world):
    for change in ({"disabled": True}, {"disabled": False, "active": False}):
        pair = world.pair("backend")
        world.people.change(**change)
        for token, kind in both(pair):
            assert is_bad(swap(world, token, kind=kind))
        world.people.change(disabled=False, active=True)


def test_rfc6749_5_2_a_client_without_the_grant_is_refused(world):
    world.people.register("backend", grants=["client_credentials"])
    assert is_bad(swap(world, "x"), "unauthorized_client")
