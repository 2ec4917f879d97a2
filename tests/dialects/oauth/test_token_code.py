"""Other grants: `authorization_code` with PKCE S256 alone, exact redirect, single use."""

import hashlib
from dataclasses import replace

import pytest
from tests.dialects.oauth.token_people import ADA, ORDERS, OTHER_KEY, REDIRECT, STOCK
from tests.dialects.oauth.token_world import CHALLENGE, ISSUER, claims_of

from reticket.core.commands import BeginSession, EndSessions, Pop, PutIfAbsent
from reticket.core.errors import Unavailable
from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.grants.codes import CODE_LIFETIME, issued_code_key


def is_invalid(reply):
    assert (reply.status, reply.error) == (400, "invalid_grant")
    return True


@pytest.mark.parametrize("member", ["post_logout_redirect_uris", "backchannel_logout_uri"])
def test_backchannel_logout_2_1_an_id_token_names_the_session_to_who_takes_part_in_log_outs(
    world, member
):
    assert "sid" not in claims_of(world.pair("spa")["id_token"])
    address = "https://app.example.com/ended"
    said = address if member.endswith("uri") else [address]
    world.people.register("spa", **{member: said})
    pair = world.pair("spa", login="1" * 32)
    refreshed = world.refresh(pair["refresh_token"]).said
    assert claims_of(pair["id_token"])["sid"] == claims_of(refreshed["id_token"])["sid"] == "1" * 32


def test_rfc6749_4_1_4_tokens_for_a_code(world):
    reply = world.exchange(world.code("spa", nonce="n-1", amr=("pwd", "otp")))
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["pragma"] == "no-cache"
    claims, identity = claims_of(reply.said["access_token"]), claims_of(reply.said["id_token"])
    assert claims["sub"] == identity["sub"] == ADA.id
    assert claims["sid"] == world.families()[0].id.hex()
    assert claims["client_id"] == identity["aud"] == "spa"
    assert claims["auth_time"] == identity["auth_time"] == world.clock() // 1000
    assert identity["nonce"] == "n-1"
    assert identity["iat"] == world.clock() // 1000
    assert identity["exp"] == claims["exp"] == identity["iat"] + reply.said["expires_in"]
    assert claims["amr"] == identity["amr"] == ["pwd", "otp"]
    assert claims["acr"] == identity["acr"] == "urn:reticket:acr:2"
    assert world.refresh(reply.said["refresh_token"]).status == 200


def test_oidc_core_3_1_3_3_without_openid_there_is_no_id_token(world):
    assert "id_token" not in world.pair("spa", scope="orders.read")


def test_the_family_has_the_id_of_the_code_and_the_policy_of_the_client(world):
    world.people.register("spa", policy={"preset": "BROWSER", "absolute": 14 * 86_400})
    world.pair("spa")
    (family,) = world.families()
    assert (family.client, family.subject) == ("spa", ADA.id)
    assert family.ends_at == world.clock() + 14 * 86_400 * 1000


@pytest.mark.parametrize("client", ["spa", "backend", "keyed"])
@pytest.mark.parametrize(
    "said",
    [
        {"redirect_uri": REDIRECT + "/"},
        {"redirect_uri": REDIRECT.upper()},
        {"redirect_uri": ""},
        {"code_verifier": "w" * 64},
        {"code_verifier": CHALLENGE},
        {"code_verifier": "ü" * 64},
        {"code_verifier": "v" * 42},
        {"code_verifier": "v" * 129},
        {"code_verifier": ""},
        {"resource": "https://evil.example.com"},
    ],
    ids=str,
)
def test_rfc6749_4_1_3_a_wrong_redirect_verifier_or_resource_does_not_use_the_code(
    world, client, said
):
    code = world.code(client)
    before = world.spendable()
    assert world.exchange(code, client, **said).status == 400
    assert world.spendable() == before
    assert world.exchange(code, client).status == 200


def test_rfc6749_5_2_each_fault_has_its_error_code(world):
    code = world.code("spa")
    assert is_invalid(world.exchange(code, redirect_uri="https://x.example"))
    assert is_invalid(world.exchange(code, code_verifier="w" * 64))
    assert is_invalid(world.exchange(code, code_verifier="short"))
    assert is_invalid(world.exchange(code, code_verifier=""))
    assert world.exchange(code, resource="https://x.example").error == "invalid_target"
    assert [cause for _, cause in world.audited()] == [
        "wrong_redirect", "wrong_verifier", "wrong_verifier", "wrong_verifier",
        "wrong_target",
    ]  # fmt: skip


@pytest.mark.parametrize("length", [43, 128])
def test_rfc_7636_4_1_a_verifier_of_the_least_and_of_the_greatest_length(world, length):
    verifier = "v" * length
    challenge = to_text(hashlib.sha256(verifier.encode()).digest())
    assert world.exchange(world.code(challenge=challenge), code_verifier=verifier).status == 200


@pytest.mark.parametrize("verifier", ["v" * 42, "v" * 129, "v" * 42 + " ", "v" * 42 + "é"])
def test_rfc_7636_4_6_a_verifier_of_another_form_fits_no_challenge(world, verifier):
    challenge = to_text(hashlib.sha256(verifier.encode()).digest())
    assert is_invalid(world.exchange(world.code(challenge=challenge), code_verifier=verifier))


def test_rfc6749_4_1_3_a_redirect_missing_in_the_request_may_be_missing_here(world):
    code = world.code("spa", redirect_uri=None)
    assert is_invalid(world.exchange(code))
    assert world.exchange(code, redirect_uri="").status == 200


def test_rfc7636_4_2_a_plain_challenge_is_refused(world):
    """RFC 7636 §4.2: S256 alone."""
    assert is_invalid(world.exchange(world.code("spa", challenge="v" * 64)))
    assert is_invalid(world.exchange(world.code("spa", challenge="")))


def test_rfc6749_4_1_3_a_code_of_another_client_is_refused(world):
    code = world.code("spa")
    before = world.spendable()
    for other in ("backend", "keyed", "tv"):
        world.people.register(other, grants=["authorization_code"])
        assert is_invalid(world.exchange(code, other))
    assert world.spendable() == before
    assert world.exchange(code).status == 200


def test_rfc6749_4_1_2_a_code_is_valid_for_a_minute_at_most(world):
    assert CODE_LIFETIME <= 60
    code = world.code("spa")
    world.clock.forward(CODE_LIFETIME)
    assert is_invalid(world.exchange(code))
    assert world.families() == []


def test_an_unknown_code_stores_nothing(world):
    before = world.spendable()
    assert is_invalid(world.exchange("never given"))
    assert world.spendable() == before


def test_rfc6749_4_1_2_a_second_use_of_a_code_revokes_its_tokens(world):
    code = world.code("spa")
    pair = world.exchange(code).said
    world.clock.forward(3600)
    assert is_invalid(world.exchange(code))
    assert is_invalid(world.refresh(pair["refresh_token"]))
    assert [family.revoked_cause for family in world.families()] == ["code_reuse"]


def ends_asked_for(world):
    """The families that the service is asked to end from now on."""
    asked = []

    async def note(command):
        if isinstance(command, EndSessions):
            asked.append(command.selection.family)

    world.before = note
    return asked


def test_a_code_used_many_times_ends_its_family_once(world):
    """Each demand to end one is a line of the audit stream that is kept for a year, and a wait for
    the disk."""
    code = world.code("spa")
    world.exchange(code)
    asked = ends_asked_for(world)
    assert all(is_invalid(world.exchange(code)) for _ in range(5))
    assert asked == [world.families()[0].id]


def test_a_third_use_ends_the_family_if_the_second_could_not(world, monkeypatch):
    code = world.code("spa")
    pair = world.exchange(code).said

    def fail(selection, cause):
        monkeypatch.undo()
        raise Unavailable("the disk is full")

    monkeypatch.setattr(world.store, "revoke", fail)
    assert world.exchange(code).status == 503
    assert is_invalid(world.exchange(code))
    assert is_invalid(world.refresh(pair["refresh_token"]))


def test_a_used_code_of_an_older_version_is_refused(world):
    pair = world.exchange(world.code("spa")).said
    family = world.families()[0].id.hex()
    world.ephemeral.put_if_absent(
        issued_code_key("older"), 60, f'{{"family":"{family}","client_id":"spa"}}'
    )
    assert is_invalid(world.exchange("older"))
    assert world.refresh(pair["refresh_token"]).status == 200


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ({"redirect_uri": REDIRECT + "/"}, "wrong_redirect"),
        ({"redirect_uri": ""}, "wrong_redirect"),
        ({"code_verifier": "w" * 64}, "wrong_verifier"),
        ({"code_verifier": "short"}, "wrong_verifier"),
    ],
)
def test_rfc9700_4_5_an_invalid_second_use_revokes_nothing(world, said, cause):
    code = world.code("spa")
    pair = world.exchange(code).said
    before = world.spendable()
    assert is_invalid(world.exchange(code, **said))
    assert world.audited()[-1] == ("refused", cause)
    assert world.spendable() == before
    assert world.refresh(pair["refresh_token"]).status == 200
    assert is_invalid(world.exchange(code))
    assert is_invalid(world.refresh(pair["refresh_token"]))


def test_a_second_use_revokes_the_tokens_of_that_code_only(world):
    one, other = world.code("spa", scope="orders.read"), world.code("spa", scope="orders.write")
    assert world.exchange(one).said["scope"] == "orders.read"
    assert is_invalid(world.exchange(one))
    assert world.exchange(other).said["scope"] == "orders.write"


def made_at(world, moment):
    before = world.people.clients["spa"]
    world.people.clients["spa"] = replace(before, created_at=moment)


def test_a_code_of_an_earlier_client_of_the_same_id_is_refused(world):
    code = world.code("spa")
    world.clock.forward(1)
    made_at(world, world.clock())
    assert is_invalid(world.exchange(code))
    assert world.families() == []
    assert world.exchange(world.code("spa")).status == 200


def test_a_client_that_was_registered_while_the_clock_was_ahead_gets_tokens(world):
    made_at(world, world.clock() + 3_600_000)
    assert world.exchange(world.code("spa")).status == 200


def test_rfc9700_4_5_a_second_use_by_another_client_revokes_nothing(world):
    code = world.code("spa")
    pair = world.exchange(code).said
    assert is_invalid(world.exchange(code, "backend"))
    assert world.refresh(pair["refresh_token"]).status == 200


def test_rfc9700_4_5_another_client_cannot_invalidate_a_code_in_use(world):
    """It comes while the family begins, and leaves no mark that would end it."""
    world.people.register("tv", grants=["authorization_code"])
    code = world.code("spa")
    others = []

    async def meet(command):
        if isinstance(command, BeginSession):
            world.before = None
            others.append(await world._answer(world.exchange_of(code, "tv")))

    world.before = meet
    assert world.exchange(code).status == 200
    assert is_invalid(others[0])
    before = world.spendable()
    assert is_invalid(world.exchange(code, "tv"))
    assert world.spendable() == before


def test_rfc6749_4_1_2_only_one_of_many_parallel_uses_gets_a_family(world):
    """Check-then-consume races (CVE-2026-1035, CVE-2026-22751)."""
    code = world.code("spa")
    requests = [world.exchange_of(code) for _ in range(8)]
    replies = world.together(*requests)
    assert [reply.status for reply in replies].count(200) == 1
    assert [family.revoked_at for family in world.families()] == [None]


COMMANDS = {
    "before it claims the code": lambda command: isinstance(command, PutIfAbsent),
    "before its family begins": lambda command: isinstance(command, BeginSession),
    "before it spends the code": lambda command: isinstance(command, Pop),
}


@pytest.mark.parametrize("meets", COMMANDS.values(), ids=COMMANDS)
def test_rfc6749_4_1_2_of_two_parallel_uses_one_gets_tokens_and_the_other_revokes_them(
    world, meets
):
    """A use during another one gets 503 and is repeated."""
    code = world.code("spa")
    replies = []

    async def meet(command):
        if meets(command):
            world.before = None
            replies.append(await world._answer(world.exchange_of(code)))

    world.before = meet
    replies.append(world.exchange(code))
    assert sorted(reply.status for reply in replies) == [200, 503]
    assert len(world.families()) == 1
    assert is_invalid(world.exchange(code))
    assert [family.revoked_cause for family in world.families()] == ["code_reuse"]
    assert ("refused", "used") in world.audited()


@pytest.mark.parametrize(
    "change",
    [{"credential_version": 2}, {"disabled": True}, {"active": False}, {"email": "a@b.example"}],
    ids=str,
)
def test_a_person_who_changed_after_the_consent_gets_no_tokens(world, change):
    code = world.code("spa")
    world.people.change(**change)
    before = world.spendable()
    assert is_invalid(world.exchange(code))
    assert world.spendable() == before


def test_a_person_who_changes_during_the_exchange_gets_no_tokens(world):
    """No 401: it is the grant that is bad, not the client."""
    code = world.code("spa")

    async def change(command):
        if isinstance(command, BeginSession):
            world.people.change(disabled=True)

    world.before = change
    assert is_invalid(world.exchange(code))
    assert all(family.revoked_at for family in world.families())
    assert [event for event, _ in world.audited()] == ["revoked"]


def test_a_code_of_a_deleted_person_is_refused(world):
    code = world.code("spa")
    world.people.users.clear()
    assert is_invalid(world.exchange(code))


def test_the_admin_scope_cannot_be_obtained_with_a_code(world):
    world.people.register("keyed", scopes=["admin", "openid"])
    assert world.exchange(world.code("keyed", scope="openid admin"), "keyed").error == (
        "invalid_scope"
    )
    assert world.families() == []


def test_without_a_resource_the_registered_ones_are_the_audience(world):
    claims = claims_of(world.pair("backend")["access_token"])
    assert claims["aud"] == [ORDERS, STOCK, ISSUER]


def test_rfc8707_2_2_a_resource_narrows_only_the_first_access_token(world):
    code = world.code("backend", resources=(ORDERS, STOCK))
    pair = world.exchange(code, "backend", resource=ORDERS).said
    assert claims_of(pair["access_token"])["aud"] == [ORDERS, ISSUER]
    again = world.refresh(pair["refresh_token"], "backend").said
    assert claims_of(again["access_token"])["aud"] == [ORDERS, STOCK, ISSUER]


class TestBoundCodes:
    """RFC 9449 §10."""

    def test_rfc9449_10_a_code_may_be_bound_to_a_key(self, world):
        first = world.exchange(world.code("native"), "native", headers=world.proof()).said
        key = claims_of(first["access_token"])["cnf"]["jkt"]
        code = world.code("spa", jkt=key)
        before = world.spendable()
        assert is_invalid(world.exchange(code))
        assert is_invalid(world.exchange(code, headers=world.proof(OTHER_KEY)))
        assert world.spendable() == before
        bound = world.exchange(code, headers=world.proof()).said
        assert bound["token_type"] == "DPoP"
        assert is_invalid(world.exchange(code))
        assert is_invalid(world.exchange(code, headers=world.proof(OTHER_KEY)))
        assert world.refresh(bound["refresh_token"], headers=world.proof()).status == 200

    def test_rfc9449_5_a_wrong_proof_uses_no_credential(self, world):
        code = world.code("native")
        before = world.spendable()
        reply = world.exchange(code, "native", headers=world.proof(htu="https://x.example"))
        assert (reply.status, reply.error) == (400, "invalid_dpop_proof")
        assert world.spendable() == before
        assert world.exchange(code, "native", headers=world.proof()).status == 200
