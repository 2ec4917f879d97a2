"""Keys of further algorithms, beside those of the setting."""

from __future__ import annotations

import pytest

from reticket.crypto.key_lifecycle import KeyRefused
from reticket.crypto.ring import OVERLAP, USES

FURTHER = "sign-EdDSA"


def further(keys):
    return [row for row in keys.rows() if row.use == FURTHER]


def test_a_required_algorithm_has_a_key_that_signs_and_a_published_successor(keys) -> None:
    ring = keys.ring()
    ring.require(("EdDSA",))
    assert keys.states(ring, FURTHER) == ["active", "next"]
    assert [row.algorithm for row in further(keys)] == ["EdDSA"] * 2
    assert ring.uses == (*USES, FURTHER)
    published = [each.kid for each in ring.snapshot.verifiers()]
    assert published[2:] == [row.id for row in further(keys)]


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_every_algorithm_can_be_required(keys, algorithm) -> None:
    ring = keys.ring()
    ring.require((algorithm,))
    signer = ring.snapshot.signer_for(algorithm, keys.clock())
    assert signer.algorithm == algorithm
    assert ring.snapshot.verifier(signer.kid).verify(signer.sign(b"claims"), b"claims")


def test_each_key_is_told_of_once_by_the_process_that_stored_it(keys) -> None:
    told = []
    ring = keys.ring(made=told.append)
    ring.require(("EdDSA",))
    keys.ring(made=told.append).require(("EdDSA",))
    assert [(each.use, each.algorithm) for each in told[-2:]] == [(FURTHER, "EdDSA")] * 2
    assert sorted(each.id for each in told) == sorted(row.id for row in keys.rows())


def test_the_algorithm_of_the_setting_needs_no_further_keys(keys) -> None:
    ring = keys.ring("EdDSA")
    writes = keys.store.writes
    ring.require(("EdDSA",))
    now = keys.clock()
    assert ring.signer_for("EdDSA", now) == ring.snapshot.signer_at(now)
    assert keys.store.writes == writes


def test_a_second_requirement_writes_nothing(keys) -> None:
    ring = keys.ring()
    ring.require(("EdDSA",))
    writes = keys.store.writes
    ring.require(("EdDSA",))
    keys.ring().require(("EdDSA",))
    assert keys.store.writes == writes


def test_no_other_key_signs_in_place_of_a_missing_one(keys) -> None:
    assert keys.ring().snapshot.signer_for("EdDSA", keys.clock()) is None


def test_a_missing_key_is_created_when_something_must_be_signed(keys) -> None:
    ring = keys.ring()
    signer = ring.signer_for("EdDSA", keys.clock())
    assert signer.kid == keys.one(ring, "active", FURTHER).id
    assert keys.states(ring, FURTHER) == ["active", "next"]


def test_a_key_of_another_process_is_used_and_not_made_again(keys) -> None:
    here, there = keys.ring(), keys.ring()
    there.require(("EdDSA",))
    now = keys.clock()
    assert here.signer_for("EdDSA", now).kid == there.signer_for("EdDSA", now).kid
    assert len(further(keys)) == 2


def test_parallel_requirements_agree_on_one_key(keys, together) -> None:
    rings = [keys.ring() for _ in range(4)]
    together([lambda ring=ring: ring.require(("EdDSA",)) for ring in rings])
    now = keys.clock()
    assert len({ring.signer_for("EdDSA", now).kid for ring in rings}) == 1
    assert [row.sequence for row in further(keys)] == [1, 2]


def test_a_successor_that_a_crash_left_out_is_made_at_the_next_start(keys) -> None:
    keys.ring().require(("EdDSA",))
    del keys.store.rows[further(keys)[1].id]
    assert keys.states(keys.ring(), FURTHER) == ["active", "next"]


def test_a_rotation_rotates_what_is_there(keys) -> None:
    ring = keys.ring()
    assert ring.rotate() == USES
    ring.require(("EdDSA",))
    assert ring.rotate() == (*USES, FURTHER)
    keys.clock.forward(OVERLAP)
    assert keys.states(ring, FURTHER) == ["retiring", "active", "next"]


def test_a_rotation_of_one_use_leaves_the_others(keys) -> None:
    ring = keys.ring()
    ring.require(("EdDSA",))
    assert ring.rotate((FURTHER,)) == (FURTHER,)
    keys.clock.forward(OVERLAP)
    assert keys.states(ring, FURTHER) == ["retiring", "active", "next"]
    assert keys.states(ring, "sign") == ["active", "next"]


def test_a_use_without_keys_is_not_rotated_nor_are_those_beside_it(keys) -> None:
    ring = keys.ring()
    before = keys.rows()
    with pytest.raises(KeyRefused, match=FURTHER):
        ring.rotate(("mac", FURTHER))
    assert keys.rows() == before


def test_a_past_time_keeps_its_key(keys) -> None:
    ring = keys.ring()
    ring.require(("EdDSA",))
    at = keys.clock()
    signature = ring.signer_for("EdDSA", at).sign(b"claims")
    ring.rotate()
    keys.clock.forward(OVERLAP)
    assert ring.signer_for("EdDSA", at).sign(b"claims") == signature
    assert ring.signer_for("EdDSA", keys.clock()).sign(b"claims") != signature


def test_a_compromised_key_signs_and_proves_nothing_more(keys) -> None:
    ring = keys.ring()
    ring.require(("EdDSA",))
    stolen = keys.one(ring, "active", FURTHER).id
    ring.compromise(stolen)
    assert ring.signer_for("EdDSA", keys.clock()).kid == keys.one(ring, "active", FURTHER).id
    assert stolen not in [each.kid for each in ring.snapshot.verifiers()]
    assert ring.snapshot.verifier(stolen) is None


def test_a_replaced_key_retires_when_its_tokens_have_ended(keys) -> None:
    ring = keys.ring()
    ring.require(("EdDSA",))
    first = keys.one(ring, "active", FURTHER).id
    ring.rotate((FURTHER,), overlap=0)
    keys.clock.forward(11)
    assert ring.retire_due(10) == [first]


def test_another_algorithm_in_the_settings_leaves_no_time_without_a_key(keys) -> None:
    """The old setting becomes a further algorithm; the new one has signed as a further one."""
    keys.ring("ES256").require(("EdDSA",))
    ring = keys.ring("EdDSA")
    ring.require(("ES256", "EdDSA"))
    for _ in range(2):
        now = keys.clock()
        for algorithm in ("ES256", "EdDSA"):
            assert ring.snapshot.signer_for(algorithm, now).algorithm == algorithm
        keys.clock.forward(OVERLAP)
    assert ring.signer_for("EdDSA", now) == ring.snapshot.signer_at(now)
