"""The verbs: rotate, retire, compromise, and a change of the signing algorithm."""

from __future__ import annotations

import pytest

from reticket.core.policy import DAY, SECOND
from reticket.crypto.key_lifecycle import KeyRefused
from reticket.crypto.ring import OVERLAP, USES

LABEL = "akinon/jwt/refresh"


def id_at(ring, at: int) -> str:
    return ring.snapshot.macs[LABEL].at(at).id.hex()


def test_a_rotation_takes_effect_after_the_overlap(keys) -> None:
    ring = keys.ring()
    old, published = keys.one(ring, "active").id, keys.one(ring, "next").id
    since = keys.clock() + OVERLAP * SECOND
    ring.rotate(("mac",))
    assert keys.states(ring) == ["active", "next", "next"]
    assert id_at(ring, since - 1) == old
    assert id_at(ring, since) == published
    keys.clock.forward(OVERLAP)
    assert keys.states(ring) == ["retiring", "active", "next"]
    assert keys.states(ring, "sign") == ["active", "next"]
    assert keys.one(ring, "retiring").retiring_at == since


def test_both_uses_rotate_unless_one_is_named(keys) -> None:
    ring = keys.ring()
    ring.rotate(overlap=0)
    keys.clock.forward(1)
    for use in USES:
        assert keys.states(ring, use) == ["retiring", "active", "next"]


def test_a_retry_after_a_rotation_gets_the_key_of_its_time(keys) -> None:
    """Design 1: the answer inside the window is made with the key active at `rotated_at`."""
    ring = keys.ring()
    rotated_at = keys.clock()
    mac = ring.snapshot.macs[LABEL].at(rotated_at)
    signature = ring.snapshot.signer_at(rotated_at).sign(b"claims")
    ring.rotate()
    keys.clock.forward(30)
    assert ring.snapshot.macs[LABEL].at(keys.clock()) != mac
    assert ring.snapshot.macs[LABEL].at(rotated_at) == mac
    assert ring.snapshot.signer_at(rotated_at).sign(b"claims") == signature
    again = keys.ring()
    assert again.snapshot.macs[LABEL].at(rotated_at) == mac
    assert again.snapshot.signer_at(rotated_at).sign(b"claims") == signature


def test_tokens_of_a_retiring_key_are_still_accepted(keys) -> None:
    ring = keys.ring()
    mac, kid = ring.snapshot.macs[LABEL].at(keys.clock()), ring.snapshot.signer_at(keys.clock()).kid
    ring.rotate()
    keys.clock.forward(DAY)
    assert ring.snapshot.macs[LABEL].by_id.get(mac.id) == mac
    assert mac in ring.snapshot.macs[LABEL].likeliest_first
    assert ring.snapshot.verifier(kid) is not None


def test_a_rotation_while_one_is_under_way_begins_after_it(keys) -> None:
    ring = keys.ring()
    now = keys.clock()
    ring.rotate(("mac",), overlap=5)
    ring.rotate(("mac",), overlap=0)
    assert [facts.activates_at for facts in ring.listing() if facts.use == "mac"] == [
        now,
        now + 5 * SECOND,
        now + 5 * SECOND + 1,
        None,
    ]
    keys.clock.forward(6)
    assert keys.states(ring) == ["retiring", "retiring", "active", "next"]
    assert id_at(ring, keys.clock()) == keys.one(ring, "active").id


def test_retired_keys_verify_nothing(keys) -> None:
    ring = keys.ring()
    now = keys.clock()
    mac, kid = ring.snapshot.macs[LABEL].at(now), ring.snapshot.signer_at(now).kid
    ring.rotate()
    keys.clock.forward(60)
    ring.retire(mac.id.hex())
    ring.retire(kid)
    assert ring.snapshot.macs[LABEL].by_id.get(mac.id) is None
    assert mac not in ring.snapshot.macs[LABEL].likeliest_first
    assert ring.snapshot.verifier(kid) is None


def test_the_period_of_an_ended_key_belongs_to_its_successor(keys) -> None:
    ring = keys.ring()
    first = keys.clock()
    old = keys.one(ring, "active").id
    ring.rotate(("mac",), overlap=0)
    keys.clock.forward(60)
    heir = keys.one(ring, "active").id
    ring.retire(old)
    assert id_at(ring, first) == heir


def test_a_retiring_key_never_replaces_a_compromised_one(keys) -> None:
    """Otherwise it would go on signing, and its newest tokens would become invalid when it is
    retired.
    """
    ring = keys.ring()
    ring.rotate(("mac",), overlap=0)
    keys.clock.forward(60)
    rotated_at = keys.clock()
    bad = keys.one(ring, "active").id
    keys.clock.forward(10)
    ring.compromise(bad)
    assert id_at(ring, rotated_at) == keys.one(ring, "active").id


@pytest.mark.parametrize("state", ["active", "next"])
def test_a_signing_or_next_key_is_not_retired(keys, state: str) -> None:
    ring = keys.ring()
    before = keys.rows()
    with pytest.raises(KeyRefused, match=f"is {state}, and only .* retire: rotate first, or"):
        ring.retire(keys.one(ring, state).id)
    assert keys.rows() == before


def test_an_ended_key_never_changes_its_state(keys) -> None:
    ring = keys.ring()
    bad = keys.one(ring, "active").id
    ring.compromise(bad)
    with pytest.raises(KeyRefused, match=f"key {bad} is compromised"):
        ring.retire(bad)
    ring.compromise(bad)
    assert keys.states(ring) == ["compromised", "active", "next"]


@pytest.mark.parametrize("verb", ["retire", "compromise"])
def test_an_unknown_key_is_refused(keys, verb: str) -> None:
    with pytest.raises(KeyRefused, match="there is no key 0000"):
        getattr(keys.ring(), verb)("0000")


@pytest.mark.parametrize("use", USES)
def test_a_compromised_key_is_invalid_at_once_and_its_successor_signs(keys, use: str) -> None:
    ring = keys.ring()
    bad, published = keys.one(ring, "active", use).id, keys.one(ring, "next", use).id
    ring.compromise(bad)
    assert ring.snapshot.macs[LABEL].by_id.get(bytes.fromhex(bad)) is None
    assert ring.snapshot.verifier(bad) is None
    now, snapshot = keys.clock(), ring.snapshot
    signing = id_at(ring, now) if use == "mac" else snapshot.signer_at(now).kid
    assert signing == published
    assert keys.states(ring, use) == ["compromised", "active", "next"]


def test_its_tokens_are_invalid_in_another_process_after_the_next_reload(keys) -> None:
    here, there = keys.ring(), keys.ring()
    bad = keys.one(here, "active").id
    there.compromise(bad)
    here.reload()
    assert here.snapshot.macs[LABEL].by_id.get(bytes.fromhex(bad)) is None
    assert id_at(here, keys.clock()) == id_at(there, keys.clock())


def test_a_compromised_next_key_is_replaced(keys) -> None:
    ring = keys.ring()
    active = keys.one(ring, "active").id
    ring.compromise(keys.one(ring, "next").id)
    assert keys.states(ring) == ["active", "compromised", "next"]
    assert id_at(ring, keys.clock()) == active


def test_a_compromised_retiring_key_changes_no_other(keys) -> None:
    ring = keys.ring()
    ring.rotate(("mac",), overlap=0)
    keys.clock.forward(1)
    active = keys.one(ring, "active")
    ring.compromise(keys.one(ring, "retiring").id)
    assert keys.states(ring) == ["compromised", "active", "next"]
    assert keys.one(ring, "active") == active


def test_a_compromise_during_a_rotation_completes_it_at_once(keys) -> None:
    ring = keys.ring()
    bad = keys.one(ring, "active").id
    ring.rotate(("mac",))
    ring.compromise(bad)
    for _ in range(2):
        assert keys.states(ring) == ["compromised", "active", "next"]
        assert id_at(ring, keys.clock()) == keys.one(ring, "active").id
        keys.clock.forward(2 * OVERLAP)


def test_when_the_next_key_is_compromised_during_a_rotation_its_successor_signs(keys) -> None:
    ring = keys.ring()
    ring.rotate(("mac",))
    pending = next(facts for facts in ring.listing() if facts.state == "next").id
    ring.compromise(pending)
    keys.clock.forward(OVERLAP)
    assert keys.states(ring) == ["retiring", "compromised", "active", "next"]
    assert id_at(ring, keys.clock()) == keys.one(ring, "active").id


def test_a_retiring_key_retires_when_its_last_token_has_ended(keys) -> None:
    ring = keys.ring()
    retiring = {use: keys.one(ring, "active", use).id for use in USES}
    ring.rotate(overlap=0)
    keys.clock.forward(14 * DAY)
    assert ring.retire_due(14 * DAY) == []
    assert keys.states(ring) == ["retiring", "active", "next"]
    keys.clock.forward(1)
    assert sorted(ring.retire_due(14 * DAY)) == sorted(retiring.values())
    assert keys.states(ring) == ["retired", "active", "next"]
    assert ring.snapshot.macs[LABEL].by_id.get(bytes.fromhex(retiring["mac"])) is None
    writes = keys.store.writes
    assert ring.retire_due(14 * DAY) == []
    assert keys.store.writes == writes


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
def test_another_algorithm_in_the_settings_rotates_to_it(keys, algorithm: str) -> None:
    old = keys.ring()
    signed = old.snapshot.signer_at(keys.clock())
    signature = signed.sign(b"claims")
    ring = keys.ring(algorithm)
    assert ring.snapshot.signer_at(keys.clock()).algorithm == "ES256"
    keys.clock.forward(OVERLAP)
    assert ring.snapshot.signer_at(keys.clock()).algorithm == algorithm
    assert ring.snapshot.verifier(signed.kid).verify(signature, b"claims")
    assert keys.one(ring, "next", "sign").algorithm == algorithm
    assert keys.states(ring, "mac") == ["active", "next"]
    writes = keys.store.writes
    keys.ring(algorithm)
    assert keys.store.writes == writes


def test_the_algorithm_changes_there_and_back(keys) -> None:
    for algorithm in ("ES256", "EdDSA", "ES256"):
        ring = keys.ring(algorithm)
        keys.clock.forward(OVERLAP)
        assert ring.snapshot.signer_at(keys.clock()).algorithm == algorithm


def test_two_processes_change_the_algorithm_once(keys, together) -> None:
    keys.ring()
    together([lambda: keys.ring("EdDSA")] * 4)
    keys.clock.forward(OVERLAP)
    ring = keys.ring("EdDSA")
    assert ring.snapshot.signer_at(keys.clock()).algorithm == "EdDSA"
    assert keys.states(ring, "sign").count("active") == 1


def test_a_listing_has_facts_and_no_secrets(keys) -> None:
    listing = keys.ring().listing()
    assert [(facts.use, facts.state) for facts in listing] == [
        (use, state) for use in USES for state in ("active", "next")
    ]
    with pytest.raises(AttributeError):
        listing[0].state = "active"
    assert set(listing[0].__slots__) == {
        "id",
        "use",
        "algorithm",
        "state",
        "created_at",
        "activates_at",
        "retiring_at",
    }


def test_a_key_that_ended_before_its_activation_never_signs(keys) -> None:
    """Otherwise the one that waits would sign in its place, unpublished and unannounced."""
    ring = keys.ring()
    ring.rotate(("mac",), overlap=2)
    first, scheduled, _ = (facts.id for facts in ring.listing() if facts.use == "mac")
    ring.compromise(scheduled)
    ring.compromise(first)
    keys.clock.forward(3)
    active = keys.one(ring, "active").id
    assert ring.snapshot.macs[LABEL].at(keys.clock()).id.hex() == active
    assert keys.states(ring) == ["compromised", "compromised", "active", "next"]


@pytest.mark.parametrize("verb", ["rotate", "retire_due"])
def test_a_key_compromised_by_another_process_stays_compromised(keys, verb) -> None:
    """This process has read the keys before, and writes afterwards."""
    ring = keys.ring()
    ring.rotate(overlap=0)
    keys.clock.forward(DAY)
    whose = "active" if verb == "rotate" else "retiring"
    stolen, update = keys.one(ring, whose).id, keys.store.update

    def late(changed, seen):
        keys.store.update = update
        keys.ring().compromise(stolen)
        return update(changed, seen)

    keys.store.update = late
    ring.rotate(overlap=0) if verb == "rotate" else ring.retire_due(0)
    assert {row.id: row.state for row in keys.rows()}[stolen] == "compromised"
    assert stolen not in {mac.id.hex() for mac in ring.snapshot.macs[LABEL].likeliest_first}
    keys.clock.forward(DAY)
    assert id_at(ring, keys.clock()) in {
        mac.id.hex() for mac in ring.snapshot.macs[LABEL].likeliest_first
    }
