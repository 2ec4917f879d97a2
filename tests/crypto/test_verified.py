"""The record of verified application secrets (ADR 0004)."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.access import sign_in
from reticket.crypto.verified import VerifiedSecrets

TRIPLE = ("app", "$argon2id$hash", "presented-secret")


def test_only_remembered_secrets_are_known() -> None:
    record: sign_in.VerifiedSecrets = VerifiedSecrets(os.urandom)
    assert not record.knows(*TRIPLE)
    record.remember(*TRIPLE)
    assert record.knows(*TRIPLE)


@pytest.mark.parametrize("place", range(3))
def test_another_application_hash_or_secret_is_not_known(place: int) -> None:
    record = VerifiedSecrets(os.urandom)
    record.remember(*TRIPLE)
    other = [part + "x" if at == place else part for at, part in enumerate(TRIPLE)]
    assert not record.knows(*other)


texts = st.text(st.characters(), max_size=8)


@given(first=st.tuples(texts, texts, texts), second=st.tuples(texts, texts, texts))
def test_the_parts_of_a_digest_are_separated(first, second) -> None:
    record = VerifiedSecrets(os.urandom)
    record.remember(*first)
    assert record.knows(*second) == (first == second)


def test_moving_a_character_between_parts_is_another_secret() -> None:
    record = VerifiedSecrets(os.urandom)
    record.remember("ab", "c", "d")
    assert not record.knows("a", "bc", "d")
    assert not record.knows("ab", "", "cd")


def test_the_least_recently_used_secret_is_removed_first() -> None:
    record = VerifiedSecrets(os.urandom, kept=3)
    for secret in "abc":
        record.remember("app", "hash", secret)
    assert record.knows("app", "hash", "a")
    record.remember("app", "hash", "b")
    record.remember("app", "hash", "d")
    assert [record.knows("app", "hash", secret) for secret in "abcd"] == [True, True, False, True]


def test_it_never_exceeds_its_limit(together) -> None:
    record = VerifiedSecrets(os.urandom, kept=50)

    def work(name: str) -> None:
        for number in range(300):
            record.remember(name, "hash", str(number))
            record.knows(name, "hash", str(number - 1))

    together([lambda name=name: work(name) for name in "abcd"])
    known = [record.knows(name, "hash", str(n)) for name in "abcd" for n in range(300)]
    assert sum(known) == 50


def test_the_digests_of_one_process_match_nothing_in_another() -> None:
    here, there = VerifiedSecrets(os.urandom), VerifiedSecrets(os.urandom)
    here.remember(*TRIPLE)
    there._digests = here._digests
    assert not there.knows(*TRIPLE)


def test_no_secret_is_kept() -> None:
    record = VerifiedSecrets(os.urandom)
    secret = "".join(["kept", "-", "nowhere"])
    record.remember("app", "hash", secret)
    held = [
        one for one in gc.get_referents(record, record._digests) if isinstance(one, str | bytes)
    ]
    assert held
    assert not [one for one in held if secret in (one if isinstance(one, str) else repr(one))]
