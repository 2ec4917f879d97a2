"""How a page shows the types of what a dialect needs to know of a person."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest
from docs.dialect_pages import meaning_of_dots, rows_of


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    side: Literal["left", "right"]
    weight: float
    words: list[str]
    outside: Annotated[str | None, msgspec.Meta(description="around")] = None
    inside: Annotated[str, msgspec.Meta(description="within")] | None = None
    either: int | str = 3
    inner: Inner | None = None


class Inner(msgspec.Struct, frozen=True):
    deep: bool = True


@pytest.mark.parametrize(
    "row",
    [
        "| `side` | `left` or `right` | needed |  |",
        "| `weight` | a number | needed |  |",
        "| `words` | a list | needed |  |",
        "| `outside` | text | none | around |",
        "| `inside` | text | none | within |",
        "| `either` | a whole number or text | `3` |  |",
        "| `inner.deep` | true or false | `true` |  |",
    ],
)
def test_every_type_that_a_member_may_have_has_words(row: str) -> None:
    assert row in list(rows_of(Known))


class Listing(msgspec.Struct, frozen=True):
    inners: list[Inner]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Known, " `inner.deep` is the key `deep` in `inner`."),
        (Listing, " `inners.deep` is the key `deep` in each entry of `inners`."),
        (Inner, ""),
    ],
)
def test_a_page_explains_a_dot_in_a_key_if_it_has_one(
    kind: type[msgspec.Struct], said: str
) -> None:
    assert meaning_of_dots(list(rows_of(kind))) == said
