"""The key ring: first start, the key of a time, and the keys that still verify."""

from __future__ import annotations

import hmac
import os
import threading
from dataclasses import replace

import pytest

from reticket.core.errors import StartupError
from reticket.core.tokens.keys import KeyRing
from reticket.crypto.ring import Ring
from reticket.crypto.sealing import SealBroken, Sealer, derive
from reticket.testing.waiting import PATIENCE

LABEL = "kibo.adminuser/opaque/refresh"
FIRST_FOUR = [("mac", 1), ("mac", 2), ("sign", 1), ("sign", 2)]


def places(keys) -> list[tuple[str, int]]:
    return [(row.use, row.sequence) for row in keys.rows()]


def test_the_first_start_makes_an_active_key_and_a_next_one_of_each_use(keys) -> None:
    ring: KeyRing = keys.ring()
    assert places(keys) == FIRST_FOUR
    assert keys.states(ring, "mac") == keys.states(ring, "sign") == ["active", "next"]
    assert [row.algorithm for row in keys.rows()] == ["HMAC-SHA256"] * 2 + ["ES256"] * 2
    assert [row.activates_at for row in keys.rows()] == [keys.clock(), None] * 2


def test_the_second_start_writes_nothing_and_has_the_same_keys(keys) -> None:
    first = keys.ring()
    writes = keys.store.writes
    second = keys.ring()
    assert keys.store.writes == writes
    now = keys.clock()
    assert second.snapshot.macs[LABEL].at(now) == first.snapshot.macs[LABEL].at(now)
    signature = first.snapshot.signer_at(now).sign(b"message")
    assert second.snapshot.signer_at(now).sign(b"message") == signature
    assert second.snapshot.verifier(first.snapshot.signer_at(now).kid).verify(signature, b"message")


def test_parallel_first_starts_agree_on_one_ring(keys, together) -> None:
    """Every one sees an empty store first: none goes on before all have looked."""

    class Simultaneous(type(keys.store)):
        def __init__(self, parties: int) -> None:
            super().__init__()
            self.looked = threading.Barrier(parties)
            self.seen = threading.local()

        def keys(self):
            found = super().keys()
            if not hasattr(self.seen, "once"):
                self.seen.once = True
                self.looked.wait(timeout=PATIENCE)
            return found

    keys.store = Simultaneous(4)
    rings: list[Ring] = []
    together([lambda: rings.append(keys.ring())] * 4)
    assert places(keys) == FIRST_FOUR
    now = keys.clock()
    assert len({ring.snapshot.macs[LABEL].at(now).secret for ring in rings}) == 1
    assert len({ring.snapshot.signer_at(now).sign(b"message") for ring in rings}) == 1


def test_repeated_parallel_first_starts_agree_on_one_ring(keys, together) -> None:
    for _ in range(20):
        keys.store = type(keys.store)()
        together([lambda: keys.ring("EdDSA")] * 2)
        assert places(keys) == FIRST_FOUR


def test_keys_missing_after_a_crash_are_created(keys) -> None:
    keys.ring()
    for row in list(keys.rows()):
        if row.sequence == 2 or row.use == "sign":
            del keys.store.rows[row.id]
    assert keys.states(keys.ring(), "sign") == keys.states(keys.ring(), "mac") == ["active", "next"]
    assert places(keys) == FIRST_FOUR


def test_a_wrong_master_key_stops_the_start_and_writes_nothing(keys) -> None:
    keys.ring()
    missing = next(row.id for row in keys.rows() if row.state == "next")
    del keys.store.rows[missing]
    before = keys.rows()
    with pytest.raises(
        StartupError, match="the master key does not decrypt the stored keys"
    ) as said:
        keys.ring(master=b"W" * 32)
    assert "RETICKET_MASTER_KEY" in str(said.value)
    assert "\n" not in str(said.value)
    assert keys.rows() == before


def test_two_master_keys_at_the_first_start_are_not_mixed(keys) -> None:
    """The loser of the first insert must not add keys that the winner cannot open."""
    winner = type(keys.store)()

    class Raced(type(keys.store)):
        def add(self, key):
            if not self.rows:
                self.rows.update(winner.rows)
            return super().add(key)

    keys.ring(store=winner)
    loser = Raced()
    with pytest.raises(StartupError):
        keys.ring(store=loser, master=b"W" * 32)
    keys.ring(store=loser)
    assert loser.rows == winner.rows


def test_a_changed_sealed_key_stops_the_start(keys) -> None:
    keys.ring()
    row = keys.rows()[0]
    keys.store.rows[row.id] = replace(row, sealed=row.sealed[:-1] + bytes([row.sealed[-1] ^ 1]))
    with pytest.raises(StartupError, match=row.id):
        keys.ring()


def test_a_sealed_key_in_the_place_of_another_stops_the_start(keys) -> None:
    keys.ring()
    first, second = keys.rows()[:2]
    keys.store.rows[first.id] = replace(first, sealed=second.sealed)
    with pytest.raises(StartupError, match=first.id):
        keys.ring()


def test_an_ended_key_may_be_unreadable(keys) -> None:
    ring = keys.ring()
    active = keys.one(ring, "active").id
    ring.compromise(active)
    keys.store.rows[active] = replace(keys.store.rows[active], sealed=b"")
    keys.ring()


def test_a_forged_public_part_verifies_nothing(keys) -> None:
    """Write access to the database without the master key must not allow signing."""
    ring = keys.ring()
    real = ring.snapshot.signer_at(keys.clock())
    ring.rotate(("sign",), overlap=0)
    keys.clock.forward(1)
    foreign = ring.snapshot.signer_at(keys.clock())
    row = keys.store.rows[real.kid]
    keys.store.rows[real.kid] = replace(row, public=keys.store.rows[foreign.kid].public)
    verifier = keys.ring().snapshot.verifier(real.kid)
    assert verifier.verify(real.sign(b"message"), b"message")
    assert not verifier.verify(foreign.sign(b"message"), b"message")


def test_each_label_has_its_own_derived_key(keys) -> None:
    ring = keys.ring()
    now = keys.clock()
    labels = ["a.b/opaque/refresh", "a.b/opaque/access", "a.c/opaque/refresh", "a.b/jwt/refresh"]
    made = [ring.snapshot.macs[label].at(now) for label in labels]
    assert len({key.secret for key in made}) == 4
    assert len({key.id for key in made}) == 1
    assert all(len(key.secret) == 32 and len(key.id) == 4 for key in made)


def test_a_derived_key_is_hkdf_of_the_entry_with_its_label(keys) -> None:
    """The derivation must never change, because issued tokens depend on it."""
    ring = keys.ring()
    row = keys.rows()[0]
    secret = Sealer(lambda: b"M" * 32, os.urandom).open(row.sealed, f"ring/mac/{row.id}".encode())
    derived = derive(secret, b"mac/" + LABEL.encode())
    assert ring.snapshot.macs[LABEL].at(keys.clock()).secret == derived


def test_a_mac_key_is_found_by_its_id(keys) -> None:
    ring = keys.ring()
    key = ring.snapshot.macs[LABEL].at(keys.clock())
    assert ring.snapshot.macs[LABEL].by_id.get(key.id) is key
    assert ring.snapshot.macs[LABEL].by_id.get(b"none") is None
    assert ring.snapshot.macs[LABEL].by_id.get(b"") is None
    assert key in ring.snapshot.macs[LABEL].likeliest_first


def test_mac_keys_are_listed_from_the_newest_signing_one_to_the_next_one(keys) -> None:
    ring = keys.ring()
    ring.rotate(("mac",))
    first, second, waiting = (row.id for row in keys.rows() if row.use == "mac")
    assert [key.id.hex() for key in ring.snapshot.macs[LABEL].likeliest_first] == [
        second,
        first,
        waiting,
    ]


def test_a_time_before_the_first_key_has_the_oldest(keys) -> None:
    ring = keys.ring()
    oldest = ring.snapshot.macs[LABEL].at(keys.clock())
    assert ring.snapshot.macs[LABEL].at(0) == oldest
    assert ring.snapshot.signer_at(0).kid == keys.one(ring, "active", "sign").id


def test_a_used_key_id_is_generated_again(keys) -> None:
    ids = iter(b"aabbbcdd")

    def entropy(size: int) -> bytes:
        return bytes([next(ids)] * 4) if size == 4 else os.urandom(size)

    keys.ring("EdDSA", entropy=entropy)
    assert set(keys.store.rows) == {bytes([letter] * 4).hex() for letter in b"abcd"}


def test_another_process_sees_a_change_after_a_reload(keys) -> None:
    here, there = keys.ring(), keys.ring()
    there.rotate(overlap=0)
    keys.clock.forward(1)
    now = keys.clock()
    assert here.snapshot.macs[LABEL].at(now) != there.snapshot.macs[LABEL].at(now)
    here.reload()
    assert here.snapshot.macs[LABEL].at(now) == there.snapshot.macs[LABEL].at(now)
    assert here.snapshot.signer_at(now).kid == there.snapshot.signer_at(now).kid


def test_every_process_knows_a_key_before_it_signs(keys) -> None:
    here, there = keys.ring(), keys.ring()
    there.rotate(overlap=0)
    keys.clock.forward(1)
    token = hmac.digest(there.snapshot.macs[LABEL].at(keys.clock()).secret, b"x", "sha256")
    known = here.snapshot.macs[LABEL].by_id.get(there.snapshot.macs[LABEL].at(keys.clock()).id)
    assert hmac.digest(known.secret, b"x", "sha256") == token
    assert here.snapshot.verifier(there.snapshot.signer_at(keys.clock()).kid) is not None


def test_a_reload_without_a_change_keeps_the_derived_keys(keys) -> None:
    ring = keys.ring()
    key = ring.snapshot.macs[LABEL].at(keys.clock())
    ring.reload()
    assert ring.snapshot.macs[LABEL].at(keys.clock()) is key


def test_readers_never_see_half_a_change(keys, together) -> None:
    """The key that a reader gets as the current one can be found by its id a moment later."""
    ring, done = keys.ring("EdDSA"), threading.Event()

    def write() -> None:
        for _ in range(30):
            ring.rotate(overlap=0)
            keys.clock.forward(1)
        done.set()

    def read() -> None:
        while not done.is_set():
            key = ring.snapshot.macs[LABEL].at(keys.clock())
            assert ring.snapshot.macs[LABEL].by_id.get(key.id).secret == key.secret
            assert ring.snapshot.verifier(ring.snapshot.signer_at(keys.clock()).kid) is not None

    together([write, read, read])


def test_a_key_under_another_master_key_stops_a_reload_and_keeps_the_snapshot(keys) -> None:
    ring = keys.ring()
    before = ring.snapshot.macs[LABEL].at(keys.clock())
    row = keys.rows()[1]
    keys.store.rows[row.id] = replace(row, sealed=b"\0" * 60)
    with pytest.raises(StartupError) as said:
        ring.reload()
    assert not isinstance(said.value, SealBroken)
    assert ring.snapshot.macs[LABEL].at(keys.clock()) == before
