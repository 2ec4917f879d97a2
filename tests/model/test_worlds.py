"""The real rule in every world to a fixed depth; and rules nearly as good, which are found out."""

import os

import pytest
from tests.model.worlds import FALLING_BACK, HONEST, THIEVING, explore

from reticket.core.model import Outcome
from reticket.core.rotation import Decision, decide, is_open, revoked

TORTURE = bool(os.environ.get("RETICKET_TORTURE"))


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("moves", "depths"),
    [(HONEST, (60, 60)), (FALLING_BACK, (34, 56)), (THIEVING, (26, 56))],
    ids=["lost answers", "a store that loses writes", "a thief"],
)
def test_no_honest_client_is_out_and_no_thief_unseen(moves, depths):
    depth = depths[TORTURE]
    found = explore(decide, moves, depth)
    assert (found.fault, found.way, found.depth) == (None, (), depth)
    assert found.worlds > 4_000


def obvious(row, token, now, policy):
    """The rule that most servers have: the newest, or the one before it inside the window."""
    if token.generation == row.generation:
        after = row._replace(generation=row.generation + 1, rotated_at=now)
        return Decision(Outcome.ADVANCED, after)
    if token.generation == row.generation - 1 and is_open(row, now, policy):
        return Decision(Outcome.REPLAYED, row)
    return Decision(Outcome.REUSED, revoked(row, now, "reuse"))


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
def test_a_rule_that_is_nearly_as_good_is_found_out(name):
    rule, moves, fault = FAULTY[name]
    found = explore(rule, moves, 20)
    assert found.fault is not None
    assert found.fault.startswith(fault), found


def test_the_obvious_rule_signs_out_whoever_misses_an_answer_for_a_window():
    found = explore(obvious, HONEST, 20)
    assert found.way == ("send", "arrive 1", "wait", "send", "wait", "arrive 1")
