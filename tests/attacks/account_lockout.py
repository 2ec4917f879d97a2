"""Wrong passwords for one account from many addresses, until the limit refuses all of them."""

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
    """The answer to each wrong password; each is sent from another address."""
    for source in islice(sources(FIRST), tries):
        yield answered(target, source, email, "a wrong password")


if __name__ == "__main__":
    attack(lock_out)
