"""The real rule in every world to a fixed depth; slightly worse rules are detected."""

import os
from dataclasses import replace

import pytest
from tests.model.search import explore
from tests.model.worlds import (
    CHANGING,
    COPYING,
    FALLING_BACK,
    HONEST,
    SHARING,
    THIEVING,
)

from reticket.core.model import Outcome
from reticket.core.policy import SECOND, Reuse
from reticket.core.sessions.rotation import Decision, decide, is_open, revoked

TORTURE = bool(os.environ.get("RETICKET_TORTURE"))


def lenient(row, token, now, policy):
    """The real rule under a policy that tolerates older tokens."""
    return decide(row, token, now, replace(policy, reuse=Reuse.TOLERATE))


WORLDS = {
    "lost answers": (decide, HONEST, (60, 60)),
    "expired copies turn up": (decide, COPYING, (30, 60)),
    "expired copies turn up, tolerated": (lenient, COPYING, (30, 60)),
    "lifetimes are changed": (decide, CHANGING, (30, 60)),
    "clients share and lifetimes are changed, tolerated": (lenient, SHARING, (10, 14)),
    "a store that loses writes": (decide, FALLING_BACK, (22, 56)),
    "a thief": (decide, THIEVING, (18, 36)),
}


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("name", WORLDS)
def test_no_client_is_signed_out_early_and_every_theft_is_detected(name):
    rule, moves, depths = WORLDS[name]
    found = explore(rule, moves, depths[TORTURE])
    assert (found.fault, found.way) == (None, ())
    assert found.whole or found.depth == depths[TORTURE]
    assert found.worlds > 1_000


def obvious(row, token, now, policy):
    """The rule that most servers have: the newest, or the one before it inside the window."""
    if row is None or row.expires_at <= now or token.expires_at <= now:
        return Decision(Outcome.EXPIRED, row)
    if token.generation == row.generation:
        after = row._replace(generation=row.generation + 1, rotated_at=now)
        return Decision(Outcome.ADVANCED, after._replace(expires_at=now + policy.refresh * SECOND))
    if token.generation == row.generation - 1 and is_open(row, now, policy):
        return Decision(Outcome.REPLAYED, row)
    return Decision(Outcome.REUSED, revoked(row, now, "reuse"))


def no_stated_end(row, token, now, policy):
    """The rule before: a token that has ended is good while its child is unused."""
    return decide(row, token._replace(expires_at=now + 1), now, policy)


def reuse_before_the_end(rule):
    """The rule before: an older token is a reuse, and that it has ended makes it no better."""

    def rule_of_before(row, token, now, policy):
        found = rule(row, token._replace(expires_at=now + 1), now, policy).outcome
        if token.expires_at <= now and found in (Outcome.REUSED, Outcome.TOLERATED):
            return Decision(Outcome.REUSED, revoked(row, now, "reuse"))
        return rule(row, token, now, policy)

    return rule_of_before


def idle_by_todays_setting(row, token, now, policy):
    if row is not None and now >= row.rotated_at + policy.refresh * SECOND:
        return Decision(Outcome.EXPIRED, row)
    return decide(row, token, now, policy)


def kept_for_the_newest_alone(row, token, now, policy):
    """A row that a purge takes when the newest token has ended, shortened or not."""
    decision = decide(row, token, now, policy)
    if decision.row is None or decision.row.rotated_at != now:
        return decision
    after = decision.row._replace(expires_at=now + policy.refresh * SECOND)
    return Decision(decision.outcome, after)


def changed(outcome, change):
    """The real rule, but for what `change` makes of the row before and after one outcome."""

    def rule(row, token, now, policy):
        decision = decide(row, token, now, policy)
        return change(row, decision, now) if decision.outcome is outcome else decision

    return rule


def refused(row, _, now):
    return Decision(Outcome.REUSED, revoked(row, now, "reuse"))


def siblings_live_on(_, decision, __):
    return Decision(decision.outcome, decision.row._replace(floor=decision.row.parent))


def forgiven(row, _, __):
    return Decision(Outcome.TOLERATED, row)


def only_the_newest_is_open(row, decision, _):
    return Decision(decision.outcome, decision.row._replace(open_from=decision.row.generation))


def two_children(row, decision, now):
    after = row._replace(generation=row.generation + 1, rotated_at=now)
    return Decision(decision.outcome, after)


FAULTY = {
    "the obvious rule": (obvious, HONEST, "signed out"),
    "the rule before, an expired parent": (no_stated_end, HONEST, "an expired token opened"),
    "the rule before, an expired copy": (
        reuse_before_the_end(decide), COPYING, "an expired token ended",
    ),
    "the rule before, an expired copy, tolerated": (
        reuse_before_the_end(lenient), COPYING, "an expired token ended",
    ),
    "an idle end by the setting of today": (idle_by_todays_setting, CHANGING, "signed out"),
    "a row kept for the newest token alone": (kept_for_the_newest_alone, CHANGING, "signed out"),
    "no TOLERATED": (decide, SHARING, "signed out"),
    "no REISSUED": (changed(Outcome.REISSUED, refused), HONEST, "signed out"),
    "no REPLAYED": (changed(Outcome.REPLAYED, refused), HONEST, "signed out"),
    "a second child in the window": (changed(Outcome.REPLAYED, two_children), HONEST, "two"),
    "a window for the newest alone": (
        changed(Outcome.ADVANCED, only_the_newest_is_open), HONEST, "two",
    ),
    "no HEALED": (changed(Outcome.HEALED, refused), FALLING_BACK, "signed out"),
    "a healed window for the newest alone": (
        changed(Outcome.HEALED, only_the_newest_is_open), FALLING_BACK, "two",
    ),
    "siblings that live on": (
        changed(Outcome.ADVANCED, siblings_live_on), THIEVING, "a thief unseen",
    ),
    "reuse forgiven": (changed(Outcome.REUSED, forgiven), THIEVING, "a thief unseen"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_a_slightly_worse_rule_is_detected(name):
    rule, moves, fault = FAULTY[name]
    found = explore(rule, moves, 20)
    assert found.fault is not None
    assert found.fault.startswith(fault), found


def test_the_obvious_rule_signs_out_a_client_that_loses_a_response():
    found = explore(obvious, HONEST, 20)
    assert found.way == ("send", "arrive 1", "wait", "send", "wait", "arrive 1")
