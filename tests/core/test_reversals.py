"""A store that fails in the middle of a sign-in shuts nobody out once it is back."""

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
"""More often than any limit of the hall."""


@contextmanager
def failing(hall, *names):
    """The store takes a try, and fails when it is to be given back."""
    whole = {name: getattr(hall.ephemeral, name) for name in names}

    def fail(*words):
        raise Unavailable("a node of the store is down")

    def count_each(windows, add=1):
        return fail() if add < 0 else whole["count_each"](windows, add)

    for name in names:
        setattr(hall.ephemeral, name, count_each if name == "count_each" else fail)
    yield
    for name in names:
        setattr(hall.ephemeral, name, whole[name])


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("names", [("forget",), ("count_each",), ("forget", "count_each")])
def test_attempts_that_failed_in_the_store_never_block_a_correct_password(hall, known, names):
    if known:
        sign_in(hall)
    for _ in range(OFTEN):
        with failing(hall, *names):
            try:
                sign_in(hall)
            except Unavailable:
                continue
    assert sign_in(hall) == ADA


def test_attempts_that_failed_in_the_store_never_block_a_program(hall):
    for _ in range(OFTEN):
        with failing(hall, "count_each"), pytest.raises(Unavailable):
            call(hall)
    assert call(hall)


def test_a_failed_subtraction_is_repeated_later(hall):
    sign_in(hall)
    for _ in range(2):
        with failing(hall, "forget", "count_each"), pytest.raises(Unavailable):
            sign_in(hall)
    with failing(hall, "count_each"), pytest.raises(Unavailable):
        sign_in(hall)
    refusal_of(sign_in, hall, "wrong")
    refusal_of(sign_in, hall, "wrong")
    assert sign_in(hall) == ADA


def test_wrong_passwords_stay_counted_while_the_store_fails(hall):
    sign_in(hall)
    with failing(hall, "forget"):
        for _ in range(3):
            refusal_of(sign_in, hall, "wrong")
    assert refusal_of(sign_in, hall, PASSWORD) == LIMITED


@pytest.mark.parametrize(("seconds", "left"), [(59, 2), (60, 3)])
def test_a_pending_subtraction_ends_with_its_counter(hall, seconds, left):
    owing, guard = (
        PendingReversals(hall.ephemeral, hall.clock),
        FailureCounter("account:ada", FailureLimit(3, 60)),
    )
    with pytest.raises(Unavailable), owing.unless_done([guard]):
        raise Unavailable("the store is down")
    hall.clock.forward(seconds)
    hall.ephemeral.count_each({guard.key: 60}, 3)
    owing.settle([guard])
    assert hall.ephemeral.count_each({guard.key: 60}, 0)[0].total == left


def test_the_number_of_pending_subtractions_is_limited(hall, monkeypatch):
    monkeypatch.setattr(owed, "MOST_PENDING", 8)
    owing = PendingReversals(hall.ephemeral, hall.clock)
    for number in range(OFTEN):
        with (
            pytest.raises(Unavailable),
            owing.unless_done([FailureCounter(f"{number}", FailureLimit(3, 60))]),
        ):
            raise Unavailable("the store is down")
    assert len(owing._debts) == 8
