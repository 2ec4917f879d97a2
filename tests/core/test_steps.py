"""The order of checks of a refresh and a sign-out; a refusal does not use the token."""

from dataclasses import replace

import pytest
from tests.core.world import ADA

from reticket.core.commands import EndSession, ExchangeToken, Refresh
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Caller, Family, Outcome, RefreshToken
from reticket.core.sessions.steps import ExchangeStep, RefreshStep, SignOutStep
from reticket.dialects.akinon.user import AKINON_2026

NOW = 1_790_000_000_000
ROW = Family(
    id=bytes(16), resource="test", subject=ADA.id, client=None, context="1000", scope=None,
    policy="AKINON_2026", ends_at=NOW + 10**12, expires_at=NOW + 10**9, generation=5, parent=3,
    floor=4, open_from=3, rotated_at=NOW - 1,
)  # fmt: skip
SHUT = ROW._replace(rotated_at=NOW - 10**6)
OVER = ROW._replace(ends_at=NOW)
NOBODY = Caller("", "")
ENDED = ROW._replace(revoked_at=NOW - 1, revoked_cause="operator")


def token(generation=5, context="1000", ends=NOW + 10**9):
    return RefreshToken(ROW.id, generation, context, NOW - 10**6, ends)


def rotate(row, presented=None, holder=ADA, waiting=(), **command):
    asked = Refresh(**{"resource": "test", "token": "text", **command})
    step = RefreshStep(
        asked, AKINON_2026, NOBODY, presented or token(),
        lambda resource, subject: holder, lambda subject: subject in waiting,
    )  # fmt: skip
    return step(row, NOW)


def sign_out(row, presented=None, resource="test"):
    asked, presented = EndSession(resource, "text"), presented or token()
    return SignOutStep(asked, AKINON_2026, NOBODY, presented)(row, NOW)


ELSEWHERE = "elsewhere"
"""A dialect that does not know Ada."""


def misfit(row, now):
    raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_SCOPE)


REFUSED = {
    "no row": (None, {}, Cause.UNKNOWN),
    "another resource": (ROW, {"resource": "other"}, Cause.WRONG_RESOURCE),
    "another subject": (ROW, {"subject": "b" * 32}, Cause.WRONG_CLIENT),
    "revoked": (ENDED, {}, Cause.REVOKED),
    "past its end": (OVER, {}, Cause.EXPIRED),
    "a holder that is gone": (ROW, {"holder": None}, Cause.SUBJECT_GONE),
    "another resource before reuse": (
        SHUT, {"resource": "other", "presented": token(1)}, Cause.WRONG_RESOURCE,
    ),
    "another subject before reuse": (
        SHUT, {"subject": "b" * 32, "presented": token(1)}, Cause.WRONG_CLIENT,
    ),
    "a row that does not fit": (ROW, {"check": misfit}, Cause.WRONG_SCOPE),
    "no fit before reuse": (
        SHUT, {"check": misfit, "presented": token(1)}, Cause.WRONG_SCOPE,
    ),
    "a good token that asks too much": (ROW, {"fits": misfit}, Cause.WRONG_SCOPE),
    "revoked before asking too much": (ENDED, {"fits": misfit}, Cause.REVOKED),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_does_not_change_the_row(name):
    row, asked, cause = REFUSED[name]
    after, result = rotate(row, **asked)
    assert after is row
    assert (result.refusal.code, result.refusal.cause) == (Code.INVALID_TOKEN, cause)
    assert (result.outcome, result.ended, result.now) == (None, False, NOW)


def test_a_forbidden_context_is_denied_and_the_token_is_not_used():
    after, result = rotate(ROW, context="1001", part=ELSEWHERE)
    assert after is ROW
    assert (result.refusal.code, result.refusal.cause) == (Code.ACCESS_DENIED, Cause.NO_ACCESS)
    assert (result.switched_to, result.ended) == (None, False)


def test_an_unchanged_context_must_still_be_permitted():
    assert rotate(ROW, part=ELSEWHERE)[1].refusal.code is Code.ACCESS_DENIED


def test_a_person_in_none_of_the_groups_is_denied_and_the_token_is_not_used():
    after, result = rotate(ROW, groups=("staff",))
    assert after is ROW
    assert (result.refusal.code, result.refusal.cause) == (Code.ACCESS_DENIED, Cause.GROUP_REQUIRED)
    assert (result.outcome, result.ended) == (None, False)
    staff = replace(ADA, groups=("staff",))
    assert rotate(ROW, holder=staff, groups=("staff",))[1].outcome is Outcome.ADVANCED


def test_a_token_that_was_used_before_is_denied_to_a_person_without_the_group():
    """The answer of the window needs the group as well."""
    after, result = rotate(ROW, token(4), groups=("staff",))
    assert (after, result.refusal.cause) == (ROW, Cause.GROUP_REQUIRED)


def test_reuse_ends_the_family_even_of_a_person_without_the_group():
    after, result = rotate(SHUT, token(1), groups=("staff",))
    assert (after.revoked_cause, result.refusal.cause) == ("reuse", Cause.REUSED)


def test_reuse_ends_the_family_even_of_a_deleted_holder():
    after, result = rotate(SHUT, token(1), holder=None, part=ELSEWHERE)
    assert (after.revoked_at, after.revoked_cause) == (NOW, "reuse")
    assert (result.refusal.cause, result.ended, result.family) == (Cause.REUSED, True, after)


@pytest.mark.parametrize("presented", [5, 4, 9])
def test_a_pending_change_of_the_subject_delays_the_decision(presented):
    after, result = rotate(ROW, token(presented), waiting={ADA.id})
    assert after is ROW
    assert (result.change_pending, result.outcome, result.refusal) == (True, None, None)
    assert not rotate(ROW, waiting={"b" * 32})[1].change_pending


OUTCOMES = {
    Outcome.HEALED: (ROW, token(9)),
    Outcome.ADVANCED: (ROW, token(5)),
    Outcome.REPLAYED: (ROW, token(4)),
    Outcome.REISSUED: (SHUT, token(3)),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_comes_with_its_holder_and_the_context_of_the_token(outcome):
    row, presented = OUTCOMES[outcome]
    after, result = rotate(row._replace(context="1001"), presented, subject=ADA.id)
    assert (result.outcome, result.holder, result.context) == (outcome, ADA, "1000")
    assert (result.family, result.refusal, result.switched_to) == (after, None, None)
    assert (after == row._replace(context="1001")) is (outcome is Outcome.REPLAYED)
    assert after.context == ("1001" if outcome is Outcome.REPLAYED else "1000")


def test_a_switch_changes_the_answer_and_is_reported():
    after, result = rotate(ROW, context="1001")
    assert (after.context, result.context, result.switched_to) == ("1001", "1001", "1001")
    assert rotate(ROW, context="1000")[1].switched_to is None


def test_a_switch_by_an_older_token_changes_the_answer_and_not_the_row():
    after, result = rotate(ROW, token(4), context="1001")
    assert after is ROW
    assert (result.context, result.switched_to) == ("1001", "1001")


def test_a_repeated_step_has_the_same_result():
    assert rotate(ROW) == rotate(ROW)


@pytest.mark.parametrize("generation", [1, 4, 5, 9])
@pytest.mark.parametrize("row", [ROW, SHUT], ids=["open", "shut"])
def test_any_generation_signs_out(row, generation):
    after, result = sign_out(row, token(generation))
    assert (after.revoked_at, after.revoked_cause) == (NOW, "sign_out")
    assert after.generation == row.generation
    assert (result.outcome, result.family, result.ended) == (Outcome.REVOKED, after, True)


@pytest.mark.parametrize(
    ("row", "resource", "cause"),
    [
        (None, "test", Cause.UNKNOWN),
        (ROW, "other", Cause.WRONG_RESOURCE),
        (ENDED, "test", Cause.REVOKED),
        (OVER, "test", Cause.EXPIRED),
    ],
)
def test_a_refused_sign_out_changes_nothing(row, resource, cause):
    after, result = sign_out(row, resource=resource)
    assert after is row
    assert (result.refusal.code, result.refusal.cause) == (Code.INVALID_TOKEN, cause)
    assert not result.ended


@pytest.mark.parametrize("generation", [1, 3, 4, 5, 9])
@pytest.mark.parametrize("row", [ROW, SHUT, ENDED, None], ids=["open", "shut", "ended", "none"])
def test_signing_out_with_an_expired_token_ends_nothing(row, generation):
    for resource in ("test", "other"):
        after, result = sign_out(row, token(generation, ends=NOW), resource)
        assert after is row
        assert (result.refusal.code, result.refusal.cause) == (Code.INVALID_TOKEN, Cause.EXPIRED)
        assert not result.ended


@pytest.mark.parametrize("generation", [1, 3, 5, 9])
def test_a_refresh_with_an_expired_token_is_refused_and_ends_nothing(generation):
    after, result = rotate(SHUT, token(generation, ends=NOW))
    assert after is SHUT
    assert (result.refusal.cause, result.ended) == (Cause.EXPIRED, False)


def test_a_reused_token_is_detected_even_with_an_invalid_scope():
    after, result = rotate(SHUT, token(1), fits=misfit)
    assert (result.refusal.cause, after.revoked_cause) == (Cause.REUSED, "reuse")


def exchange(row, holder=ADA, waiting=(), **command):
    asked = ExchangeToken(**{"resource": "test", "family": ROW.id, **command})
    has_pending = waiting.__contains__
    return ExchangeStep(asked, AKINON_2026, NOBODY, lambda *_: holder, has_pending)(row, NOW)


@pytest.mark.parametrize(
    ("row", "asked", "cause"),
    [
        (None, {}, Cause.UNKNOWN),
        (ROW, {"resource": "other"}, Cause.UNKNOWN),
        (ROW, {"check": misfit}, Cause.WRONG_SCOPE),
        (ENDED, {}, Cause.REVOKED),
        (OVER, {}, Cause.EXPIRED),
        (ROW, {"holder": None}, Cause.SUBJECT_GONE),
    ],
)
def test_a_token_exchange_with_an_unsuitable_family_is_refused(row, asked, cause):
    after, result = exchange(row, **asked)
    assert after is row
    assert (result.refusal.code, result.refusal.cause) == (Code.INVALID_TOKEN, cause)
    assert (result.outcome, result.now) == (None, NOW)


def test_a_token_exchange_keeps_or_switches_the_context():
    after, result = exchange(ROW)
    assert (after, result.outcome, result.holder) == (ROW, Outcome.DERIVED, ADA)
    assert (result.context, result.switched_to) == ("1000", None)
    after, result = exchange(ROW, context="1001")
    assert (after, result.context, result.switched_to) == (ROW, "1001", "1001")
    assert exchange(ROW, context="1000")[1].switched_to is None


def test_a_token_exchange_has_its_limit_and_its_detail_also_when_it_is_refused():
    asked = {"latest": NOW + 1, "detail": {"client": "gateway"}}
    for row in (ROW, ENDED, None):
        result = exchange(row, **asked)[1]
        assert (result.latest, result.detail) == (NOW + 1, {"client": "gateway"})


def test_a_token_exchange_for_a_forbidden_context_is_denied():
    after, result = exchange(ROW, part=ELSEWHERE)
    assert after is ROW
    assert (result.refusal.code, result.refusal.cause) == (Code.ACCESS_DENIED, Cause.NO_ACCESS)


def test_a_token_exchange_by_a_person_in_none_of_the_groups_is_denied():
    after, result = exchange(ROW, groups=("staff",))
    assert after is ROW
    assert (result.refusal.code, result.refusal.cause) == (Code.ACCESS_DENIED, Cause.GROUP_REQUIRED)
    staff = replace(ADA, groups=("staff",))
    assert exchange(ROW, holder=staff, groups=("staff",))[1].outcome is Outcome.DERIVED


def test_a_pending_change_of_the_subject_delays_a_token_exchange():
    result = exchange(ROW, waiting={ADA.id})[1]
    assert (result.change_pending, result.outcome, result.refusal) == (True, None, None)
