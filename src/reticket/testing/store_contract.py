"""The contract that every engine of families must pass; no engine may skip a test.

Subclass `StoreContract`, give `open_store`, and let pytest collect the subclass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reticket.core.errors import Unavailable
from reticket.core.model import Family, Outcome, RefreshToken, Selection
from reticket.core.policy import DAY, Policy, Reuse
from reticket.core.ports import ROW_LOCKED, Clock, Step, StepResult, Store
from reticket.core.sessions.rotation import decide, merge, revoked
from reticket.testing.clock import START, FakeClock
from reticket.testing.threads import THREADS, at_once
from reticket.testing.waiting import until

TOLERANT = Policy("TOLERANT", 3600, 14 * DAY, 365 * DAY, 60, Reuse.TOLERATE)
INT64 = st.integers(0, 2**63 - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
SUBJECT = st.one_of(TEXT, HEX, HEX.map(str.upper))
MAYBE = st.one_of(st.none(), TEXT)


def family_of(number: int, **changes: Any) -> Family:
    """A young family; ids ascend with the number, as real ones do with time."""
    young = Family(
        id=(START + number).to_bytes(6, "big") + b"\x70" + number.to_bytes(9, "big"),
        resource="shop.admin",
        subject=f"{number:032x}",
        client=None,
        context="1000",
        scope=None,
        policy=TOLERANT.name,
        ends_at=START + 10**10,
        expires_at=START + 10**9,
        generation=1,
        parent=0,
        floor=0,
        open_from=1,
        rotated_at=START,
        device="a browser of today",
    )
    return young._replace(**changes)


FAMILIES = st.builds(
    Family,
    id=st.binary(min_size=16, max_size=16),
    resource=TEXT,
    subject=SUBJECT,
    client=MAYBE,
    context=MAYBE,
    scope=MAYBE,
    policy=TEXT,
    ends_at=INT64,
    expires_at=INT64,
    generation=INT64,
    parent=INT64,
    floor=INT64,
    open_from=INT64,
    rotated_at=INT64,
    previous_sign_in=st.one_of(st.none(), INT64),
    device=MAYBE,
    revoked_at=st.one_of(st.none(), INT64),
    revoked_cause=MAYBE,
    terms=MAYBE,
)


class Presenting:
    """The step of a refresh with a token of a generation that never expires."""

    def __init__(self, family: bytes, generation: int) -> None:
        self.token = RefreshToken(family, generation, None, START, 2**52)

    def __call__(self, row: Family | None, now: int) -> StepResult[tuple[Outcome, int]]:
        decision = decide(row, self.token, now, TOLERANT)
        reached = decision.row.generation if decision.row else 0
        return (decision.row, (decision.outcome, reached))


def until_unlocked(store: Store, batch: Sequence[tuple[bytes, Step[Any]]]) -> Sequence[Any]:
    """The results of a batch; locked families are tried again until they are free."""
    results: list[Any] = [ROW_LOCKED] * len(batch)

    def asked() -> bool:
        held = [index for index, result in enumerate(results) if result is ROW_LOCKED]
        for index, result in zip(held, store.transact([batch[i] for i in held]), strict=True):
            results[index] = result
        return ROW_LOCKED not in results

    until(asked, "the end of what is held")
    return results


def failing(row: Family | None, now: int) -> StepResult[None]:
    """A step with a defect."""
    raise ZeroDivisionError


class StoreContract:
    """The promises of `core.ports.Store`."""

    def open_store(self, folder: Path, clock: Clock) -> Store:
        """Open the store of that folder; after a close, a second call opens the same one again.
        An engine that stores nothing in a folder uses the folder's name to find its data.
        """
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def reopen(self, tmp_path: Path, clock: FakeClock) -> Callable[[], Store]:
        return lambda: self.open_store(tmp_path, clock)

    @pytest.fixture
    def store(self, reopen: Callable[[], Store]) -> Iterator[Store]:
        opened = reopen()
        yield opened
        opened.close()

    def test_parallel_refreshes_of_one_token_get_one_successor(self, store: Store) -> None:
        family = family_of(1)
        store.create([family])
        batch = [(family.id, Presenting(family.id, 1))]
        results = [
            result for (result,) in at_once([lambda: until_unlocked(store, batch)] * THREADS)
        ]
        assert {generation for _, generation in results} == {2}
        assert sum(outcome is Outcome.ADVANCED for outcome, _ in results) == 1

    def test_the_second_step_of_a_family_sees_the_first(self, store: Store) -> None:
        family = family_of(1)
        store.create([family])
        steps = [(family.id, Presenting(family.id, generation)) for generation in (1, 2, 3)]
        results = store.transact(steps)
        assert results == [(Outcome.ADVANCED, generation) for generation in (2, 3, 4)]
        found = store.find(family.id)
        assert found is not None
        assert (found.generation, found.parent, found.floor) == (4, 3, 3)

    def test_results_come_in_order(self, store: Store) -> None:
        families = [family_of(number) for number in range(20)]
        store.create(families)

        def name(row: Family | None, now: int) -> StepResult[str]:
            return (row, row.subject if row else "")

        shuffled = families[::-1] + families[:3]
        results = store.transact([(family.id, name) for family in shuffled])
        assert results == [family.subject for family in shuffled]

    def test_steps_get_the_clock_of_the_engine(self, store: Store) -> None:
        results = store.transact([(bytes(16), lambda row, now: (row, now))])
        assert abs(results[0] - store.now()) < 60_000

    def test_absence_is_seen_and_stays(self, store: Store) -> None:
        results = store.transact([(bytes(16), Presenting(bytes(16), 1))])
        assert results == [(Outcome.UNKNOWN, 0)]
        assert store.find(bytes(16)) is None

    def test_a_step_that_raises_leaves_nothing(self, store: Store) -> None:
        one, other = family_of(1), family_of(2)
        store.create([one, other])
        with pytest.raises(ZeroDivisionError):
            store.transact([(one.id, Presenting(one.id, 1)), (other.id, failing)])
        assert store.find(one.id) == one
        assert until_unlocked(store, [(one.id, Presenting(one.id, 1))]) == [(Outcome.ADVANCED, 2)]

    def test_a_new_word_in_a_failed_batch_is_no_trap(self, store: Store) -> None:
        one = family_of(1)
        store.create([one])

        def renamed(row: Family | None, now: int) -> StepResult[None]:
            return (row and row._replace(context="a new word"), None)

        with pytest.raises(ZeroDivisionError):
            store.transact([(one.id, renamed), (one.id, failing)])
        until_unlocked(store, [(one.id, renamed)])
        assert store.find(one.id) == one._replace(context="a new word")

    def test_an_id_is_created_once(self, store: Store) -> None:
        one, other = family_of(1), family_of(2)
        store.create([one])
        with pytest.raises(KeyError):
            store.create([other, one._replace(subject="somebody else")])
        assert store.find(one.id) == one
        assert store.find(other.id) is None

    def test_every_column_of_a_key_is_read_back(self, store: Store) -> None:
        @given(family=FAMILIES)
        @settings(max_examples=150, deadline=None)
        def comes_back(family: Family) -> None:
            store.expire(2**63 - 1, 1000)
            assume(store.find(family.id) is None)
            store.create([family])
            found = store.find(family.id)
            assert found == family
            assert [type(value) for value in found] == [type(value) for value in family]

        comes_back()

    def test_every_change_of_a_row_is_kept(self, store: Store) -> None:
        family = family_of(1)
        store.create([family])
        changed = family._replace(
            context=None,
            expires_at=7,
            generation=9,
            parent=8,
            floor=5,
            open_from=4,
            rotated_at=START + 5,
            revoked_at=START + 6,
            revoked_cause="reuse",
        )
        store.transact([(family.id, lambda row, now: (changed, None))])
        assert store.find(family.id) == changed

    def test_reopening_finds_what_was_acknowledged(
        self, store: Store, reopen: Callable[[], Store]
    ) -> None:
        families = [family_of(number) for number in range(3)]
        store.create(families)
        store.transact([(families[0].id, Presenting(families[0].id, 1))])
        store.revoke(Selection(family=families[1].id), "operator")
        before = [store.find(family.id) for family in families]
        store.close()
        again = reopen()
        assert [again.find(family.id) for family in families] == before
        again.close()

    def test_a_closed_store_is_unavailable(self, store: Store) -> None:
        store.close()
        with pytest.raises(Unavailable):
            store.find(bytes(16))
        with pytest.raises(Unavailable):
            store.transact([(bytes(16), Presenting(bytes(16), 1))])

    @pytest.mark.parametrize(
        ("selection", "expected"),
        [
            (Selection(family=family_of(3).id), {3}),
            (Selection(subject="ada"), {1, 2, 3}),
            (Selection(subject="ada", context="1000"), {1, 3}),
            (Selection(subject="ada", resource="shop.admin", context="1000"), {1}),
            (Selection(resource="drive.user"), {5}),
            (Selection(client="spa"), {5}),
            (Selection(subject="nobody"), set()),
            (Selection(context="never heard of"), set()),
            (Selection(), {1, 2, 3, 4, 5}),
        ],
    )
    def test_revocation_ends_what_is_selected(
        self, store: Store, selection: Selection, expected: set[int]
    ) -> None:
        families = {family.id: number for number, family in self._crowd(store).items()}
        ended = store.revoke(selection, "operator")
        assert {families[family.id] for family in ended} == expected
        for key, number in families.items():
            found = store.find(key)
            assert found is not None
            assert (found.revoked_cause == "operator") is (number in expected)
        assert list(store.revoke(selection, "again")) == []

    @pytest.mark.parametrize("limit", [1, 2, 5, 100])
    def test_pages_are_complete_and_in_order(self, store: Store, limit: int) -> None:
        crowd = self._crowd(store)
        seen: list[Family] = []
        cursor: bytes | None = None
        for _ in range(10):
            page = store.page(Selection(), limit, cursor)
            assert len(page.families) <= limit
            seen.extend(page.families)
            cursor = page.cursor
            if cursor is None:
                break
        assert seen == [crowd[number] for number in sorted(crowd)]

    def test_a_walk_meets_everybody(self, store: Store) -> None:
        crowd = self._crowd(store)
        store.create([family_of(number) for number in range(100, 2300)])
        met = {family.id: family for batch in store.walk() for family in batch}
        assert len(met) == len(crowd) + 2200
        assert all(met[family.id] == family for family in crowd.values())

    def test_pages_of_a_selection(self, store: Store) -> None:
        crowd = self._crowd(store)
        page = store.page(Selection(subject="ada", resource="shop.admin"), 10)
        assert list(page.families) == [crowd[1], crowd[2]]

    def test_live_pages_leave_out_what_has_ended(self, store: Store) -> None:
        crowd = self._crowd(store)
        store.revoke(Selection(family=crowd[1].id), "operator")
        store.absorb([crowd[2]._replace(generation=2, expires_at=START - 1)])
        store.create([family_of(9, ends_at=START - 1)])
        live = store.page(Selection(live_at=START), 10).families
        assert [family.id for family in live] == [crowd[number].id for number in (3, 4, 5)]

    def test_expiry_deletes_what_has_died_and_nothing_else(self, store: Store) -> None:
        dead = [family_of(number, expires_at=START - 1) for number in range(0, 20, 2)]
        live = [family_of(number, expires_at=START + 1) for number in range(1, 20, 2)]
        store.create(dead + live)
        removed = [store.expire(START, 4) for _ in range(5)]
        assert max(removed) <= 4
        assert sum(removed) == len(dead)
        assert sorted(store.page(Selection(), 100).families, key=lambda row: row.id) == live
        store.create([family_of(0, expires_at=START - 1)])
        assert sum(store.expire(START, 4) for _ in range(3)) == 1

    def test_diverged_copies_merge(self, store: Store) -> None:
        first, second = family_of(1), family_of(2)
        store.create([first])
        ahead = first._replace(generation=5, parent=4, floor=4, rotated_at=START + 9)
        ended = revoked(first._replace(generation=3), START + 3, "reuse")
        for copies in ([ahead], [ended], [ahead, ended], [first, second]):
            store.absorb(copies)
        assert store.find(first.id) == merge(ahead, ended)
        assert store.find(second.id) == second

    def _crowd(self, store: Store) -> dict[int, Family]:
        crowd = {
            1: family_of(1, subject="ada"),
            2: family_of(2, subject="ada", context="1001"),
            3: family_of(3, subject="ada", resource="shop.developer"),
            4: family_of(4, subject="alan"),
            5: family_of(5, subject="alan", resource="drive.user", client="spa"),
        }
        store.create(list(crowd.values()))
        return crowd
