"""Wrong passwords for one account from many addresses, until nobody is let in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from tests.attacks.signing_in import answered, sources
from tests.attacks.target import Target, attack

TRIES = 120
FIRST = 1000
"""Addresses that the other attacks have not used."""
VICTIM = "ada@example.com"


def lock_out(target: Target, email: str = VICTIM, tries: int = TRIES) -> Iterable[int]:
    """What each wrong password is answered; each comes from another address."""
    for source in islice(sources(FIRST), tries):
        yield answered(target, source, email, "a wrong password")


if __name__ == "__main__":
    attack(lock_out)
