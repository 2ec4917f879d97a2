"""Family ids are UUIDv7 (RFC 9562 §5.7): in order of time, and as random as the rest allows."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.identifiers import family_id, next_family_id, read_family_id

NOW = 1_790_000_000_123
TIMES = st.integers(0, 2**48 - 1)
RANDOM = st.binary(min_size=10, max_size=10)


@given(TIMES, RANDOM)
def test_version_variant_and_time_are_where_the_rfc_has_them(now, random):
    read = uuid.UUID(bytes=family_id(now, lambda size: random))
    assert (read.variant, read.version) == (uuid.RFC_4122, 7)
    assert int.from_bytes(read.bytes[:6], "big") == now


@given(st.lists(TIMES, unique=True), st.randoms(use_true_random=False))
def test_ids_are_in_order_of_their_times(times, random):
    ids = {now: family_id(now, random.randbytes) for now in times}
    assert sorted(ids.values()) == [ids[now] for now in sorted(times)]


@pytest.mark.parametrize("bit", range(80))
def test_74_bits_are_random(bit):
    one = family_id(NOW, lambda size: bytes(size))
    other = family_id(NOW, lambda size: (1 << bit).to_bytes(size, "big"))
    taken = bit in (79, 78, 77, 76, 63, 62)
    assert (one == other) is taken


@given(TIMES, RANDOM)
def test_the_next_id_has_the_same_time_and_is_the_same_for_every_caller(now, random):
    family = family_id(now, lambda size: random)
    read = uuid.UUID(bytes=next_family_id(family))
    assert (read.variant, read.version, read.bytes[:6]) == (uuid.RFC_4122, 7, family[:6])
    assert read.bytes != family
    assert next_family_id(family) == read.bytes


@given(RANDOM)
def test_an_id_is_read_with_and_without_hyphens(random):
    family = family_id(NOW, lambda size: random)
    assert read_family_id(family.hex()) == read_family_id(str(uuid.UUID(bytes=family))) == family


@pytest.mark.parametrize("text", ["", "ab" * 15, "ab" * 17, "g" * 32, "ab" * 15 + "a"])
def test_other_text_is_no_id(text):
    with pytest.raises(ValueError, match=r"hex|16 bytes"):
        read_family_id(text)
