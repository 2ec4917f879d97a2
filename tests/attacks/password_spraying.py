"""One password for many accounts, from many addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from tests.attacks.signing_in import answered, sources
from tests.attacks.target import Target, attack

ADDRESSES = 5
TRIES = 20
"""Of each address."""


def spray(target: Target, addresses: int = ADDRESSES, tries: int = TRIES) -> Iterable[object]:
    """The number of each answer by address; every account is tried once."""
    for source in islice(sources(), addresses):
        emails = [f"{source}.{number}@example.com" for number in range(tries)]
        yield source, Counter(answered(target, source, email, "Summer2026!") for email in emails)


if __name__ == "__main__":
    attack(spray)
