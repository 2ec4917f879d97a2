"""Known failures of others, each by its name, as far as the token endpoint could repeat them."""

import pytest
from tests.dialects.oauth.token_people import ADA, OTHER_KEY, SECRETS
from tests.dialects.oauth.token_world import World, asserting, basic

from reticket.core.commands import Refresh


def test_check_then_consume_races_of_refreshes(world):
    """CVE-2026-1035, CVE-2026-22751: of many that refresh at once all get one successor."""
    token = world.pair("spa")["refresh_token"]
    form = f"grant_type=refresh_token&client_id=spa&refresh_token={token}"
    replies = world.together(*(world.request("/token", form, {}) for _ in range(20)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    assert [family.generation for family in world.families()] == [2]


def test_check_then_consume_race_of_codes(world):
    """The same: whoever takes the code has it, whoever only looked has nothing."""
    code = world.code("spa")
    replies = world.together(*(world.exchange_of(code) for _ in range(20)))
    assert [reply.status for reply in replies].count(200) <= 1
    assert len(world.families()) <= 1


def test_check_then_consume_race_of_assertions(world):
    said = {"grant_type": "client_credentials", **asserting(world)}
    form = "&".join(f"{name}={value}" for name, value in said.items())
    replies = world.together(*(world.request("/token", form, {}) for _ in range(20)))
    assert [reply.status for reply in replies].count(200) == 1


def test_rotations_are_not_forgotten_over_a_restart():
    """CVE-2026-9802: everything is in the row; a second service over it knows them."""
    first, second = World(), World()
    try:
        old = first.pair("spa")["refresh_token"]
        new = first.refresh(old).said["refresh_token"]
        new = first.refresh(new).said["refresh_token"]
        second.adopt(first)
        second.clock.forward(31)
        assert second.refresh(old).error == "invalid_grant"
        assert second.refresh(new).error == "invalid_grant"
        assert [family.revoked_cause for family in second.families()] == ["reuse"]
    finally:
        first.close()
        second.close()


def test_a_replay_within_the_same_second_is_no_second_rotation(world):
    """It is answered, with the very same pair: nobody forks a session by being quick."""
    token = world.pair("spa")["refresh_token"]
    first = world.refresh(token)
    assert world.refresh(token).body == first.body
    assert [family.generation for family in world.families()] == [2]


def test_a_replay_within_the_same_second_is_refused_without_a_window(world):
    world.people.register("spa", policy={"preset": "BROWSER", "window": 0})
    first = world.pair("spa")["refresh_token"]
    second = world.refresh(first).said["refresh_token"]
    third = world.refresh(second).said["refresh_token"]
    assert world.refresh(first).error == "invalid_grant"
    assert world.refresh(third).error == "invalid_grant"


@pytest.mark.parametrize("cut", [1, 2, 4, 10, 40])
def test_a_truncated_token_is_not_accepted(world, cut):
    """CVE-2026-27840."""
    pair = world.pair("spa")
    before = world.spendable()
    assert world.refresh(pair["refresh_token"][:-cut]).error == "invalid_grant"
    assert world.spendable() == before


def test_sessions_of_a_deleted_user_are_dead(world):
    """CVE-2025-29928: codes, refresh tokens and the tokens that are exchanged for others."""
    pair, code = world.pair("backend"), world.code("backend")
    world.people.users.pop(ADA.id)
    assert world.exchange(code, "backend").error == "invalid_grant"
    assert world.refresh(pair["refresh_token"], "backend").error == "invalid_grant"
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": pair["access_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }
    assert world.token("backend", **form).error == "invalid_request"


def test_crit_is_not_ignored(world):
    """CVE-2025-59420."""
    header = {"alg": "ES256", "kid": "k1", "crit": ["policy"], "policy": "mfa"}
    said = {"grant_type": "client_credentials", **asserting(world, header=header)}
    assert world.token(None, **said).error == "invalid_client"
    assert world.token(None, **{**said, **asserting(world)}).status == 200


def test_a_refused_request_spends_nothing_wherever_it_is_refused(world):
    """Wrong client, wrong redirect, wrong scope, wrong proof; then the right one still works."""
    pair, code = world.pair("native", headers=world.proof()), world.code("native")
    token, proof = pair["refresh_token"], world.proof
    before = world.spendable()
    refused = [
        world.refresh(token, "spa", headers=proof()),
        world.refresh(token, "native"),
        world.refresh(token, "native", headers=proof(OTHER_KEY)),
        world.refresh(token, "native", headers=proof(iat=1)),
        world.refresh(token, "native", headers=proof(), scope="admin"),
        world.refresh(token, "native", headers=proof(), resource="https://x.example"),
        world.exchange(code, "spa", headers=proof()),
        world.exchange(code, "native"),
        world.exchange(code, "native", headers=proof(iat=1)),
        world.exchange(code, "native", headers=proof(), redirect_uri="https://x.example"),
        world.exchange(code, "native", headers=proof(), code_verifier="x" * 43),
        world.exchange(code, "native", headers=proof(), client_secret="x"),
    ]
    assert all(reply.status in (400, 401) for reply in refused)
    assert world.spendable() == before
    assert world.refresh(token, "native", headers=proof()).status == 200
    assert world.exchange(code, "native", headers=proof()).status == 200


def test_each_refusal_is_heard_of_once(world):
    """Whether the service refuses, or the form cannot be read; and whatever introspection hides."""
    token = world.pair("spa")["refresh_token"]
    known = len(world.heard())
    world.token("spa")
    world.post("/token", "{}", {"content-type": "application/json"})
    world.refresh("x")
    world.refresh(token, "backend")
    world.refresh(token, scope="admin")
    headers = {"authorization": basic("backend", SECRETS["backend"])}
    assert world.post("/introspect", "token=x.y.z", headers).said == {"active": False}
    assert world.heard()[known:] == [
        ("refused", "invalid_parameter"),
        ("refused", "unsupported_media_type"),
        ("refused", "forged"),
        ("refused", "wrong_client"),
        ("refused", "wrong_scope"),
        ("refused", "forged"),
    ]


def test_a_refresh_asks_the_store_once(world):
    """Nothing but who the client is, and the refresh: the hot path."""
    for client in ("spa", "backend"):
        token, asked = world.pair(client)["refresh_token"], []

        async def note(command, asked=asked):
            asked.append(type(command))

        world.before = note
        assert world.refresh(token, client).status == 200
        assert len(asked) == 2
        assert asked[-1] is Refresh
        world.before = None
