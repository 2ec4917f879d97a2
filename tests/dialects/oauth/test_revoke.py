"""RFC 7009: the tokens that a client may revoke, and the responses."""

import pytest
from tests.dialects.oauth.looks import broken
from tests.dialects.oauth.token_world import asserting

from reticket.core.errors import Cause
from reticket.core.ports import NotReplicated

NO_STORE = ("no-store", "no-cache")


def is_done(reply):
    said = (reply.headers["cache-control"], reply.headers["pragma"])
    return (reply.status, reply.body, said) == (200, b"", NO_STORE)


def cause_of_end(world, issued):
    return world.store.find(issued.family.id).revoked_cause


def test_rfc7009_2_1_a_refresh_token_ends_its_family(world):
    issued, other = world.begin(), world.begin()
    assert is_done(world.give_back(issued.refresh_token))
    assert cause_of_end(world, issued) == "sign_out"
    assert cause_of_end(world, other) is None
    assert world.is_inactive(issued.access_token, "backend")


def test_rfc7009_2_1_an_older_refresh_token_ends_its_family_too(world):
    issued = world.begin()
    world.next(issued)
    assert is_done(world.give_back(issued.refresh_token))
    assert cause_of_end(world, issued) == "sign_out"


def test_rfc7009_2_1_a_refresh_token_can_be_revoked_for_the_lifetime_of_its_policy(world):
    issued = world.begin("tv")
    world.clock.forward(30 * 86_400)
    assert is_done(world.give_back(issued.refresh_token, "tv"))
    assert cause_of_end(world, issued) == "sign_out"


def test_rfc7009_2_2_an_expired_token_is_answered_like_an_unknown_one_and_ends_nothing(world):
    issued = world.begin()
    world.clock.at = issued.refresh_expires_at - 1
    later = world.next(issued)
    world.clock.forward(1)
    assert is_done(world.give_back(issued.refresh_token))
    assert is_done(world.give_back(issued.refresh_token, "tv"))
    assert cause_of_end(world, issued) is None
    assert world.next(later).refresh_token


@pytest.mark.parametrize("hint", ["refresh_token", "access_token", "something_else"])
def test_rfc7009_2_1_a_wrong_hint_does_not_matter(world, hint):
    issued = world.begin()
    assert is_done(world.give_back(issued.refresh_token, token_type_hint=hint))
    assert cause_of_end(world, issued) == "sign_out"


def test_rfc7009_2_1_revoking_an_access_token_does_not_end_its_family(world):
    issued = world.begin("backend")
    other = world.derived(issued, scope="openid")
    assert is_done(world.give_back(issued.access_token, "backend"))
    assert world.is_inactive(issued.access_token)
    assert world.look(other.access_token).said["active"]
    assert cause_of_end(world, issued) is None
    assert world.who(issued.access_token).status == 401
    assert world.who(other.access_token).status == 200


def test_rfc7009_2_1_a_revoked_access_token_stays_revoked_until_it_expires(world):
    issued = world.begin("backend")
    world.give_back(issued.access_token, "backend")
    world.clock.forward((issued.access_expires_at - world.clock()) / 1000 - 0.001)
    assert world.is_inactive(issued.access_token)


def test_rfc7009_2_1_a_token_without_a_session_can_be_revoked(world):
    token = world.alone()
    assert world.look(token).said["active"]
    assert is_done(world.give_back(token, "backend"))
    assert world.is_inactive(token)


def test_a_revoked_access_token_is_audited(world):
    issued = world.begin("backend")
    world.give_back(issued.access_token, "backend")
    (event,) = world.lines_of("access_revoked")
    assert (event.family, event.subject) == (issued.family.id.hex(), issued.family.subject)


def test_an_access_token_that_is_revoked_twice_is_audited_once(world):
    """Otherwise one token could fill the audit files and displace other lines."""
    issued = world.begin("backend")
    for _ in range(3):
        assert is_done(world.give_back(issued.access_token, "backend"))
    assert len(world.lines_of("access_revoked")) == 1


def test_a_revoked_access_token_is_remembered_until_it_expires_and_no_longer(world):
    issued = world.begin("backend")
    before = set(world.ephemeral._entries)
    assert is_done(world.give_back(issued.access_token, "backend"))
    after = set(world.ephemeral._entries) - before
    (key,) = {each for each in after if not each.startswith("known-program")}
    world.clock.forward((issued.access_expires_at - world.clock()) // 1000 - 1)
    assert world.ephemeral.peek(key) is not None
    world.clock.forward(1)
    assert world.ephemeral.peek(key) is None


def test_a_revoked_token_without_a_session_is_audited_without_one(world):
    world.give_back(world.alone(), "backend")
    (event,) = world.lines_of("access_revoked")
    assert (event.family, event.subject) == (None, "backend")


@pytest.mark.parametrize("text", ["x", "rtk_", "rtk_x", "a.b.c", "é", " ", "A" * 8000])
def test_rfc7009_2_2_an_unknown_token_counts_as_revoked(world, text):
    assert is_done(world.give_back(text))


def test_rfc7009_2_2_an_ended_token_counts_as_revoked(world):
    revoked, old, gone = world.begin(), world.begin(), world.begin()
    world.give_back(revoked.refresh_token)
    for token in (revoked.refresh_token, revoked.refresh_token[:-1], revoked.refresh_token + "A"):
        assert is_done(world.give_back(token))
    world.clock.forward(400 * 86_400)
    assert is_done(world.give_back(old.refresh_token))
    assert is_done(world.give_back(old.access_token))
    world.store.expire(world.clock(), 10)
    assert is_done(world.give_back(gone.refresh_token))


def test_rfc7009_2_1_another_client_is_refused_with_a_reason(world):
    issued, own = world.begin("spa"), world.alone("other")
    for token, owner in (
        (issued.refresh_token, "spa"),
        (issued.access_token, "spa"),
        (own, "other"),
    ):
        reply = world.give_back(token, "backend")
        assert (reply.status, reply.error) == (400, "invalid_grant")
        assert is_done(world.give_back(token, owner))


def test_rfc7009_2_1_a_refused_revocation_changes_nothing(world):
    issued = world.begin("backend")
    before = world.spendable()
    world.give_back(issued.refresh_token, "other")
    world.give_back(issued.access_token, "other")
    assert world.spendable() == before
    assert world.look(issued.access_token).said["active"]


def test_rfc7009_2_1_another_client_does_not_learn_whether_a_token_is_active(world):
    living, dead = world.begin("spa"), world.begin("spa")
    world.give_back(dead.refresh_token)
    replies = [world.give_back(each.refresh_token, "backend") for each in (living, dead)]
    assert len({(reply.status, reply.body) for reply in replies}) == 1


def test_the_cause_of_a_refused_revocation_is_audited_once(world):
    issued = world.begin("spa")
    world.give_back(issued.refresh_token, "backend")
    assert world.causes() == [Cause.WRONG_CLIENT]
    world.give_back(issued.access_token, "backend")
    assert world.causes() == [Cause.WRONG_CLIENT] * 2


def test_rfc7009_2_1_a_confidential_client_must_authenticate(world):
    issued = world.begin("backend")
    unproven = world.ask("/revoke", None, client_id="backend", token=issued.refresh_token)
    wrong = world.ask("/revoke", None, client_id="backend", client_secret="no", token="x")
    assert [(each.status, each.error) for each in (unproven, wrong)] == [
        (401, "invalid_client")
    ] * 2
    assert cause_of_end(world, issued) is None


def test_rfc7009_2_1_a_client_may_authenticate_with_a_key(world):
    issued = world.begin("keyed")
    reply = world.ask("/revoke", None, token=issued.refresh_token, **asserting(world))
    assert is_done(reply)
    assert cause_of_end(world, issued) == "sign_out"


def test_rfc7009_2_1_the_token_parameter_is_required(world):
    reply = world.ask("/revoke", "spa")
    assert (reply.status, reply.error) == (400, "invalid_request")


@pytest.mark.parametrize("body", ["token=a&token=b&client_id=spa", "token=%00&client_id=spa"])
def test_rfc6749_3_2_a_parameter_may_not_be_repeated(world, body):
    reply = world.post("/revoke", body)
    assert (reply.status, reply.error) == (400, "invalid_request")


def test_rfc6749_3_2_only_forms_are_accepted(world):
    reply = world.post("/revoke", '{"token": "x"}', {"content-type": "application/json"})
    assert (reply.status, reply.error) == (400, "invalid_request")


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_rfc7009_2_2_1_a_failing_store_is_503_and_no_success(world, kind, monkeypatch):
    issued = world.begin("spa")
    monkeypatch.setattr(world.store, "transact", broken)
    monkeypatch.setattr(world.ephemeral, "put_if_absent", broken)
    reply = world.give_back(getattr(issued, kind))
    assert (reply.status, reply.error) == (503, "temporarily_unavailable")
    assert int(reply.headers["retry-after"]) > 0


def test_rfc7009_2_2_1_a_revocation_that_is_not_replicated_is_503(world, monkeypatch):
    issued, transact = world.begin("spa"), world.store.transact
    monkeypatch.setattr(
        world.store, "transact", lambda batch: [NotReplicated(result) for result in transact(batch)]
    )
    assert world.give_back(issued.refresh_token).status == 503


def test_rfc7009_2_2_1_a_failing_directory_is_503(world, monkeypatch):
    issued = world.begin("spa")
    monkeypatch.setattr(world.people, "catch_up", broken)
    for token in (issued.refresh_token, issued.access_token):
        assert world.give_back(token).status == 503
    assert cause_of_end(world, issued) is None
