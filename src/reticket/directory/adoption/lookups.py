"""Finds the people of many sessions at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from reticket.core.realms import USUAL
from reticket.directory.forms import folded, is_same_email
from reticket.directory.rows import found_rows
from reticket.directory.tables import foreign_ids, users


class Found(NamedTuple):
    """The ids of people, by what a session says of them.

    Args:
        emails: id and address, by the folded address.
    """

    ids: Collection[str]
    emails: Mapping[str, tuple[str, str]]
    foreign: Mapping[str, str]

    def of(self, user: str | None, email: str | None, foreign_id: str | None) -> str | None:
        """The person's id; None for somebody who is not known."""
        if user is not None:
            return user if user in self.ids else None
        if email is not None:
            found, stored = self.emails.get(folded(email), (None, ""))
            return found if is_same_email(stored, email) else None
        return self.foreign.get(foreign_id or "")


def find(
    connection: Connection,
    system: str,
    ids: Collection[str],
    emails: Collection[str],
    foreign: Collection[str],
) -> Found:
    """Those people that the directory has."""
    people, theirs = users.c, foreign_ids.c
    by_id = select(people.id)
    by_email: Select[Any] = select(people.email_folded, people.id, people.email).where(
        people.realm == USUAL
    )
    by_foreign = select(theirs.foreign_id, theirs.user_id).where(theirs.system == system)
    keys = [folded(each) for each in emails]
    named = found_rows(connection, by_email, people.email_folded, keys)
    return Found(
        {row[0] for row in found_rows(connection, by_id, people.id, ids)},
        {row.email_folded: (row.id, row.email) for row in named},
        dict(tuple(row) for row in found_rows(connection, by_foreign, theirs.foreign_id, foreign)),
    )
