"""Rows of the key ring."""

from __future__ import annotations

from dataclasses import replace

from reticket.core.tokens.keys import SealedKey

FIRST = SealedKey("0a0b0c0d", "mac", "HMAC-SHA256", 1, "active", 5, 6, None, b"", b"\0sealed")
SIGNING = SealedKey("ffffffff", "sign", "ES256", 1, "next", 5, None, None, b"public", b"s")


def test_every_column_of_a_key_is_read_back(directory, other):
    retiring = replace(FIRST, id="00000000", sequence=2, retiring_at=9, algorithm="x")
    assert [directory.keys.add(key) for key in (SIGNING, retiring, FIRST)] == [True] * 3
    assert other.keys.keys() == [FIRST, retiring, SIGNING]


def test_one_of_two_parallel_first_keys_is_stored(directory, other):
    assert directory.keys.add(FIRST)
    assert not other.keys.add(replace(FIRST, id="11111111"))
    assert other.keys.keys() == [FIRST]


def test_only_states_and_times_are_updated(directory):
    directory.keys.add(FIRST)
    directory.keys.add(SIGNING)
    changed = replace(FIRST, state="retiring", activates_at=7, retiring_at=8)
    said = [replace(changed, sealed=b"other", public=b"other"), SIGNING]
    assert directory.keys.update(said, [FIRST, SIGNING])
    assert directory.keys.keys() == [changed, SIGNING]


def test_keys_changed_by_another_process_are_not_overwritten(directory, other):
    directory.keys.add(FIRST)
    seen = directory.keys.keys()
    ended = replace(FIRST, state="compromised", retiring_at=9)
    assert other.keys.update([ended], seen)
    assert not directory.keys.update([replace(FIRST, retiring_at=10)], seen)
    assert directory.keys.keys() == [ended]
