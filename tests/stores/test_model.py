"""Families in any order of events, on every store beside a plain model; and the check checked."""

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from reticket.core.model import Selection
from reticket.core.policy import SECOND
from reticket.core.sessions.rotation import decide, merge, revoked
from reticket.dialects.akinon.user import AKINON_2026
from reticket.stores.memory import MemoryStore
from reticket.stores.sqlite import SqliteStore
from reticket.testing import FakeClock
from reticket.testing.store_contract import Presenting, family_of

NUMBERS = st.integers(0, 3)
KEYS = [family_of(number).id for number in range(4)]


class Strict(Presenting):
    def __call__(self, row, now):
        decision = decide(row, self.token, now, AKINON_2026)
        return (decision.row, decision.outcome)


class Families(RuleBasedStateMachine):
    """The model: a dictionary and the rule itself."""

    open_store = None

    def __init__(self):
        super().__init__()
        self.clock = FakeClock()
        self.store = type(self).open_store(self.clock)
        self.rows = {}

    @rule(number=NUMBERS)
    def sign_in(self, number):
        family = family_of(number, rotated_at=self.clock())
        if family.id not in self.rows:
            self.store.create([family])
            self.rows[family.id] = family

    @rule(batch=st.lists(st.tuples(NUMBERS, st.integers(0, 2), st.booleans()), max_size=6))
    def refresh(self, batch):
        steps, expected = [], []
        for number, age, ahead in batch:
            row = self.rows.get(KEYS[number])
            newest = row.generation if row else 1
            step = Strict(KEYS[number], newest + 2 if ahead else max(1, newest - age))
            after, result = step(row, self.clock())
            if after is not None:
                self.rows[KEYS[number]] = after
            steps.append((KEYS[number], step))
            expected.append(result)
        assert list(self.store.transact(steps)) == expected

    @rule(seconds=st.sampled_from([1, 29, 31, 14 * 86_400]))
    def wait(self, seconds):
        self.clock.forward(seconds)

    @rule(number=NUMBERS)
    def revoke(self, number):
        subject = family_of(number).subject
        ended = self.store.revoke(Selection(subject=subject), "operator")
        row = self.rows.get(KEYS[number])
        live = row is not None and row.revoked_at is None
        assert len(ended) == live
        if row is not None:
            self.rows[row.id] = revoked(row, self.clock(), "operator")

    @rule(number=NUMBERS, ahead=st.integers(-1, 3), ended=st.booleans())
    def absorb_a_diverged_copy(self, number, ahead, ended):
        row = self.rows.get(KEYS[number], family_of(number))
        copy = row._replace(generation=max(1, row.generation + ahead))
        copy = revoked(copy, self.clock(), "elsewhere") if ended else copy
        self.store.absorb([copy])
        self.rows[copy.id] = merge(self.rows.get(copy.id, copy), copy)

    @rule()
    def expire(self):
        now = self.clock()
        dead = [key for key, row in self.rows.items() if row.expires_at < now]
        assert self.store.expire(now, 100) + self.store.expire(now, 100) == len(dead)
        for key in dead:
            del self.rows[key]

    @invariant()
    def the_store_holds_what_the_model_holds(self):
        for key in KEYS:
            assert self.store.find(key) == self.rows.get(key)

    def teardown(self):
        self.store.close()


def run(open_store, examples=60, phases=tuple(Phase)):
    machine = type("Machine", (Families,), {"open_store": staticmethod(open_store)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            phases=phases,
            report_multiple_bugs=False,
        ),
    )


@pytest.fixture
def files(tmp_path):
    numbers = iter(range(1_000_000))
    return lambda: tmp_path / f"{next(numbers)}.sqlite"


def test_the_memory_store_follows_the_model():
    run(MemoryStore)


def test_the_sqlite_store_follows_the_model(files):
    run(lambda clock: SqliteStore(files(), clock), examples=25)


class LosesTheSecondUpdate(MemoryStore):
    """Reads every row before the first step runs."""

    def transact(self, batch):
        rows = {key: self._rows.get(key) for key, _ in batch}
        now = self._clock()
        stepped = [(key, step(rows[key], now)) for key, step in batch]
        self._rows.update((key, after) for key, (after, _) in stepped if after is not None)
        return [result for _, (_, result) in stepped]


class ForgetsRevocations(MemoryStore):
    """Takes the copy with the greater generation as it is."""

    def absorb(self, batch):
        for family in batch:
            present = self._rows.get(family.id, family)
            self._rows[family.id] = max(present, family, key=lambda row: row.generation)


class DeletesTheLiving(MemoryStore):
    def expire(self, before, limit):
        return super().expire(before + 20 * 86_400 * SECOND, limit)


@pytest.mark.parametrize("broken", [LosesTheSecondUpdate, ForgetsRevocations, DeletesTheLiving])
def test_the_model_detects_a_broken_store(broken):
    with pytest.raises(AssertionError):
        run(broken, examples=300, phases=[Phase.generate])
