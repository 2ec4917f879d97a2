"""A store failure during a sign-in blocks no caller after the store recovers."""

from contextlib import contextmanager

import pytest
from tests.core.conftest import PASSWORD
from tests.core.test_sign_in import LIMITED, call, refusal_of, sign_in
from tests.core.world import ADA

from reticket.core.access import reversals as owed
from reticket.core.access.failure_limits import FailureCounter, FailureLimit
from reticket.core.access.reversals import PendingReversals
from reticket.core.errors import Unavailable

OFTEN = 20
"""More often than any limit of the harness."""


@contextmanager
def failing(harness, *names):
    """The store takes a try, and fails when it is to be given back."""
    whole = {name: getattr(harness.ephemeral, name) for name in names}

    def fail(*words):
        raise Unavailable("a node of the store is down")

    def count_each(windows, add=1):
        return fail() if add < 0 else whole["count_each"](windows, add)

    for name in names:
        setattr(harness.ephemeral, name, count_each if name == "count_each" else fail)
    yield
    for name in names:
        setattr(harness.ephemeral, name, whole[name])


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("names", [("forget",), ("count_each",), ("forget", "count_each")])
def test_attempts_that_failed_in_the_store_never_block_a_correct_password(harness, known, names):
    if known:
        sign_in(harness)
    for _ in range(OFTEN):
        with failing(harness, *names):
            try:
                sign_in(harness)
            except Unavailable:
                continue
    assert sign_in(harness) == ADA


def test_attempts_that_failed_in_the_store_never_block_a_program(harness):
    for _ in range(OFTEN):
        with failing(harness, "count_each"), pytest.raises(Unavailable):
            call(harness)
    assert call(harness)


def test_a_failed_subtraction_is_repeated_later(harness):
    sign_in(harness)
    for _ in range(2):
        with failing(harness, "forget", "count_each"), pytest.raises(Unavailable):
            sign_in(harness)
    with failing(harness, "count_each"), pytest.raises(Unavailable):
        sign_in(harness)
    refusal_of(sign_in, harness, "wrong")
    refusal_of(sign_in, harness, "wrong")
    assert sign_in(harness) == ADA


def test_wrong_passwords_stay_counted_while_the_store_fails(harness):
    sign_in(harness)
    with failing(harness, "forget"):
        for _ in range(3):
            refusal_of(sign_in, harness, "wrong")
    assert refusal_of(sign_in, harness, PASSWORD) == LIMITED


@pytest.mark.parametrize(("seconds", "left"), [(59, 2), (60, 3)])
def test_a_pending_subtraction_ends_with_its_counter(harness, seconds, left):
    owing, guard = (
        PendingReversals(harness.ephemeral, harness.clock),
        FailureCounter("account:ada", FailureLimit(3, 60)),
    )
    with pytest.raises(Unavailable), owing.retried_on_failure([guard]):
        raise Unavailable("the store is down")
    harness.clock.forward(seconds)
    harness.ephemeral.count_each({guard.key: 60}, 3)
    owing.settle([guard])
    assert harness.ephemeral.count_each({guard.key: 60}, 0)[0].total == left


def test_the_number_of_pending_subtractions_is_limited(harness, monkeypatch):
    monkeypatch.setattr(owed, "MOST_PENDING", 8)
    owing = PendingReversals(harness.ephemeral, harness.clock)
    for number in range(OFTEN):
        with (
            pytest.raises(Unavailable),
            owing.retried_on_failure([FailureCounter(f"{number}", FailureLimit(3, 60))]),
        ):
            raise Unavailable("the store is down")
    assert len(owing._debts) == 8
