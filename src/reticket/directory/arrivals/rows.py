"""The form of a row: the members of a person in a directory file, and what other systems add."""

from __future__ import annotations

from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Struct

from reticket.core.profiles import Profiles
from reticket.directory.typed import beside

Filled = Annotated[str, Meta(min_length=1)]

PLACES = ("tenants", "developer_accounts")


class PersonRow(Struct, kw_only=True, forbid_unknown_fields=True):
    """A person as another system has them. None means that the row does not say.

    Args:
        password: in clear text.
        password_hash: as the other system wrote it, a text or columns.
        hash_format: the name of its form, where nothing in the hash tells it.
        foreign_id: the person's id in the other system.
        factor_missing: there was a second factor, and it cannot come.
        foreign_state: what a session of that system must agree with.
    """

    email: Filled
    password: Filled | None = None
    password_hash: Filled | dict[str, Any] | None = None
    hash_format: Filled | None = None
    first_name: str | None = None
    last_name: str | None = None
    disabled: bool | None = None
    active: bool | None = None
    tenants: dict[int, Any] | None = None
    developer_accounts: dict[int, Any] | None = None
    totp_secret: Filled | None = None
    factor_missing: bool | None = None
    groups: tuple[Filled, ...] | None = None
    roles: tuple[Filled, ...] | None = None
    realm: str | None = None
    user_name: Filled | None = None
    number: int | None = None
    foreign_id: Filled | None = None
    foreign_state: str | None = None

    def __repr__(self) -> str:
        """Without secrets."""
        return f"PersonRow(email={self.email!r})"


def row_type(profiles: Profiles) -> type[PersonRow]:
    """The type of rows with the parts of the dialects."""
    parts: list[tuple[str, Any, Any]] = [
        (part.key, part.kind | None, None) for part in profiles.separate
    ]
    placed = profiles.beside_places
    members = PLACES if placed is not None else ()
    places: list[tuple[str, Any, Any]] = [
        (member, dict[int, beside(placed, member)] | None, None)  # type: ignore[arg-type,misc]
        for member in members
    ]
    made = msgspec.defstruct(
        "Row", [*parts, *places], bases=(PersonRow,), kw_only=True, forbid_unknown_fields=True
    )
    return cast("type[PersonRow]", made)
