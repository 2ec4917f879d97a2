"""Two diverged copies of a family join, in any order and number; a revocation stays."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from tests.core.test_rotation import NOW, ROW

from reticket.core.sessions.rotation import merge

COPIES = st.builds(
    ROW._replace,
    generation=st.integers(8, 11),
    floor=st.integers(5, 7),
    parent=st.integers(3, 5),
    open_from=st.integers(3, 5),
    rotated_at=st.integers(NOW - 2, NOW),
    expires_at=st.integers(NOW, NOW + 2),
    context=st.sampled_from([None, "1000", "1001"]),
    revoked_at=st.sampled_from([None, NOW - 1, NOW]),
    revoked_cause=st.sampled_from(["reuse", "operator"]),
).map(lambda row: row._replace(revoked_cause=row.revoked_at and row.revoked_cause))


@given(COPIES)
def test_merging_the_same_copy_again_changes_nothing(one):
    assert merge(one, one) == one


@given(COPIES, COPIES, COPIES)
def test_the_order_of_a_merge_does_not_matter(one, two, three):
    joined = {merge(merge(a, b), c) for a, b, c in permutations((one, two, three))}
    joined |= {merge(a, merge(b, c)) for a, b, c in permutations((one, two, three))}
    assert len(joined) == 1


@given(COPIES, COPIES)
def test_the_greater_generation_wins_and_a_revocation_stays(one, two):
    joined = merge(one, two)
    assert joined.generation == max(one.generation, two.generation)
    assert (joined.revoked_at is None) == (one.revoked_at is None and two.revoked_at is None)
    newest = max(one, two, key=lambda copy: (copy.generation, copy.rotated_at))
    assert (joined.generation, joined.rotated_at) == (newest.generation, newest.rotated_at)


def test_the_earlier_revocation_is_kept():
    first = ROW._replace(generation=9, revoked_at=NOW - 1, revoked_cause="sign_out")
    later = ROW._replace(generation=10, revoked_at=NOW, revoked_cause="operator")
    for joined in (merge(first, later), merge(later, first)):
        assert (joined.generation, joined.revoked_at, joined.revoked_cause) == (
            10, NOW - 1, "sign_out",
        )  # fmt: skip


def test_copies_that_differ_only_in_the_context_merge_in_either_order():
    bare, one, two = (ROW._replace(context=each) for each in (None, "1000", "1001"))
    assert merge(bare, one) == merge(one, bare) == one
    assert merge(one, two) == merge(two, one) == two
