"""Every case of the rotation rule (ADR 0001) in its order, and the invariants of all cases."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.model import REFUSING, Family, Outcome, RefreshToken
from reticket.core.policy import SECOND
from reticket.core.sessions.rotation import decide, revoked, state_of
from reticket.dialects.akinon.user import AKINON_2026
from reticket.dialects.kibo.kinds import KIBO_2026

STRICT, LENIENT = AKINON_2026, KIBO_2026
STILL = replace(STRICT, rotates=False)
NOW = 1_800_000_000_000
WINDOW = STRICT.window * SECOND
REFRESH = STRICT.refresh * SECOND
HOUR = 3_600_000

ROW = Family(
    id=bytes(16), resource="akinon", subject="ada", client=None, context=None, scope=None,
    policy=STRICT.name, ends_at=NOW + 100 * REFRESH, expires_at=NOW + REFRESH - HOUR,
    generation=9, parent=6, floor=7, open_from=4, rotated_at=NOW - HOUR,
)  # fmt: skip
OPEN = ROW._replace(rotated_at=NOW - WINDOW + 1)
REVOKED = ROW._replace(revoked_at=NOW - 1, revoked_cause="operator")


def token(generation, ends=NOW + REFRESH - HOUR):
    return RefreshToken(bytes(16), generation, None, NOW - HOUR, ends)


def undated(generation, issued_at):
    """A token as an older version wrote it, without a stated end."""
    return RefreshToken(bytes(16), generation, None, issued_at)


def moved(row, **counters):
    return row._replace(rotated_at=NOW, expires_at=NOW + REFRESH, **counters)


TABLE = {
    "no row": (None, token(9), STRICT, Outcome.UNKNOWN, None),
    "revoked": (REVOKED, token(9), STRICT, Outcome.REVOKED, REVOKED),
    "revoked, before its end is looked at": (
        REVOKED._replace(ends_at=NOW), token(9), STRICT, Outcome.REVOKED, None,
    ),
    "past the absolute end": (ROW._replace(ends_at=NOW), token(9), STRICT, Outcome.EXPIRED, None),
    "a millisecond before the absolute end": (
        ROW._replace(ends_at=NOW + 1, expires_at=NOW + 1), token(9), STRICT, Outcome.ADVANCED,
        moved(ROW._replace(ends_at=NOW + 1), generation=10, parent=9, floor=9, open_from=8)
        ._replace(expires_at=NOW + 1),
    ),
    "the newest, past its own end": (ROW, token(9, NOW), STRICT, Outcome.EXPIRED, None),
    "a millisecond before its own end": (
        ROW, token(9, NOW + 1), STRICT, Outcome.ADVANCED,
        moved(ROW, generation=10, parent=9, floor=9, open_from=8),
    ),
    "the parent, past its own end, while its child is unused": (
        ROW, token(6, NOW), STRICT, Outcome.EXPIRED, None,
    ),
    "older, past its own end": (ROW, token(5, NOW), STRICT, Outcome.EXPIRED, None),
    "older and tolerated, past its own end": (ROW, token(5, NOW), LENIENT, Outcome.EXPIRED, None),
    "newer than the store knows, past its own end": (
        ROW, token(11, NOW), STRICT, Outcome.EXPIRED, None,
    ),
    "in the window, past its own end": (OPEN, token(7, NOW), STRICT, Outcome.EXPIRED, None),
    "not rotated, past its own end": (ROW, token(9, NOW), STILL, Outcome.EXPIRED, None),
    "a token whose end was stated before its lifetime was shortened": (
        ROW, token(9), replace(STRICT, refresh=1), Outcome.ADVANCED,
        ROW._replace(rotated_at=NOW, generation=10, parent=9, floor=9, open_from=8),
    ),
    "a token whose end was stated before its lifetime was prolonged": (
        ROW, token(9, NOW), replace(STRICT, refresh=10 * STRICT.refresh), Outcome.EXPIRED, None,
    ),
    "a token without an end, past its lifetime": (
        ROW, undated(9, NOW - REFRESH), STRICT, Outcome.EXPIRED, None,
    ),
    "an older token without an end, past its lifetime": (
        ROW, undated(5, NOW - REFRESH), LENIENT, Outcome.EXPIRED, None,
    ),
    "a token without an end, a millisecond before": (
        ROW, undated(9, NOW - REFRESH + 1), STRICT, Outcome.ADVANCED,
        moved(ROW, generation=10, parent=9, floor=9, open_from=8),
    ),
    "the store forgot a rotation that the token tells of": (
        ROW._replace(rotated_at=NOW - 2 * REFRESH), token(11), STRICT, Outcome.HEALED,
        moved(ROW, generation=12, parent=11, floor=11, open_from=4),
    ),
    "a policy that does not rotate": (ROW, token(9), STILL, Outcome.KEPT, moved(ROW)),
    "a policy that does not rotate, an older token": (
        ROW, token(5), STILL, Outcome.REUSED, None,
    ),
    "the store has lost writes": (
        ROW, token(10), STRICT, Outcome.HEALED,
        moved(ROW, generation=11, parent=10, floor=10, open_from=4),
    ),
    "the store has lost writes, and nothing older was open": (
        ROW._replace(open_from=9), token(10), STRICT, Outcome.HEALED,
        moved(ROW, generation=11, parent=10, floor=10, open_from=8),
    ),
    "the newest child": (
        ROW, token(9), STRICT, Outcome.ADVANCED,
        moved(ROW, generation=10, parent=9, floor=9, open_from=8),
    ),
    "its elder": (
        ROW, token(8), STRICT, Outcome.ADVANCED,
        moved(ROW, generation=10, parent=8, floor=9, open_from=8),
    ),
    "a child, while open": (
        OPEN, token(9), STRICT, Outcome.ADVANCED,
        moved(OPEN, generation=10, parent=9, floor=9, open_from=4),
    ),
    "older, while open": (OPEN, token(7), STRICT, Outcome.REPLAYED, OPEN),
    "the oldest that is forgiven": (OPEN, token(4), STRICT, Outcome.REPLAYED, OPEN),
    "the parent, while open, is forgiven before anything is issued": (
        OPEN, token(6), STRICT, Outcome.REPLAYED, OPEN,
    ),
    "older than what is forgiven": (OPEN, token(3), STRICT, Outcome.REUSED, None),
    "a window of nothing forgives nothing": (
        ROW._replace(rotated_at=NOW), token(7), replace(STRICT, window=0), Outcome.REUSED, None,
    ),
    "the window has just shut": (
        ROW._replace(rotated_at=NOW - WINDOW), token(7), STRICT, Outcome.REUSED, None,
    ),
    "the parent": (
        ROW, token(6), STRICT, Outcome.REISSUED, moved(ROW, generation=10, open_from=6),
    ),
    "older": (ROW, token(5), STRICT, Outcome.REUSED, None),
    "older, tolerated": (ROW, token(5), LENIENT, Outcome.TOLERATED, ROW),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_the_first_matching_rule_decides(name):
    row, presented, policy, outcome, after = TABLE[name]
    decision = decide(row, presented, NOW, policy)
    assert decision.outcome is outcome
    if outcome is Outcome.REUSED:
        after = row._replace(revoked_at=NOW, revoked_cause="reuse")
    elif after is None:
        after = row
    assert decision.row == after


def test_a_clock_set_back_counts_as_the_time_of_the_last_rotation():
    row = ROW._replace(rotated_at=NOW + HOUR)
    decision = decide(row, token(9), NOW, STRICT)
    assert decision.outcome is Outcome.ADVANCED
    assert decision.row.rotated_at == NOW + HOUR


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (ROW, None),
        (REVOKED, Outcome.REVOKED),
        (REVOKED._replace(ends_at=NOW), Outcome.REVOKED),
        (ROW._replace(ends_at=NOW), Outcome.EXPIRED),
        (ROW._replace(ends_at=NOW + 1), None),
        (ROW._replace(expires_at=NOW), Outcome.EXPIRED),
        (ROW._replace(expires_at=NOW + 1), None),
    ],
)
def test_a_family_has_ended_when_revoked_or_at_either_of_its_ends(row, state):
    assert state_of(row, NOW) is state


def test_a_row_that_has_ended_keeps_its_first_cause():
    ended = revoked(ROW, NOW, "sign_out")
    assert (ended.revoked_at, ended.revoked_cause) == (NOW, "sign_out")
    assert revoked(ended, NOW + 1, "operator") == ended


GENERATIONS = st.integers(1, 12)
POLICIES = st.sampled_from([STRICT, LENIENT, STILL, replace(STRICT, window=0)])


@st.composite
def rows(draw):
    floor = draw(st.integers(0, 10))
    generation = draw(st.integers(floor + 1, 12))
    return ROW._replace(
        generation=generation, floor=floor, parent=draw(st.integers(0, floor)),
        open_from=draw(st.integers(0, floor + 1)),
        rotated_at=NOW - draw(st.sampled_from([0, 1, WINDOW - 1, WINDOW, HOUR, REFRESH])),
        ends_at=NOW + draw(st.sampled_from([-1, 0, 1, HOUR, 100 * REFRESH])),
        revoked_at=draw(st.sampled_from([None, None, NOW - 1])),
    )  # fmt: skip


@given(rows(), GENERATIONS, st.sampled_from([-HOUR, -1, 0]), POLICIES)
def test_an_expired_token_is_refused_and_ends_nothing(row, generation, since, policy):
    decision = decide(row, token(generation, NOW + since), NOW, policy)
    assert decision.outcome in (Outcome.EXPIRED, Outcome.REVOKED)
    assert decision.row is row


@given(rows(), GENERATIONS, st.sampled_from([1, HOUR, REFRESH]), POLICIES)
def test_a_row_lasts_as_long_as_any_of_its_tokens(row, generation, left, policy):
    """A purge by the row's end removes no valid session, even after lifetimes were shortened."""
    lived = row._replace(expires_at=min(row.ends_at, NOW + left))
    shorter = replace(policy, refresh=1)
    after = decide(lived, token(generation, NOW + left), NOW, shorter).row
    assert after.expires_at >= lived.expires_at


@given(rows(), GENERATIONS, POLICIES)
def test_a_row_that_is_kept_past_its_end_stays_so(row, generation, policy):
    """An adopted one lasts as long as a token of the other system could begin it anew."""
    kept = row._replace(expires_at=row.ends_at + REFRESH)
    assert decide(kept, token(generation), NOW, policy).row.expires_at == kept.expires_at


def test_a_token_ends_with_a_whole_second_and_not_before_its_lifetime():
    after = decide(ROW, token(9), NOW + 1, STRICT).row
    assert after.expires_at == NOW + REFRESH + SECOND


@given(rows(), GENERATIONS, st.sampled_from([-1, 0, 1, HOUR, REFRESH]), POLICIES)
def test_no_rule_moves_a_row_backwards(row, generation, left, policy):
    decision = decide(row, token(generation, NOW + left), NOW, policy)
    after = decision.row
    assert after.generation in (row.generation, row.generation + 1, generation + 1)
    assert after.generation >= row.generation
    assert after.floor >= row.floor
    assert after.parent <= after.floor < after.generation
    assert after.open_from <= after.floor + 1
    assert after.rotated_at in (row.rotated_at, NOW)
    assert (after.revoked_at is None) == (
        row.revoked_at is None and decision.outcome is not Outcome.REUSED
    )
    if decision.outcome in REFUSING - {Outcome.REUSED}:
        assert after == row


@given(rows(), GENERATIONS, POLICIES)
def test_a_retry_in_the_window_gets_the_same_generation(row, generation, policy):
    row = row._replace(ends_at=NOW + 100 * REFRESH)
    first = decide(row, token(generation), NOW, policy)
    if first.outcome in REFUSING or not policy.rotates or not policy.window:
        return
    again = decide(first.row, token(generation), NOW + policy.window * SECOND - 1, policy)
    if first.outcome not in (Outcome.TOLERATED, Outcome.REPLAYED):
        assert again.outcome is Outcome.REPLAYED
        assert again.row == first.row
