"""RFC 8693, delegation: a gateway exchanges an access token that was sent to it."""

import pytest
from tests.dialects.oauth.looks import Looks
from tests.dialects.oauth.test_token_exchange import ACCESS, GRANT, REFRESH, is_bad, swap
from tests.dialects.oauth.token_people import ADA, KEY, OTHER_KEY, SECRETS
from tests.dialects.oauth.token_world import ISSUER, basic, claims_of

from reticket.core.model import Selection
from reticket.dialects.oauth.grants.exchange_target import TENANT_PREFIX
from reticket.oauth.actors import MOST_ACTORS
from reticket.oauth.self_registration import DOCUMENT, SELF

JWT = "urn:ietf:params:oauth:token-type:jwt"
GATEWAY, LEDGER, VAULT = (
    "https://gateway.example.com", "https://ledger.example.com", "https://vault.example.com",
)  # fmt: skip
READ, BOTH = "orders.read", "orders.read orders.write"


@pytest.fixture
def world():
    """`backend` and `spa` are apps, and `other` is their gateway. Behind it is the gateway `keyed`,
    under a name that `strict` has as well.
    """
    world = Looks()
    world.people.register("backend", resources=[GATEWAY])
    world.people.register("spa", resources=[GATEWAY])
    world.people.register(
        "other", resources=[GATEWAY], exchange_resources=[LEDGER], scopes=[READ, "orders.write"]
    )
    world.people.register(
        "keyed", resources=[LEDGER], exchange_resources=[VAULT, GATEWAY], scopes=[READ]
    )
    world.people.register("strict", resources=[LEDGER])
    yield world
    world.close()


def sent(world, client="backend", **said):
    """An access token that its client sends to the gateway."""
    return world.pair(client, **said)["access_token"]


def delegate(world, token, client="other", **said):
    return swap(world, token, client, **said)


def delegated(world, token, client="other", **said):
    reply = delegate(world, token, client, **said)
    assert reply.status == 200, reply
    return reply.said["access_token"]


def passed_on(world, token, number):
    """A token that goes from one gateway to the other and back."""
    client, resource = (("other", LEDGER), ("keyed", GATEWAY))[number % 2]
    return delegated(world, token, client, resource=resource)


def is_refused(world, reply):
    """As every subject token that is not valid."""
    assert (reply.status, reply.error) == (400, "invalid_request")
    assert reply.body == swap(world, "x", "strict", headers=world.proof()).body
    return True


class TestTheNewToken:
    def test_rfc8693_4_1_it_names_the_gateway_and_keeps_the_person(self, world):
        token = sent(world)
        before = world.spendable()
        reply = delegate(world, token)
        assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
        assert set(reply.said) == {
            "access_token", "issued_token_type", "token_type", "expires_in", "scope",
        }  # fmt: skip
        assert (reply.said["issued_token_type"], reply.said["token_type"]) == (ACCESS, "Bearer")
        first, second = claims_of(token), claims_of(reply.said["access_token"])
        for name in ("iss", "sub", "sid", "auth_time", "acr", "amr", "cv"):
            assert first[name] == second[name]
        assert second["aud"] == LEDGER
        assert second["client_id"] == "other"
        assert second["act"] == {"sub": "other"}
        assert "cnf" not in second
        assert world.spendable() == before

    def test_rfc8693_4_1_a_chain_names_all_its_clients_the_newest_outermost(self, world):
        second = delegated(world, delegated(world, sent(world)), "keyed", resource=VAULT)
        claims = claims_of(second)
        assert claims["act"] == {"sub": "keyed", "act": {"sub": "other"}}
        assert (claims["aud"], claims["client_id"]) == (VAULT, "keyed")

    def test_a_chain_has_a_longest_length(self, world):
        token = sent(world)
        for number in range(MOST_ACTORS):
            token = passed_on(world, token, number)
        reply = delegate(world, token)
        assert is_bad(reply)
        assert "4 clients already" in reply.said["error_description"]

    def test_a_gateway_may_be_named_by_its_client_id(self, world):
        world.people.register("backend", resources=["urn:other", "other"])
        assert claims_of(delegated(world, sent(world)))["aud"] == LEDGER

    @pytest.mark.parametrize("kind", [ACCESS, JWT])
    @pytest.mark.parametrize("client", ["backend", "other"])
    def test_rfc8693_3_both_names_of_a_jwt_access_token_are_understood(self, world, kind, client):
        reply = swap(world, sent(world), client, kind, requested_token_type=kind)
        assert reply.said["issued_token_type"] == kind
        assert claims_of(reply.said["access_token"])["sub"] == ADA.id

    def test_declared_claims_are_those_of_the_gateway(self, world):
        world.people.register("backend", claims={"app": "user.id"})
        world.people.register("other", claims={"who": "user.id"})
        claims = claims_of(delegated(world, sent(world)))
        assert claims["who"] == ADA.id
        assert "app" not in claims


class TestLife:
    """Never a longer life than the token that was sent."""

    def test_it_ends_with_the_subject_token_at_the_latest(self, world):
        token = sent(world)
        world.clock.forward(600)
        reply = delegate(world, token)
        assert claims_of(reply.said["access_token"])["exp"] == claims_of(token)["exp"]
        assert reply.said["expires_in"] == 300

    def test_the_gateways_policy_may_end_it_before(self, world):
        world.people.register("other", policy={"preset": "BROWSER", "access": 60})
        assert delegate(world, sent(world)).said["expires_in"] == 60

    def test_a_chain_of_exchanges_never_lives_longer(self, world):
        token = sent(world)
        ends = claims_of(token)["exp"]
        for number in range(MOST_ACTORS):
            world.clock.forward(200)
            token = passed_on(world, token, number)
            assert claims_of(token)["exp"] == ends
        world.clock.forward(101)
        assert is_refused(world, delegate(world, token))

    def test_an_expired_token_is_refused(self, world):
        token = sent(world)
        world.clock.forward(900)
        assert is_refused(world, delegate(world, token))

    def test_a_token_that_ends_on_the_way_to_the_store_is_refused(self, world):
        token = sent(world)

        async def late(command):
            if type(command).__name__ == "ExchangeToken":
                world.clock.forward(900)

        world.before = late
        assert is_refused(world, delegate(world, token))

    def test_the_end_of_the_session_ends_it(self, world):
        pair = world.pair("backend")
        token = delegated(world, pair["access_token"])
        assert active(world, token)
        world.give_back(pair["refresh_token"], "backend")
        assert not active(world, token)
        assert is_refused(world, delegate(world, pair["access_token"]))

    def test_a_new_password_ends_it(self, world):
        token = sent(world)
        given = delegated(world, token)
        world.people.change(credential_version=2)
        assert not active(world, given)
        assert is_refused(world, delegate(world, token))

    def test_the_gateway_may_revoke_it_and_the_app_may_not(self, world):
        token = sent(world)
        given = delegated(world, token)
        assert world.give_back(given, "backend").error == "invalid_grant"
        assert world.give_back(given, "other").status == 200
        assert not active(world, given)
        assert active(world, token, "backend")


def active(world, token, client="other"):
    return world.look(token, client).said["active"]


class TestWhoMay:
    def test_only_a_client_in_the_audience(self, world):
        for token in (sent(world, resources=(LEDGER,)), sent(world, resources=("https://x.y",))):
            assert is_refused(world, delegate(world, token))
        world.people.register("other", resources=[])
        assert is_refused(world, delegate(world, sent(world)))

    def test_a_service_behind_the_gateway_is_not_the_gateway(self, world):
        """It may be registered twice: the gateway calls it for itself, too."""
        world.people.register("other", resources=[GATEWAY, LEDGER])
        assert is_refused(world, delegate(world, sent(world, resources=(LEDGER,))))
        assert delegate(world, sent(world)).status == 200

    def test_a_client_without_services_behind_it_is_no_gateway(self, world):
        world.people.register("other", exchange_resources=[])
        assert is_bad(delegate(world, sent(world)), "invalid_target")
        assert is_bad(delegate(world, sent(world), resource=LEDGER), "invalid_target")

    def test_never_a_public_client(self, world):
        world.people.register("spa", exchange_resources=[LEDGER])
        assert is_refused(world, delegate(world, sent(world), "spa"))

    @pytest.mark.parametrize("by", [SELF, DOCUMENT])
    def test_never_a_client_that_nobody_vouches_for(self, world, by):
        world.people.register("other", registered_by=by)
        assert is_bad(delegate(world, sent(world)), "unauthorized_client")

    def test_only_with_the_grant(self, world):
        world.people.register("other", grants=["client_credentials"])
        assert is_bad(delegate(world, sent(world)), "unauthorized_client")

    def test_the_app_may_not_exchange_what_the_gateway_got(self, world):
        assert is_refused(world, swap(world, delegated(world, sent(world)), "backend"))

    def test_the_gateway_may_not_exchange_what_it_got_itself(self, world):
        assert is_refused(world, delegate(world, delegated(world, sent(world))))

    def test_a_token_that_has_come_back_to_its_app_is_not_exchanged_as_its_own(self, world):
        """Else it would end later and have other audiences of the session."""
        own = "https://shop.example.com"
        world.people.register("backend", resources=[GATEWAY, own], exchange_resources=[VAULT])
        world.people.register("other", exchange_resources=[own])
        back = delegated(world, sent(world))
        last = delegated(world, back, "backend", scope=READ)
        assert claims_of(last)["act"] == {"sub": "backend", "act": {"sub": "other"}}
        assert is_refused(world, delegate(world, last, "backend"))

    def test_rfc8693_2_1_an_actor_token_is_refused(self, world):
        own = world.token("other", grant_type="client_credentials").said["access_token"]
        reply = delegate(world, sent(world), actor_token=own, actor_token_type=ACCESS)
        assert is_bad(reply)
        assert reply.said["error_description"] == "actor_token is not supported."

    @pytest.mark.parametrize("who", ["backend", "other"])
    def test_never_for_a_token_of_a_blocked_client(self, world, who):
        given = delegated(world, sent(world))
        world.people.block(who)
        assert is_refused(world, delegate(world, given, "keyed", resource=VAULT))
        assert not active(world, given, "strict")

    def test_a_blocked_client_makes_the_whole_chain_inactive(self, world):
        last = delegated(world, delegated(world, sent(world)), "keyed", resource=VAULT)
        world.people.register("strict", resources=[VAULT])
        assert active(world, last, "strict")
        for who in ("backend", "other", "keyed"):
            before = world.people.clients[who]
            world.people.block(who)
            assert not active(world, last, "strict")
            world.people.clients[who] = before

    @pytest.mark.parametrize("who", ["backend", "other"])
    def test_never_for_a_person_who_has_left_the_groups_of_a_client(self, world, who):
        world.people.change(groups=("staff",))
        world.people.register(who, groups_allowed=["staff"])
        token = sent(world)
        given = delegated(world, token)
        world.people.change(groups=())
        assert is_refused(world, delegate(world, token))
        assert is_refused(world, delegate(world, given, "keyed", resource=VAULT))
        assert not active(world, given, "strict")


class TestSubjectTokens:
    def test_rfc8693_2_2_2_every_other_token_is_refused_alike_and_nothing_is_spent(self, world):
        pair, ended = world.pair("backend"), world.pair("backend")
        world.store.revoke(Selection(family=world.read(ended["refresh_token"]).family), "operator")
        revoked = world.pair("backend")["access_token"]
        headers = {"authorization": basic("backend", SECRETS["backend"])}
        assert world.post("/revoke", f"token={revoked}", headers).status == 200
        machine = world.token("backend", grant_type="client_credentials").said["access_token"]
        stranger = Looks()
        stranger.people.register("backend", resources=[GATEWAY])
        wrong = [
            (ended["access_token"], ACCESS),
            (ended["refresh_token"], REFRESH),
            (pair["refresh_token"], REFRESH),
            (pair["refresh_token"], ACCESS),
            (pair["refresh_token"], JWT),
            (pair["id_token"], ACCESS),
            (pair["id_token"], JWT),
            (pair["access_token"], REFRESH),
            (revoked, ACCESS),
            (machine, ACCESS),
            (sent(stranger), ACCESS),
            (pair["access_token"][:-1], JWT),
        ]
        stranger.close()
        before = world.spendable()
        for token, kind in wrong:
            for headers in ({}, world.proof()):
                assert is_refused(world, delegate(world, token, kind=kind, headers=headers))
        assert world.spendable() == before
        assert not [key for key in world.kept() if key.startswith("oauth:proof:")]
        assert world.refresh(pair["refresh_token"], "backend").status == 200

    def test_a_blocked_person_is_refused(self, world):
        token = sent(world)
        world.block_ada()
        assert is_refused(world, delegate(world, token))


class TestBearerTokensOfPublicClients:
    """Nothing shows who has sent such a token: neither a secret nor a key."""

    def test_they_are_refused(self, world):
        assert is_refused(world, delegate(world, sent(world, "spa")))
        assert is_refused(world, delegate(world, sent(world, "spa"), headers=world.proof()))

    def test_a_proof_on_the_way_does_not_help(self, world):
        refresh = world.pair("spa")["refresh_token"]
        bound = world.refresh(refresh, headers=world.proof(OTHER_KEY)).said["access_token"]
        assert is_refused(world, delegate(world, bound, headers=world.proof(OTHER_KEY)))

    def test_those_that_are_bound_to_a_key_may_be_exchanged(self, world):
        token = sent(world, "spa", headers=world.proof())
        assert claims_of(delegated(world, token, headers=world.proof(OTHER_KEY)))["sub"] == ADA.id


class TestKeys:
    """A token that is bound to a key gives none that is not."""

    def test_the_gateway_binds_the_new_token_to_its_own_key(self, world):
        for client in ("spa", "backend"):
            token = sent(world, client, headers=world.proof())
            assert is_bad(delegate(world, token), "invalid_dpop_proof")
            reply = delegate(world, token, headers=world.proof(OTHER_KEY))
            assert reply.said["token_type"] == "DPoP"
            assert claims_of(token)["cnf"] == {"jkt": KEY.thumbprint()}
            key = claims_of(reply.said["access_token"])["cnf"]
            assert key == {"jkt": OTHER_KEY.thumbprint()}

    def test_a_chain_stays_bound(self, world):
        token = sent(world, headers=world.proof())
        second = delegated(world, token, headers=world.proof(OTHER_KEY))
        reply = delegate(world, second, "keyed", resource=VAULT)
        assert is_bad(reply, "invalid_dpop_proof")
        assert delegated(world, second, "keyed", resource=VAULT, headers=world.proof())

    def test_an_unbound_token_may_become_a_bound_one(self, world):
        token = delegated(world, sent(world), headers=world.proof())
        assert claims_of(token)["cnf"] == {"jkt": KEY.thumbprint()}

    def test_a_proof_is_spent_once_and_only_by_an_exchange(self, world):
        token, headers = sent(world), world.proof()
        assert is_bad(delegate(world, token, headers=headers, scope="admin"), "invalid_scope")
        assert is_bad(delegate(world, token, headers=headers, resource=VAULT), "invalid_target")
        assert delegate(world, token, headers=headers).status == 200
        assert is_bad(delegate(world, token, headers=headers), "invalid_dpop_proof")

    def test_a_gateway_that_must_bind_its_tokens_needs_a_proof(self, world):
        world.people.register("other", dpop_required=True)
        assert is_bad(delegate(world, sent(world)), "invalid_dpop_proof")

    def test_its_proofs_are_charged_to_the_gateway(self, world):
        """Else a busy gateway would use up the share of the person."""
        token = sent(world)
        before = world.kept()
        delegated(world, token, headers=world.proof())
        charges = [key for key in world.kept() - before if not key.startswith("oauth:proof:")]
        assert any("client" in key and "other" in key for key in charges), charges
        assert not any(ADA.id in key for key in charges), charges


class TestScopes:
    """Never more scope."""

    def test_they_are_those_of_both(self, world):
        token = sent(world, scope="openid profile orders.read orders.write")
        assert delegate(world, token).said["scope"] == BOTH
        world.people.register("other", scopes=["profile", READ, "stock.read"])
        assert delegate(world, token).said["scope"] == "profile orders.read"

    def test_a_request_may_name_fewer(self, world):
        reply = delegate(world, sent(world), scope=READ)
        assert reply.said["scope"] == claims_of(reply.said["access_token"])["scope"] == READ

    @pytest.mark.parametrize("scope", ["profile", "openid", "admin", "stock.read", f"{READ} x"])
    def test_a_request_for_more_is_refused(self, world, scope):
        world.people.register("other", scopes=[READ, "openid", "stock.read"])
        assert is_bad(delegate(world, sent(world), scope=scope), "invalid_scope")

    def test_without_a_common_scope_it_is_refused(self, world):
        """Else the token would have all scopes of the session."""
        world.people.register("other", scopes=["stock.read", "openid"])
        assert is_bad(delegate(world, sent(world)), "invalid_scope")
        assert is_bad(delegate(world, sent(world, scope="openid")), "invalid_scope")

    def test_a_narrowed_token_regains_no_scope_of_its_session(self, world):
        pair = world.pair("backend")
        narrow = world.refresh(pair["refresh_token"], "backend", scope=READ).said["access_token"]
        assert delegate(world, narrow).said["scope"] == READ
        assert is_bad(delegate(world, narrow, scope="orders.write"), "invalid_scope")

    def test_a_chain_only_narrows(self, world):
        first = delegated(world, sent(world), scope="orders.write")
        assert is_bad(delegate(world, first, "keyed", resource=VAULT), "invalid_scope")


class TestTargets:
    @pytest.mark.parametrize("name", ["resource", "audience"])
    def test_the_services_behind_the_gateway(self, world, name):
        world.people.register("other", exchange_resources=[LEDGER, VAULT])
        token = sent(world)
        for asked in (LEDGER, f"{VAULT}/"):
            given = delegated(world, token, **{name: asked})
            assert claims_of(given)["aud"] == asked.removesuffix("/")
        both = [(name, LEDGER), (name, VAULT)]
        form = {"grant_type": GRANT, "subject_token": token, "subject_token_type": ACCESS}
        reply = world.token("other", form=both, **form)
        assert claims_of(reply.said["access_token"])["aud"] == [LEDGER, VAULT]

    def test_one_of_several_services_has_to_be_named(self, world):
        world.people.register("other", exchange_resources=[LEDGER, VAULT])
        assert is_bad(delegate(world, sent(world)), "invalid_target")

    @pytest.mark.parametrize("name", ["resource", "audience"])
    @pytest.mark.parametrize("asked", [GATEWAY, VAULT, ISSUER, "backend", "other", "x"])
    def test_every_other_service_is_refused(self, world, name, asked):
        token = sent(world)
        for more in ({}, {"scope": READ}):
            assert is_bad(delegate(world, token, **{name: asked}, **more), "invalid_target")

    @pytest.mark.parametrize("name", ["resource", "audience"])
    @pytest.mark.parametrize("client", ["backend", "other"])
    def test_cve_2022_1245_no_service_is_reached_by_its_name(self, world, client, name):
        """A client with any valid token got one for each service that it named."""
        token = sent(world)
        for asked in ("strict", "keyed", VAULT, f"{LEDGER}/x"):
            assert is_bad(swap(world, token, client, **{name: asked}), "invalid_target")

    def test_the_issuer_is_never_a_target(self, world):
        world.people.register("other", exchange_resources=[ISSUER, LEDGER])
        assert claims_of(delegated(world, sent(world)))["aud"] == LEDGER
        assert is_bad(delegate(world, sent(world), resource=ISSUER), "invalid_target")

    def test_the_tenant_stays(self, world):
        own = sent(world)
        there = swap(world, own, audience=f"{TENANT_PREFIX}1001").said["access_token"]
        for asked in ({}, {"audience": f"{TENANT_PREFIX}1001"}):
            assert claims_of(delegated(world, there, **asked))["tid"] == "1001"
        assert "tid" not in claims_of(delegated(world, own))

    @pytest.mark.parametrize("tenant", ["1000", "1002", "x"])
    def test_a_gateway_switches_no_tenant(self, world, tenant):
        own = sent(world)
        there = swap(world, own, audience=f"{TENANT_PREFIX}1001").said["access_token"]
        for token in (own, there):
            reply = delegate(world, token, audience=TENANT_PREFIX + tenant)
            assert is_bad(reply, "invalid_target")

    def test_a_person_who_has_left_the_tenant_is_refused(self, world):
        there = swap(world, sent(world), audience=f"{TENANT_PREFIX}1001").said["access_token"]
        world.people.change(tenants=ADA.tenants[:1])
        assert is_bad(delegate(world, there), "invalid_target")


class TestOurEndpoints:
    def test_introspection_shows_the_actors_to_the_service_behind_the_gateway(self, world):
        given = delegated(world, sent(world))
        for client in ("strict", "other"):
            said = world.look(given, client).said
            assert (said["act"], said["client_id"]) == ({"sub": "other"}, "other")
            assert (said["sub"], said["aud"], said["username"]) == (ADA.id, LEDGER, ADA.email)
        assert world.is_inactive(given, "backend")

    def test_userinfo_takes_no_token_of_a_gateway(self, world):
        assert world.who(delegated(world, sent(world))).status == 401

    def test_a_refresh_is_not_possible(self, world):
        assert "refresh_token" not in delegate(world, sent(world)).said
        reply = world.refresh(delegated(world, sent(world)), "other")
        assert reply.error == "invalid_grant"


class TestAudit:
    def test_each_exchange_says_who_for_whom_and_which_service(self, world):
        token = sent(world)
        delegated(world, token)
        (event,) = world.lines_of("exchanged")
        assert (event.subject, event.family) == (ADA.id, claims_of(token)["sid"])
        assert event.detail == {"client": "other", "audience": [LEDGER]}

    @pytest.mark.parametrize(
        ("asked", "cause"),
        [({"resource": "https://x.example"}, "wrong_target"), ({"scope": "x"}, "wrong_scope")],
        ids=str,
    )
    def test_each_refusal_as_well_without_names_of_the_caller(self, world, asked, cause):
        token = sent(world)
        before = len(world.audited())
        assert delegate(world, token, **asked).status == 400
        assert world.audited()[before:] == [("refused", cause)]
        (event,) = world.lines_of("refused")
        assert event.subject == ADA.id
        assert event.detail["client"] == "other"
        assert "x.example" not in str(event)

    def test_a_stranger_in_the_audience_of_nothing_is_audited_once(self, world):
        token = sent(world, resources=(LEDGER,))
        before = len(world.audited())
        delegate(world, token)
        assert world.audited()[before:] == [("refused", "wrong_client")]
