"""Carrying families between stores, with both in use."""

from reticket.core.model import Selection
from reticket.core.paging import BATCH
from reticket.core.sessions.carry import carry
from reticket.stores.memory import MemoryStore
from reticket.testing import FakeClock
from reticket.testing.store_contract import family_of


def stores():
    clock = FakeClock()
    return clock, MemoryStore(clock), MemoryStore(clock)


def living(clock, number, **changes):
    at = clock()
    return family_of(number)._replace(
        ends_at=at + 10**9, expires_at=at + 10**8, rotated_at=at, **changes
    )


def test_all_active_families_are_copied_and_copying_again_is_harmless():
    clock, old, new = stores()
    families = [living(clock, number) for number in range(BATCH + 5)]
    old.create(families)
    assert carry(old, new) == BATCH + 5
    assert carry(old, new) == BATCH + 5
    assert list(new.page(Selection(), 2 * BATCH).families) == families


def test_the_newer_copy_stays_and_a_revocation_is_copied():
    clock, old, new = stores()
    behind, ended = living(clock, 1), living(clock, 2)
    old.create([behind, ended])
    carry(old, new)
    ahead = behind._replace(generation=7, parent=6, floor=6)
    new.absorb([ahead])
    old.revoke(Selection(family=ended.id), "operator")
    carry(old, new)
    assert new.find(behind.id) == ahead
    assert new.find(ended.id).revoked_cause == "operator"


def test_expired_families_are_not_copied():
    clock, old, new = stores()
    old.create([living(clock, 1)._replace(expires_at=clock())])
    assert carry(old, new) == 0
    assert not new.page(Selection(), 1).families
