"""A family as a row of PostgreSQL, and the traits that many families share.

Traits never change and their id is a digest of them. So no lookup is needed to write one, no
sequence assigns ids, and an id keeps its meaning on a server that has lost writes. Texts are stored
as `bytea`, because PostgreSQL's `text` cannot contain U+0000.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec.json import encode

from reticket.core.model import Family
from reticket.stores.postgresql.connections import Transaction, array

TRAITS_KEPT = 100_000

FIND_TRAITS = """
SELECT uuid_send(id), resource, client, scope, policy, device FROM traits
WHERE id = ANY(%s::uuid[])
"""

COLUMNS = """
uuid_send(id), uuid_send(traits), subject, context, ends_at, expires_at, generation, parent, floor,
open_from, rotated_at, previous_sign_in, revoked_at, revoked_cause, terms
"""

_HEX = re.compile("[0-9a-f]{32}")
_TEXT = b"\xff"


class Traits(NamedTuple):
    """The properties of a family that never change and that many families share."""

    resource: str
    client: str | None
    scope: str | None
    policy: str
    device: str | None


class KnownTraits:
    """A cache of traits by id."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Traits] = {}

    def of(self, transaction: Transaction, keys: set[bytes]) -> Mapping[bytes, Traits]:
        """The traits of these ids; ids that are not cached take one more statement."""
        kept = self._kept
        missing = keys - kept.keys()
        if not missing:
            return kept
        found = {key: kept[key] for key in keys - missing}
        for key, *texts in transaction.fetch(FIND_TRAITS, (ids(missing),)):
            decoded: list[Any] = [None if text is None else text.decode() for text in texts]
            found[key] = Traits(*decoded)
        if len(kept) + len(found) > TRAITS_KEPT:
            self._kept = {}
        self._kept.update(found)
        return found


def families(
    transaction: Transaction, rows: Iterable[tuple[Any, ...]], known: KnownTraits
) -> list[Family]:
    """Rows of `COLUMNS` as families."""
    rows = list(rows)
    traits = known.of(transaction, {row[1] for row in rows})
    return [_family(row, traits[row[1]]) for row in rows]


def _family(row: tuple[Any, ...], traits: Traits) -> Family:
    (
        key, _, subject, context, ends_at, expires_at, generation, parent, floor, open_from,
        rotated_at, previous_sign_in, revoked_at, revoked_cause, terms,
    ) = row  # fmt: skip
    return Family(
        key, traits.resource, _unpacked(subject), traits.client,
        None if context is None else _unpacked(context), traits.scope, traits.policy, ends_at,
        expires_at, generation, parent, floor, open_from, rotated_at, previous_sign_in,
        traits.device, revoked_at, None if revoked_cause is None else _unpacked(revoked_cause),
        None if terms is None else _unpacked(terms),
    )  # fmt: skip


def traits_of(family: Family) -> Traits:
    """The shared part of a family."""
    return Traits(family.resource, family.client, family.scope, family.policy, family.device)


@lru_cache(10_000)
def traits_id(traits: Traits) -> str:
    """32 hexadecimal digits; a collision needs about 2^64 different traits."""
    return hashlib.sha256(encode(traits)).hexdigest()[:32]


def traits_row(traits: Traits) -> tuple[str | None, ...]:
    """Values for the table `traits`."""
    return (traits_id(traits), *[None if each is None else each.encode().hex() for each in traits])


def changing(row: Family) -> tuple[int | str | None, ...]:
    """The id, and the columns that a refresh or a revocation writes."""
    return (
        row.id.hex(), pack(row.context), row.expires_at, row.generation, row.parent, row.floor,
        row.open_from, row.rotated_at, row.revoked_at, pack(row.revoked_cause),
    )  # fmt: skip


def whole(row: Family) -> tuple[int | str | None, ...]:
    """All columns, for an insert."""
    return (
        *changing(row), traits_id(traits_of(row)), pack(row.subject), row.ends_at,
        row.previous_sign_in, pack(row.terms),
    )  # fmt: skip


def columns(rows: Iterable[tuple[int | str | None, ...]]) -> list[str]:
    """Rows of values as one array for each column."""
    return [array(column) for column in zip(*rows, strict=True)]


def ids(keys: Iterable[bytes]) -> str:
    """An array of ids, in ascending order."""
    return array([key.hex() for key in sorted(keys)])


def pack(text: str | None) -> str | None:
    """A text as hexadecimal digits. 32 lower-case hex digits are taken as they are, 16 bytes.

    Another text of 16 bytes gets a final byte that UTF-8 does not have, which tells the two apart.
    """
    if text is None or (len(text) == 32 and _HEX.fullmatch(text)):
        return text
    raw = text.encode()
    return (raw + _TEXT if len(raw) == 16 else raw).hex()


def _unpacked(raw: bytes) -> str:
    return raw.hex() if len(raw) == 16 else raw.removesuffix(_TEXT).decode()
