"""What is issued is a function of row, request and keys: made twice, from copies, it is the same.

A type that could be changed would make the first answer differ from a later one.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec
import pytest
from tests.crypto.conftest import Keys
from tests.dialects.every import BUILT

from reticket.core import model, people
from reticket.core.model import Family, Outcome
from reticket.core.people import Application, Client, Guest, User
from reticket.core.policy import DAY
from reticket.core.tokens.kinds import Facts, TokenKind
from reticket.core.tokens.mint import Mint
from reticket.testing import FakeClock
from reticket.testing.dialect_samples import samples_of

KINDS = [kind for dialect in BUILT.values() for kind in dialect.kinds]
HOLDERS: dict[type, Any] = {
    User: User(
        "a" * 32, "ada", "ada@example.com", "Ada", None, False, True, 1, 0, (), (), False,
        tuple(part for dialect in BUILT.values() for part in samples_of(dialect)["ada"].parts),
    ),
    Application: Application("shop", None, False, credential_version=3),
    Guest: Guest("b" * 32),
    Client: Client("web", False, False, {"scopes": ["openid"]}, 0, 3),
}  # fmt: skip
ASKED = (("scope", "openid"), ("nonce", "n-1"))


@pytest.fixture
def mint() -> Mint:
    return Mint(Keys(FakeClock()).ring(), msgspec.json.encode, msgspec.json.decode)


def row_of(kind: TokenKind, now: int) -> Family:
    return Family(
        id=bytes(range(16)), resource=kind.name, subject=HOLDERS[kind.subjects].id, client="web",
        context="1000", scope="openid", policy=kind.policy.name, ends_at=now + 365 * DAY * 1000,
        expires_at=now + DAY * 1000, generation=2, parent=1, floor=1, open_from=1, rotated_at=now,
        terms='[1700000000,["pwd"]]',
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_issuing_twice_from_copies_gives_the_same_tokens(mint: Mint, kind: TokenKind) -> None:
    now = 1_790_000_000_500
    made = row_of(kind, now), HOLDERS[kind.subjects], ASKED
    before = deepcopy(made)

    def issue(row: Family, holder: Any, asked: Any) -> model.Issued:
        return mint.issue(
            kind, kind.policy, Outcome.ADVANCED, row, holder, "1000", now + 500, asked
        )

    first, second = issue(*made), issue(*deepcopy(made))
    texts = [(one.access_token, one.refresh_token, one.id_token) for one in (first, second)]
    assert texts[0] == texts[1]
    assert made[0] == before[0]
    assert repr(made[1]) == repr(before[1])


def test_everything_an_answer_is_made_of_is_immutable() -> None:
    found = [each for module in (model, people) for each in vars(module).values()]
    records = [each for each in found if isinstance(each, type) and is_dataclass(each)]
    assert {model.Issued, people.User, people.Client} <= set(records)
    assert [each.__name__ for each in records if not each.__dataclass_params__.frozen] == []
    assert [name for each in records for name in fields(each) if name.type == "list"] == []
    assert issubclass(Facts, tuple)
