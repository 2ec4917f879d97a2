"""argon2id: matching secrets, other secrets, and input that must raise nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from reticket.core.ports import SecretHasher
from reticket.crypto.passwords import LONGEST_COMPOSED, Argon2Hasher

CHEAP = (1, 8, 1)
HASHER = Argon2Hasher(*CHEAP)
GOOD = HASHER.hash("correct horse")

DAMAGED = [
    "",
    "$",
    "plain",
    "$argon2id$",
    GOOD[:-1],
    GOOD[:40],
    GOOD.replace("argon2id", "argon2xx"),
    GOOD.replace("v=19", "v=99"),
    GOOD.replace("m=8", "m=0"),
    GOOD.replace("m=8", "m=99999999999999999999"),
    GOOD + "é",
    "$2b$12$" + "e" * 53,
]


@settings(max_examples=25, deadline=None)
@given(secret=st.text(st.characters(), max_size=50))
def test_any_text_is_a_secret_that_matches_only_its_own_hash(secret: str) -> None:
    """JSON may carry half a surrogate pair, and a NUL."""
    made = HASHER.hash(secret)
    assert HASHER.verify(made, secret)
    assert not HASHER.verify(made, secret + "x")
    assert not HASHER.verify(GOOD, secret)


@pytest.mark.parametrize("change", [str.lower, str.upper, str.strip, str.title])
def test_a_secret_is_hashed_unchanged(change: Callable[[str], str]) -> None:
    came = " Correct hOrse "
    made = HASHER.hash(came)
    assert HASHER.verify(made, came)
    assert not HASHER.verify(made, change(came))


CAFE = "caf\u00e9 cafe\u0301 \uff11"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_same_characters_are_one_secret_however_they_are_composed(
    form: Literal["NFC", "NFD"],
) -> None:
    assert HASHER.verify(HASHER.hash(CAFE), unicodedata.normalize(form, CAFE))


def test_a_hash_of_an_older_version_is_of_the_secret_as_it_was_typed() -> None:
    made = PasswordHasher(*CHEAP).hash(unicodedata.normalize("NFD", CAFE))
    assert HASHER.verify(made, unicodedata.normalize("NFD", CAFE))


def test_compatible_characters_are_another_secret() -> None:
    assert not HASHER.verify(HASHER.hash(CAFE), unicodedata.normalize("NFKC", CAFE))


def test_a_very_long_secret_is_not_composed() -> None:
    """Composing a run of marks takes quadratic time."""
    long = "e\u0301" + "x" * LONGEST_COMPOSED
    assert not HASHER.verify(HASHER.hash(long), unicodedata.normalize("NFC", long))
    assert HASHER.verify(HASHER.hash(long), long)


@pytest.mark.parametrize("length", [64, 73, 128, 256, 8192, 1_000_000])
def test_no_character_of_a_long_secret_is_left_out(length: int) -> None:
    made = HASHER.hash("x" * length)
    assert HASHER.verify(made, "x" * length)
    assert not HASHER.verify(made, "x" * (length - 1) + "y")
    assert not HASHER.verify(made, "x" * (length - 1))


def test_half_a_surrogate_pair_is_a_wrong_secret() -> None:
    assert not HASHER.verify(GOOD, "\ud800")
    assert not HASHER.verify(HASHER.absent(), "\udfff")


def test_a_hash_is_argon2id_with_a_salt_of_its_own() -> None:
    assert GOOD.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert HASHER.hash("correct horse") != GOOD


@pytest.mark.parametrize("damaged", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_hash_matches_no_secret(damaged: str) -> None:
    assert HASHER.verify(damaged, "correct horse") is False


@pytest.mark.parametrize("costs", [(2, 8, 1), (1, 16, 1), (1, 16, 2)])
def test_a_hash_with_other_costs_is_outdated_but_still_matches(costs: tuple[int, int, int]) -> None:
    newer: SecretHasher = Argon2Hasher(*costs)
    assert newer.verify(GOOD, "correct horse")
    assert newer.is_old(GOOD)
    assert not newer.is_old(newer.hash("correct horse"))


def test_a_hash_of_another_argon2_variant_is_outdated() -> None:
    other = PasswordHasher(*CHEAP, type=Type.I).hash("correct horse")
    assert HASHER.verify(other, "correct horse")
    assert HASHER.is_old(other)


def test_the_hash_for_unknown_accounts_costs_the_same_and_matches_no_secret() -> None:
    absent = HASHER.absent()
    assert absent is HASHER.absent()
    assert not HASHER.is_old(absent)
    assert absent.rsplit("$", 2)[0] == GOOD.rsplit("$", 2)[0]
    assert Argon2Hasher(*CHEAP).absent() != absent
    drawn: list[int] = []

    def entropy(size: int) -> bytes:
        drawn.append(size)
        return b"e" * size

    assert extract_parameters(Argon2Hasher(*CHEAP, entropy).absent()) == extract_parameters(GOOD)
    assert drawn == [16, 32]
    for guess in ("", "absent", "nobody's secret", "dummy", "password"):
        assert not HASHER.verify(absent, guess)
