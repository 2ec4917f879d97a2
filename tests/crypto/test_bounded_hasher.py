"""Hashes are computed on threads of low priority."""

import os
import sys
import threading

import pytest

from reticket.crypto.bounded_hasher import NICE, BoundedHasher


class Hasher:
    """Returns the nice value of its thread instead of a hash."""

    def hash(self, secret):
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def verify(self, secret_hash, secret):
        return (secret_hash, secret) == ("hash", "secret")


@pytest.mark.parametrize("threads", [1, 3])
def test_a_hash_is_computed_on_a_thread_of_low_priority(threads):
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    expected = NICE if sys.platform == "linux" else own
    assert BoundedHasher(Hasher(), threads).hash("secret") == expected
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own


def test_it_returns_what_the_wrapped_hasher_returns():
    hasher = BoundedHasher(Hasher(), 1)
    assert [hasher.verify("hash", said) for said in ("secret", "another")] == [True, False]
