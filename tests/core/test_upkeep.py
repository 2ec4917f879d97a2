"""Background work: intents end families, and expired data are removed."""

from dataclasses import replace

import pytest
from tests.core.outbox import Outbox
from tests.core.world import ADA, Audit

from reticket.core.errors import Unavailable
from reticket.core.logouts import UNTOLD
from reticket.core.model import Family, Selection
from reticket.core.ports import Intent
from reticket.core.storage import pace
from reticket.core.storage import upkeep as upkeep_module
from reticket.core.storage.upkeep import USER_BLOCKED, Upkeep
from reticket.stores.memory import MemoryEphemeral, MemoryStore
from reticket.testing import FakeClock

BOB = "b" * 32


class Directory:
    """Intents that are seen after a catch-up."""

    def __init__(self):
        self.written, self.waiting = [], []
        self.logouts = Outbox()

    def write(self, **selection):
        self.written.append(Intent(len(self.written), Selection(**selection), "disabled"))

    def catch_up_now(self):
        self.waiting = list(self.written)

    def intents(self):
        return tuple(self.waiting)

    def settle(self, intent):
        self.written.remove(intent)


class OpenedService:
    def __init__(self):
        self.clock = FakeClock()
        self.store, self.ephemeral = MemoryStore(self.clock), MemoryEphemeral(self.clock)
        self.directory, self.audit = Directory(), Audit()
        self.upkeep = Upkeep(self.store, self.ephemeral, self.directory, self.audit)

    def family(self, number, subject=ADA.id, lives=100, context=None, kind="test"):
        """A family whose newest token dies in that many seconds."""
        now = self.clock()
        family = Family(
            id=number.to_bytes(16, "big"), resource=kind, subject=subject, client=None,
            context=context, scope=None, policy="TEST", ends_at=now + 10**9,
            expires_at=now + lives * 1000, generation=1, parent=0, floor=0, open_from=1,
            rotated_at=now,
        )  # fmt: skip
        self.store.create([family])
        return family

    def left(self):
        """The causes by number of family; None for those that live."""
        families = self.store.page(Selection(), 10_000).families
        return {int.from_bytes(family.id, "big"): family.revoked_cause for family in families}


@pytest.fixture
def instance():
    return OpenedService()


def test_an_intent_ends_what_it_selects_and_is_settled(instance):
    instance.family(1)
    instance.family(2, BOB)
    instance.directory.write(subject=ADA.id)
    assert instance.upkeep.apply_intents() == 1
    assert instance.left() == {1: "disabled", 2: None}
    assert (instance.directory.written, instance.upkeep.apply_intents()) == ([], 0)


def test_families_that_outlive_a_block_go_on_and_no_other_cause_spares_them(instance):
    upkeep = Upkeep(
        instance.store, instance.ephemeral, instance.directory, instance.audit,
        outliving={"drive"},
    )  # fmt: skip
    for number, kind in enumerate(("test", "drive", "other"), 1):
        instance.family(number, kind=kind)
    for cause, left in (
        ("user_disabled", {1: "user_disabled", 2: None, 3: "user_disabled"}),
        ("user_deleted", {1: "user_disabled", 2: "user_deleted", 3: "user_disabled"}),
    ):
        instance.directory.write(subject=ADA.id)
        instance.directory.written[0] = replace(instance.directory.written[0], cause=cause)
        assert upkeep.apply_intents() == 1
        assert instance.left() == left


def test_a_blocked_person_may_have_more_families_than_are_read_at_once(instance, monkeypatch):
    monkeypatch.setattr(upkeep_module, "PAGE", 2)
    upkeep = Upkeep(
        instance.store, instance.ephemeral, instance.directory, instance.audit,
        outliving={"drive"},
    )  # fmt: skip
    for number in range(1, 6):
        instance.family(number, kind="drive" if number < 5 else "test")
    instance.directory.write(subject=ADA.id)
    instance.directory.written[0] = replace(instance.directory.written[0], cause="user_disabled")
    upkeep.apply_intents()
    assert instance.left() == {1: None, 2: None, 3: None, 4: None, 5: "user_disabled"}


def test_intents_are_applied_in_their_order(instance):
    instance.family(1, context="1000")
    instance.directory.write(subject=ADA.id, context="1000")
    instance.directory.write(subject=ADA.id)
    instance.directory.written[1] = replace(instance.directory.written[1], cause="deleted")
    assert instance.upkeep.apply_intents() == 2
    assert instance.left() == {1: "disabled"}


def test_an_intent_stays_until_the_store_has_applied_it(instance, monkeypatch):
    instance.family(1)
    instance.directory.write(subject=ADA.id)
    with monkeypatch.context() as broken:
        broken.setattr(instance.store, "revoke", _unavailable)
        with pytest.raises(Unavailable):
            instance.upkeep.apply_intents()
    assert (len(instance.directory.written), instance.left()) == (1, {1: None})
    instance.upkeep.apply_intents()
    assert (instance.directory.written, instance.left()) == ([], {1: "disabled"})


def test_an_intent_is_applied_again_after_a_crash(instance, monkeypatch):
    instance.family(1)
    instance.directory.write(subject=ADA.id)
    with monkeypatch.context() as broken:
        broken.setattr(instance.directory, "settle", _unavailable)
        with pytest.raises(Unavailable):
            instance.upkeep.apply_intents()
    instance.clock.forward(1)
    assert instance.upkeep.apply_intents() == 1
    assert (instance.left(), instance.audit.names) == (
        {1: "disabled"}, ["revocation", "revoked", "revocation"],
    )  # fmt: skip


def test_a_revocation_returns_its_rows_and_is_audited_durably(instance):
    family = instance.family(1, context="1000")
    (ended,) = instance.upkeep.revoke(Selection(subject=ADA.id), "operator")
    assert (ended.id, ended.revoked_at, ended.revoked_cause) == (
        family.id, instance.clock(), "operator",
    )  # fmt: skip
    demanded, event = instance.audit.durable
    assert (event.event, event.family, event.subject, event.context, event.cause) == (
        "revoked", family.id.hex(), ADA.id, "1000", "operator",
    )  # fmt: skip
    assert (demanded.event, demanded.family, demanded.subject, demanded.cause) == (
        "revocation", None, ADA.id, "operator",
    )  # fmt: skip
    assert instance.upkeep.revoke(Selection(subject=ADA.id), "again") == []
    assert instance.audit.names == ["revocation", "revoked", "revocation"]


def test_a_purge_removes_dead_families_and_keeps_all_others(instance):
    for number, lives in enumerate((1, 9, 10, 11)):
        instance.family(number, lives=lives)
    instance.upkeep.revoke(Selection(family=(3).to_bytes(16, "big")), "operator")
    instance.clock.forward(10)
    assert instance.upkeep.purge() == 2
    assert instance.left() == {2: None, 3: "operator"}
    assert instance.upkeep.purge() == 0


def test_a_purge_works_in_small_batches_until_it_is_complete(instance, monkeypatch):
    monkeypatch.setattr(pace, "BATCH", 2)
    asked, expire = [], instance.store.expire
    monkeypatch.setattr(instance.store, "expire", lambda *call: asked.append(call) or expire(*call))
    for number in range(5):
        instance.family(number, lives=1)
        instance.ephemeral.put_if_absent(f"key:{number}", 1)
    instance.clock.forward(2)
    assert instance.upkeep.purge() == 5
    assert {limit for _, limit in asked} == {2}
    assert instance.upkeep.sweep() == 0
    assert (instance.left(), instance.ephemeral.sweep(10)) == ({}, 0)


def test_a_sweep_removes_exactly_the_expired_entries(instance, monkeypatch):
    monkeypatch.setattr(pace, "BATCH", 2)
    for number in range(5):
        instance.ephemeral.put_if_absent(f"key:{number}", 1)
    instance.ephemeral.put_if_absent("stays", 10)
    instance.clock.forward(2)
    assert instance.upkeep.sweep() == 5
    assert instance.ephemeral.peek("stays") == ""


def _unavailable(*call):
    raise Unavailable("no disk")


class Ledger(Outbox):
    """Writes into a list what is marked, beside what the store revokes."""

    def __init__(self, store):
        super().__init__()
        self.lines, self._revoke = [], store.revoke
        store.revoke = self._revoked

    def _revoked(self, selection, cause):
        self.lines.append("revoked")
        return self._revoke(selection, cause)

    def mark(self, selection, at):
        super().mark(selection, at)
        self.lines.append(selection)

    def mark_families(self, families, at):
        super().mark_families(families, at)
        self.lines.append(list(families))


@pytest.fixture
def ledger(instance):
    instance.directory.logouts = Ledger(instance.store)
    return instance.directory.logouts


def test_clients_are_marked_before_an_end_and_once_more_afterwards(instance, ledger):
    family = instance.family(1)
    instance.upkeep.revoke(Selection(subject=ADA.id), "operator")
    everybody = Selection(subject=ADA.id)
    assert ledger.lines == [everybody, [], "revoked", everybody, [family.id]]


def test_a_selection_that_no_mark_can_follow_marks_what_it_has_ended(instance, ledger):
    family = instance.family(1, context="1000")
    instance.upkeep.revoke(Selection(context="1000"), "operator")
    assert ledger.lines == [[], "revoked", [family.id]]


@pytest.mark.parametrize("cause", sorted(UNTOLD))
def test_an_end_that_clients_are_not_told_of_marks_nothing(instance, ledger, cause):
    instance.family(1)
    instance.upkeep.revoke(Selection(subject=ADA.id), cause)
    assert ledger.lines == ["revoked"]


def test_a_failing_directory_is_told_of_after_the_end(instance, ledger):
    instance.family(1)
    ledger.fails = Unavailable("the directory is away")
    with pytest.raises(Unavailable, match="away"):
        instance.upkeep.revoke(Selection(subject=ADA.id), "operator")
    assert instance.left() == {1: "operator"}
    assert "revocation" in instance.audit.names


def test_an_intent_whose_clients_cannot_be_marked_is_tried_again(instance, ledger):
    instance.family(1)
    ledger.fails = Unavailable("the directory is away")
    instance.directory.write(subject=ADA.id)
    with pytest.raises(Unavailable):
        instance.upkeep.apply_intents()
    assert (instance.left(), len(instance.directory.written)) == ({1: "disabled"}, 1)
    ledger.fails = None
    assert instance.upkeep.apply_intents() == 1
    assert ledger.lines[-2:] == [Selection(subject=ADA.id), []]


class Unadopted:
    """Sessions of another system that have no row yet."""

    def __init__(self, instance):
        self.instance, self.ends, self.fails = instance, [], None

    def kinds(self):
        return ("other", "spared")

    def end(self, selection, cause, at):
        if self.fails:
            raise self.fails
        living = self.instance.store.page(Selection(), 9).families
        self.ends.append((selection, cause, [row.revoked_at is None for row in living]))


@pytest.fixture
def unadopted(instance):
    notes = Unadopted(instance)
    instance.upkeep = Upkeep(
        instance.store,
        instance.ephemeral,
        instance.directory,
        instance.audit,
        outliving=("spared",),
        unadopted=notes,
    )
    return notes


def test_an_end_is_noted_for_sessions_without_a_row_before_the_others_end(instance, unadopted):
    instance.family(1)
    chosen = Selection(subject=ADA.id)
    instance.upkeep.revoke(chosen, "operator")
    assert unadopted.ends == [(chosen, "operator", [True])]


def test_an_end_that_cannot_be_noted_is_told_of_after_the_end(instance, unadopted):
    row = instance.family(1)
    unadopted.fails = Unavailable("the directory is away")
    with pytest.raises(Unavailable):
        instance.upkeep.revoke(Selection(subject=ADA.id), "operator")
    assert instance.store.find(row.id).revoked_cause == "operator"


def test_the_block_of_a_person_ends_sessions_without_a_row_but_those_that_outlive_it(
    instance, unadopted
):
    instance.directory.write(subject=ADA.id)
    instance.directory.written[0] = replace(instance.directory.written[0], cause=USER_BLOCKED)
    instance.upkeep.apply_intents()
    assert [selection.resource for selection, *_ in unadopted.ends] == ["other"]
