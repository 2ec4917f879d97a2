"""The job that wraps weak hashes: its rate, its end in the middle, and people who sign in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from reticket.core.people import NO_PASSWORD
from reticket.crypto.hashes.hasher import AnyHasher
from reticket.crypto.passwords import Argon2Hasher
from reticket.directory.people.stored_hashes import StoredHash
from reticket.moving.hashes import Wrapping

SECRET = "test12345"
HASHER = AnyHasher(Argon2Hasher(1, 8, 1), lambda name: None)
WEAK = HASHER.stored_form("$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", None)
CURRENT = HASHER.hash(SECRET)


class Stored:
    """Hashes in memory, as the directory has them."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts
        self.signs_in: str | None = None

    def walk(self) -> Iterator[Sequence[StoredHash]]:
        every = [StoredHash(*each) for each in sorted(self.texts.items())]
        yield from (every[at : at + 3] for at in range(0, len(every), 3))

    def renew(self, subject: str, old: str, new: str) -> None:
        if subject == self.signs_in:
            self.texts[subject] = CURRENT
        if self.texts[subject] == old:
            self.texts[subject] = new

    def wrapped(self) -> set[str]:
        return {name for name, text in self.texts.items() if text.startswith("$wrapped$")}


class Clock:
    """Time passes only while something rests."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rests: list[float] = []

    def __call__(self) -> float:
        return self.now

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += seconds


def job(stored: Stored, clock: Clock, rate: float | None = None, threads: int = 1) -> Wrapping:
    return Wrapping(stored, HASHER, stored.renew, threads, rate, clock, clock.rest)


@pytest.fixture
def stored() -> Stored:
    return Stored(**{f"p{number}": WEAK for number in range(7)}, none=NO_PASSWORD, own=CURRENT)


@pytest.mark.parametrize("threads", [1, 3])
def test_every_weak_hash_is_wrapped_and_still_fits(stored: Stored, threads: int) -> None:
    assert list(job(stored, Clock(), threads=threads).run())[-1] == 7
    assert stored.wrapped() == {f"p{number}" for number in range(7)}
    assert all(HASHER.verify(stored.texts[name], SECRET) for name in stored.wrapped())
    assert not any(HASHER.verify(stored.texts[name], "other") for name in stored.wrapped())
    assert all(HASHER.is_old(stored.texts[name]) for name in stored.wrapped())
    assert (stored.texts["none"], stored.texts["own"]) == (NO_PASSWORD, CURRENT)


def test_a_wrapped_hash_has_no_trace_of_the_weak_digest(stored: Stored) -> None:
    list(job(stored, Clock()).run())
    digest = WEAK.rsplit("$", 1)[1]
    assert not any(digest in text for text in stored.texts.values() if text != WEAK)
    assert len({stored.texts[name] for name in stored.wrapped()}) == 7


def test_a_job_that_was_cut_off_goes_on_where_it_ended(stored: Stored) -> None:
    next(job(stored, Clock(), rate=2).run())
    first = {name: stored.texts[name] for name in stored.wrapped()}
    assert 0 < len(first) < 7
    list(job(stored, Clock()).run())
    assert len(stored.wrapped()) == 7
    assert first.items() <= stored.texts.items()


def test_a_rate_is_kept(stored: Stored) -> None:
    clock = Clock()
    assert list(job(stored, clock, rate=2).run()) == [1, 3, 4, 6, 7]
    assert clock.now == 7 / 2
    assert clock.rests == [0.5, 1.0, 0.5, 1.0, 0.5]


def test_a_person_who_signs_in_meanwhile_keeps_the_newer_hash(stored: Stored) -> None:
    stored.signs_in = "p3"
    list(job(stored, Clock()).run())
    assert stored.texts["p3"] == CURRENT


def test_a_stored_hash_does_not_show_itself() -> None:
    assert WEAK not in repr(StoredHash("p1", WEAK))
