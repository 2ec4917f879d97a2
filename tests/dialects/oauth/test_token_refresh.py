"""Refresh (RFC 6749 §5, §6, §10.4; OAuth 2.1 §4.3), line by line."""

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialects.oauth.token_people import ADA, ORDERS, SECRETS, STOCK
from tests.dialects.oauth.token_world import ISSUER, World, basic, claims_of

from reticket.core.model import Selection
from reticket.core.policy import BROWSER_2026, DAY

GRANTED = "openid orders.read orders.write"


def refused_alike(reply):
    assert reply.status == 400
    assert reply.said == {
        "error": "invalid_grant",
        "error_description": "The grant is not valid.",
    }
    return True


@pytest.mark.parametrize("client", ["spa", "backend", "keyed"])
def test_rfc6749_6_a_pair_for_a_refresh_token(world, client):
    pair = world.pair(client)
    world.clock.forward(100)
    reply = world.refresh(pair["refresh_token"], client)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["pragma"] == "no-cache"
    said = reply.said
    assert said["token_type"] == "Bearer"
    assert said["expires_in"] == BROWSER_2026.access
    assert said["scope"] == GRANTED
    assert said["refresh_token"] != pair["refresh_token"]
    assert set(said) == {
        "access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token",
    }  # fmt: skip


def test_rfc9068_2_2_claims_are_carried_through_refreshes_unchanged(world):
    first = world.pair("spa", amr=("pwd", "otp"))
    world.clock.forward(1000)
    second = world.refresh(first["refresh_token"]).said
    for kind in ("access_token", "id_token"):
        before, after = claims_of(first[kind]), claims_of(second[kind])
        for name in ("iss", "sub", "aud", "auth_time", "acr", "amr"):
            assert before[name] == after[name]
        assert before.get("sid") == after.get("sid")
        assert after["iat"] == before["iat"] + 1000


def test_rfc6749_10_4_a_token_of_another_client_is_refused(world):
    token = world.pair("spa")["refresh_token"]
    before = world.spendable()
    for other in ("backend", "other", "keyed", "tv"):
        assert refused_alike(world.refresh(token, other))
    assert world.spendable() == before
    assert world.refresh(token, "spa").status == 200


def bad_tokens(world):
    """One of each kind that a client may present: unknown, expired, revoked, reused, forged."""
    expired, unknown, revoked, reused = (world.pair("spa")["refresh_token"] for _ in range(4))
    world.clock.forward(15 * 86_400)
    unknown, revoked, reused = (world.pair("spa")["refresh_token"] for _ in range(3))
    world.store._rows.pop(world.read(unknown).family)
    world.store.revoke(Selection(family=world.read(revoked).family), "operator")
    second = world.refresh(reused).said["refresh_token"]
    third = world.refresh(second).said["refresh_token"]
    world.clock.forward(31)
    assert world.refresh(third).status == 200
    pair = world.pair("spa")
    token = pair["refresh_token"]
    return {
        "expired": expired,
        "unknown": unknown,
        "revoked": revoked,
        "reused": reused,
        "of another client": world.pair("backend")["refresh_token"],
        "truncated": token[:-1],
        "forged": token[:-2] + ("AA" if token[-2:] != "AA" else "BA"),
        "with a tail": token + "A",
        "an access token": pair["access_token"],
        "an ID token": pair["id_token"],
        "nothing like one": "ü",
    }


@pytest.mark.parametrize(
    "more", [{}, {"scope": "orders.delete"}, {"resource": "https://x.example"}]
)
def test_rfc6749_5_2_every_invalid_token_gets_the_same_response(world, more):
    """The response does not show why, not even together with an invalid scope."""
    replies = {why: world.refresh(token, **more) for why, token in bad_tokens(world).items()}
    assert all(refused_alike(reply) for reply in replies.values()), replies
    assert len({(reply.body, *reply.headers.items()) for reply in replies.values()}) == 1
    assert {cause for event, cause in world.audited() if event in ("refused", "reused")} == {
        "expired", "unknown", "revoked", "reused", "forged", "wrong_client",
    }  # fmt: skip


def test_rfc6749_6_a_wider_scope_is_refused_and_the_token_is_not_used(world):
    token = world.pair("spa")["refresh_token"]
    before = world.spendable()
    for scope in ("openid profile", "orders.delete", "admin", GRANTED + " profile"):
        reply = world.refresh(token, scope=scope)
        assert (reply.status, reply.error) == (400, "invalid_scope")
    assert world.spendable() == before
    assert world.refresh(token).status == 200


@pytest.mark.parametrize(
    ("more", "cause"),
    [({"scope": "admin"}, "wrong_scope"), ({"resource": "https://x.example"}, "wrong_target")],
    ids=str,
)
def test_a_request_for_a_wider_scope_is_audited_once(world, more, cause):
    token = world.pair("spa")["refresh_token"]
    before = len(world.audited())
    assert world.refresh(token, **more).status == 400
    assert world.audited()[before:] == [("refused", cause)]


def test_rfc9700_4_14_a_wider_scope_does_not_hide_a_reuse(world):
    """The response to an invalid scope does not help a thief, and the reuse is detected."""
    first = world.pair("spa")["refresh_token"]
    second = world.refresh(first).said["refresh_token"]
    world.clock.forward(31)
    third = world.refresh(second).said["refresh_token"]
    world.clock.forward(31)
    assert refused_alike(world.refresh(first, scope="orders.delete"))
    assert refused_alike(world.refresh(third))


def test_rfc6749_6_a_narrower_scope_narrows_only_the_access_token(world):
    token = world.pair("spa")["refresh_token"]
    narrow = world.refresh(token, scope="orders.read").said
    assert narrow["scope"] == "orders.read"
    assert claims_of(narrow["access_token"])["scope"] == "orders.read"
    assert "id_token" not in narrow
    again = world.refresh(narrow["refresh_token"]).said
    assert again["scope"] == claims_of(again["access_token"])["scope"] == GRANTED
    assert "id_token" in again


def test_rfc6749_6_an_omitted_scope_is_as_granted_and_so_is_an_empty_one(world):
    token = world.pair("spa")["refresh_token"]
    assert world.refresh(token).said["scope"] == GRANTED
    assert world.refresh(token, scope="").said["scope"] == GRANTED


NARROWER = st.lists(
    st.one_of(
        st.none(),
        st.sets(st.sampled_from(GRANTED.split()), min_size=1).map(sorted).map(" ".join),
        st.just("openid orders.delete"),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(NARROWER, st.sampled_from(["spa", "backend"]), st.booleans())
def test_rfc6749_6_the_scope_of_a_refresh_token_never_shrinks_nor_grows(scopes, client, in_window):
    """For any sequence of refreshes with narrowed scopes, refused ones among them."""
    world = World()
    try:
        token = world.pair(client)["refresh_token"]
        for scope in scopes:
            world.clock.forward(0 if in_window else 40)
            reply = world.refresh(token, client, **({} if scope is None else {"scope": scope}))
            if scope is not None and "delete" in scope:
                assert reply.error == "invalid_scope"
                continue
            assert reply.said["scope"] == (scope or GRANTED)
            token = reply.said["refresh_token"]
            assert [family.scope for family in world.families()] == [GRANTED]
        last = world.refresh(token, client).said
        assert last["scope"] == claims_of(last["access_token"])["scope"] == GRANTED
    finally:
        world.close()


@pytest.mark.parametrize("name", ["grant_type", "refresh_token", "client_id", "scope", "x"])
def test_rfc6749_3_2_a_repeated_parameter_is_a_bad_request(world, name):
    token = world.pair("spa")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "spa",
            "scope": "openid", "x": "y"}  # fmt: skip
    before = world.spendable()
    for value in (form[name], ""):
        reply = world.post("/token", urlencode([*form.items(), (name, value)]))
        assert (reply.status, reply.error) == (400, "invalid_request")
        assert reply.said["error_description"] == "A parameter is repeated."
    assert world.spendable() == before
    assert world.post("/token", urlencode(form)).status == 200


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]
)
def test_rfc6749_3_2_a_form_is_the_only_encoding(world, content_type):
    reply = world.token("spa", grant_type="x", headers={"content-type": content_type})
    assert (reply.status, reply.error) == (400, "invalid_request")


def test_rfc8628_3_1_an_empty_body_needs_no_content_type(world):
    world.people.register("backend", grants=["urn:ietf:params:oauth:grant-type:device_code"])
    headers = {"authorization": basic("backend", SECRETS["backend"])}
    assert world.post("/device", "", {**headers, "content-type": ""}).status == 200


def test_rfc6749_3_2_a_form_may_name_its_character_set(world):
    token = world.pair("spa")["refresh_token"]
    kind = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    assert world.refresh(token, headers=kind).status == 200


@pytest.mark.parametrize("grant", ["password", "implicit", "refresh_token ", "x" * 8192])
def test_rfc6749_5_2_an_unknown_grant_is_unsupported(world, grant):
    reply = world.token("spa", grant_type=grant)
    assert (reply.status, reply.error) == (400, "unsupported_grant_type")


def test_rfc6749_5_2_a_missing_or_oversized_parameter_is_a_bad_request(world):
    assert world.token("spa").error == "invalid_request"
    assert world.token("spa", grant_type="refresh_token").error == "invalid_request"
    assert world.refresh("x" * 8193).error == "invalid_request"
    assert world.refresh("x", scope="x\0").error == "invalid_request"


def test_rfc6749_5_2_a_grant_that_is_not_registered_is_refused(world):
    world.people.register("backend", grants=["client_credentials"])
    reply = world.refresh("x", "backend")
    assert (reply.status, reply.error) == (400, "unauthorized_client")
    assert world.audited() == [("refused", "wrong_grant")]


def test_a_client_without_the_refresh_grant_gets_no_refresh_token(world):
    world.people.register("backend", grants=["authorization_code"])
    assert "refresh_token" not in world.pair("backend")


def test_a_replay_inside_the_window_is_answered_with_the_same_bytes(world):
    token = world.pair("backend")["refresh_token"]
    first = world.refresh(token, "backend")
    world.clock.forward(29)
    assert world.refresh(token, "backend").body == first.body


def test_rfc9700_4_14_a_reuse_revokes_the_family_at_once(world):
    """RFC 9700 §4.14."""
    first = world.pair("spa")["refresh_token"]
    second = world.refresh(first).said["refresh_token"]
    third = world.refresh(second).said["refresh_token"]
    world.clock.forward(31)
    fourth = world.refresh(third).said["refresh_token"]
    assert refused_alike(world.refresh(first))
    assert refused_alike(world.refresh(fourth))
    assert ("reused", "reused") in world.audited()
    assert [family.revoked_cause for family in world.families()] == ["reuse"]


def test_a_policy_with_members_overridden(world):
    """`policy: {preset: BROWSER, window: 5}`."""
    world.people.register("spa", policy={"preset": "BROWSER", "window": 5, "access": 60})
    first = world.pair("spa")
    assert first["expires_in"] == 60
    second = world.refresh(first["refresh_token"]).said["refresh_token"]
    third = world.refresh(second).said["refresh_token"]
    world.clock.forward(6)
    world.refresh(third)
    assert refused_alike(world.refresh(first["refresh_token"]))


def test_idle_and_absolute_ends_follow_the_policy(world):
    policy = {"preset": "BROWSER", "access": 10, "refresh": 100, "absolute": 250}
    world.people.register("spa", policy=policy)
    idle, busy = (world.pair("spa")["refresh_token"] for _ in range(2))
    world.clock.forward(99)
    busy = world.refresh(busy).said["refresh_token"]
    world.clock.forward(1)
    assert refused_alike(world.refresh(idle))
    world.clock.forward(90)
    busy = world.refresh(busy).said["refresh_token"]
    world.clock.forward(60)
    assert refused_alike(world.refresh(busy))


def test_rfc8707_2_2_a_resource_narrows_the_audience(world):
    """RFC 8707."""
    token = world.pair("backend", resources=(ORDERS, STOCK))["refresh_token"]
    narrow = world.refresh(token, "backend", resource=ORDERS).said
    assert claims_of(narrow["access_token"])["aud"] == [ORDERS, ISSUER]
    again = world.refresh(narrow["refresh_token"], "backend").said
    assert claims_of(again["access_token"])["aud"] == [ORDERS, STOCK, ISSUER]


def test_rfc8707_2_several_resources_may_be_requested_at_a_refresh(world):
    token = world.pair("backend", resources=(ORDERS, STOCK))["refresh_token"]
    form = [("grant_type", "refresh_token"), ("refresh_token", token)]
    both = urlencode([*form, ("resource", STOCK), ("resource", ORDERS)])
    header = {"authorization": basic("backend", SECRETS["backend"])}
    said = world.post("/token", both, header).said
    assert claims_of(said["access_token"])["aud"] == [STOCK, ORDERS, ISSUER]


@pytest.mark.parametrize("resource", ["https://evil.example.com", "x", STOCK])
def test_rfc8707_2_a_resource_that_was_not_granted_is_an_invalid_target(world, resource):
    token = world.pair("backend", resources=(ORDERS,))["refresh_token"]
    before = world.spendable()
    reply = world.refresh(token, "backend", resource=resource)
    assert (reply.status, reply.error) == (400, "invalid_target")
    assert world.spendable() == before


class TestPeople:
    def test_a_disabled_person_is_refused(self, world):
        token = world.pair("spa")["refresh_token"]
        world.people.change(disabled=True)
        assert refused_alike(world.refresh(token))
        world.people.change(disabled=False)
        assert world.refresh(token).status == 200

    def test_sessions_of_a_deleted_user_are_invalid(self, world):
        """CVE-2025-29928."""
        token = world.pair("spa")["refresh_token"]
        del world.people.users[ADA.id]
        assert refused_alike(world.refresh(token))

    def test_a_pending_change_is_503(self, world):
        token = world.pair("spa")["refresh_token"]
        world.people.waiting.add(ADA.id)
        reply = world.refresh(token)
        assert (reply.status, reply.error) == (503, "temporarily_unavailable")
        assert reply.headers["retry-after"]


def test_a_deleted_or_disabled_client_is_refused(world):
    token = world.pair("spa")["refresh_token"]
    world.people.block("spa")
    assert world.refresh(token).error == "invalid_client"
    del world.people.clients["spa"]
    assert world.refresh(token).error == "invalid_client"


def test_a_failing_store_is_503_and_no_refusal(world):
    """A failing store is 503 with `Retry-After`, and the token is not used."""
    token = world.pair("spa")["refresh_token"]
    world.store._closed = True
    reply = world.refresh(token)
    assert (reply.status, reply.error) == (503, "temporarily_unavailable")
    assert reply.headers["retry-after"]
    world.store._closed = False
    assert world.refresh(token).status == 200


def test_a_session_begun_by_an_operator_may_use_the_registered_audiences(world):
    """The session has no audience of its own, so it may use the registered ones."""
    token = world.pair("backend")["refresh_token"]
    row = world.families()[0]
    world.store._rows[row.id] = row._replace(terms=None)
    assert claims_of(world.refresh(token, "backend").said["access_token"])["aud"] == ISSUER
    for resource in (STOCK, ISSUER):
        said = world.refresh(token, "backend", resource=resource).said
        audience = claims_of(said["access_token"])["aud"]
        assert audience == ([STOCK, ISSUER] if resource == STOCK else ISSUER)


def test_a_session_begun_while_the_clock_ran_ahead_continues(world):
    """Also where it ran ahead by more than a refresh token lives."""
    ahead = BROWSER_2026.refresh + DAY
    world.clock.forward(ahead)
    token = world.pair()["refresh_token"]
    world.clock.forward(-ahead)
    for _ in range(3):
        world.clock.forward(60)
        token = world.refresh(token).said["refresh_token"]


def test_after_a_clock_ran_ahead_an_older_token_is_no_reuse_until_that_time(world):
    """docs/security.md says so, and that a revocation ends it."""
    world.clock.forward(DAY)
    first = world.pair()["refresh_token"]
    world.clock.forward(-DAY)
    newest = first
    for _ in range(3):
        world.clock.forward(3600)
        newest = world.refresh(newest).said["refresh_token"]
    assert world.read(world.refresh(first).said["refresh_token"]) == world.read(newest)
    world.clock.forward(DAY - 3 * 3600 + BROWSER_2026.window)
    assert refused_alike(world.refresh(first))
    assert refused_alike(world.refresh(newest))
