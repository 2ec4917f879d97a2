"""Known vulnerabilities of other servers, each named once, and similar cases."""

import re
from collections import Counter
from pathlib import Path

import pytest
from tests.dialects.oauth.token_people import ADA, OTHER_KEY, SECRETS
from tests.dialects.oauth.token_world import World, asserting, basic

from reticket.core.commands import Refresh
from reticket.core.errors import Unavailable

TESTS = Path(__file__).parents[2]
KNOWN = (
    "2020_15223", "2022_1245", "2025_29928", "2025_59420", "2026_1035", "2026_22751", "2026_27840",
    "2026_9802",
)  # fmt: skip


def test_each_known_failure_is_in_the_name_of_one_test():
    texts = [file.read_text("utf-8") for file in TESTS.rglob("test_*.py")]
    named = Counter(name for text in texts for name in re.findall(r"def test_cve_(\d+_\d+)", text))
    assert named == dict.fromkeys(KNOWN, 1)


def test_cve_2026_1035_many_refreshes_at_once_get_one_successor(world):
    """A token was checked, then consumed: two that came between had a session each."""
    token = world.pair("spa")["refresh_token"]
    form = f"grant_type=refresh_token&client_id=spa&refresh_token={token}"
    replies = world.together(*(world.request("/token", form, {}) for _ in range(20)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    assert [family.generation for family in world.families()] == [2]


def test_cve_2026_22751_a_code_is_used_once_by_parallel_requests(world):
    """Check-then-consume: only the request that takes the code gets tokens."""
    code = world.code("spa")
    replies = world.together(*(world.exchange_of(code) for _ in range(20)))
    assert [reply.status for reply in replies].count(200) <= 1
    assert len(world.families()) <= 1


def test_an_assertion_is_used_once_by_parallel_requests(world):
    said = {"grant_type": "client_credentials", **asserting(world)}
    form = "&".join(f"{name}={value}" for name, value in said.items())
    replies = world.together(*(world.request("/token", form, {}) for _ in range(20)))
    assert [reply.status for reply in replies].count(200) == 1


def test_cve_2026_9802_rotations_survive_a_restart():
    """The row has all counters, so a second service over the same store continues with them."""
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


def test_a_replay_within_the_same_second_gets_the_same_pair(world):
    """It gets the same pair: a quick replay cannot fork a session."""
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
def test_cve_2026_27840_a_truncated_token_is_not_accepted(world, cut):
    pair = world.pair("spa")
    before = world.spendable()
    assert world.refresh(pair["refresh_token"][:-cut]).error == "invalid_grant"
    assert world.spendable() == before


def is_alive(world, pair):
    """Whether services and the client itself find the tokens valid."""
    mine = {"authorization": basic("backend", SECRETS["backend"])}
    looks = [
        world.post("/introspect", f"token={pair[kind]}", mine).said["active"]
        for kind in ("access_token", "refresh_token")
    ]
    told = world.post("/userinfo", "", {"authorization": f"Bearer {pair['access_token']}"})
    (found,) = {*looks, told.status == 200}
    return found


def test_cve_2025_29928_sessions_of_a_deleted_user_are_invalid(world):
    """Codes, tokens of either kind, and the tokens that are exchanged for others."""
    pair, code = world.pair("backend"), world.code("backend")
    assert is_alive(world, pair)
    world.people.users.pop(ADA.id)
    assert not is_alive(world, pair)
    assert world.exchange(code, "backend").error == "invalid_grant"
    assert world.refresh(pair["refresh_token"], "backend").error == "invalid_grant"
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": pair["access_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }
    assert world.token("backend", **form).error == "invalid_request"


def test_cve_2025_59420_crit_is_not_ignored(world):
    header = {"alg": "ES256", "kid": "k1", "crit": ["policy"], "policy": "mfa"}
    said = {"grant_type": "client_credentials", **asserting(world, header=header)}
    assert world.token(None, **said).error == "invalid_client"
    assert world.token(None, **{**said, **asserting(world)}).status == 200


def test_cve_2020_15223_a_storage_error_in_a_revocation_is_not_swallowed(world, monkeypatch):
    """The client gets an error and can retry."""
    token = world.pair("spa")["refresh_token"]
    form = f"client_id=spa&token={token}"

    def broken(batch):
        raise Unavailable("no space")

    with monkeypatch.context() as patched:
        patched.setattr(world.store, "transact", broken)
        reply = world.post("/revoke", form)
    assert (reply.status, reply.error) == (503, "temporarily_unavailable")
    assert int(reply.headers["retry-after"]) > 0
    assert world.post("/revoke", form).status == 200
    assert world.refresh(token).error == "invalid_grant"


def test_a_refused_request_uses_no_credential_at_any_check(world):
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


def test_each_refusal_is_audited_once(world):
    """Whether the service refuses, or the form cannot be read; and whatever introspection hides."""
    token = world.pair("spa")["refresh_token"]
    known = len(world.audited())
    world.token("spa")
    world.post("/token", "{}", {"content-type": "application/json"})
    world.refresh("x")
    world.refresh(token, "backend")
    world.refresh(token, scope="admin")
    headers = {"authorization": basic("backend", SECRETS["backend"])}
    assert world.post("/introspect", "token=x.y.z", headers).said == {"active": False}
    assert world.audited()[known:] == [
        ("refused", "invalid_parameter"),
        ("refused", "unsupported_media_type"),
        ("refused", "forged"),
        ("refused", "wrong_client"),
        ("refused", "wrong_scope"),
        ("refused", "forged"),
    ]


def test_a_refresh_uses_two_commands(world):
    """The authentication of the client and the refresh are the only commands on the hot path."""
    for client in ("spa", "backend"):
        token, asked = world.pair(client)["refresh_token"], []

        async def note(command, asked=asked):
            asked.append(type(command))

        world.before = note
        assert world.refresh(token, client).status == 200
        assert len(asked) == 2
        assert asked[-1] is Refresh
        world.before = None
