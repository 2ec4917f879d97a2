"""Memberships of users in tenants and in developer accounts.

One class serves both kinds of place; its arguments say which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Table, delete, insert, select

from reticket.core.model import Place, Selection
from reticket.core.ports import Clock
from reticket.core.profiles import Part
from reticket.directory.engines.database import Database
from reticket.directory.errors import NotFound
from reticket.directory.forms import check_id
from reticket.directory.intents import Change, demand
from reticket.directory.people.realm_writer import RealmWriter
from reticket.directory.people.user_rows import require_user
from reticket.directory.typed import checked_place


class Memberships:
    """The verbs. `who` is a user's id or e-mail; any may raise NotFound and Unavailable.

    Args:
        table: of the memberships.
        places: the table of tenants or accounts.
        member: the name of such a place's values in `part`.
        resources: the token kinds whose sessions have the id of such a place as context.
        part: has a value of its dialect for each membership, or None.
        realms: knows whether a place still has people of its own.
    """

    def __init__(
        self,
        database: Database,
        table: Table,
        places: Table,
        place: Place,
        member: str,
        resources: Sequence[str],
        part: Part[Any] | None,
        realms: RealmWriter,
        clock: Clock,
    ) -> None:
        self._database = database
        self._table = table
        self._places = places
        self._place, self._noun = place, place.value
        self._member = member
        self._part = part
        self._resources = resources
        self._realms, self._clock = realms, clock

    def grant(self, who: str, place_id: int, beside: object) -> None:
        """Add a user, or replace the dialect's value of an existing membership. Invalid."""
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            connection.execute(self._delete(user_id, place_id))
            self.insert(connection, user_id, place_id, beside)

    def remove(self, who: str, place_id: int) -> None:
        """Remove a user and end the user's sessions there."""
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            if not connection.execute(self._delete(user_id, place_id)).rowcount:
                raise NotFound(f"The user {who!r} is in no {self._noun} {place_id}.")
            self._end(connection, [user_id], place_id)

    def insert(self, connection: Connection, user_id: str, place_id: int, beside: object) -> None:
        """Add a user who is not a member yet, inside the caller's transaction."""
        check_id(place_id, f"a {self._noun}")
        if self._part is not None:
            beside = checked_place(self._part, self._member, place_id, beside)
        place = select(self._places.c.id).where(self._places.c.id == place_id)
        if connection.execute(place).one_or_none() is None:
            raise NotFound(f"There is no {self._noun} {place_id}.")
        row = {"user_id": user_id, "place_id": place_id, "part": beside}
        connection.execute(insert(self._table), row)

    def replace(self, connection: Connection, user_id: str, wanted: Mapping[int, object]) -> None:
        """Make these the person's only memberships, inside the caller's transaction. Sessions end
        where a membership does.
        """
        table = self._table
        mine = select(table.c.place_id).where(table.c.user_id == user_id)
        for place_id in connection.execute(mine).scalars().all():
            connection.execute(self._delete(user_id, place_id))
            if place_id not in wanted:
                self._end(connection, [user_id], place_id)
        for place_id, beside in wanted.items():
            self.insert(connection, user_id, place_id, beside)

    def remove_place(self, connection: Connection, place_id: int) -> None:
        """Delete a place and end all sessions there, inside the caller's transaction. Invalid while
        a realm of the place has people.
        """
        self._realms.expect_nobody(connection, self._place, place_id)
        table, places = self._table, self._places
        members = select(table.c.user_id).where(table.c.place_id == place_id)
        self._end(connection, connection.execute(members).scalars().all(), place_id)
        if not connection.execute(delete(places).where(places.c.id == place_id)).rowcount:
            raise NotFound(f"There is no {self._noun} {place_id}.")

    def _delete(self, user_id: str, place_id: int) -> Delete:
        columns = self._table.c
        return delete(self._table).where(columns.user_id == user_id, columns.place_id == place_id)

    def _end(self, connection: Connection, user_ids: Sequence[str], place_id: int) -> None:
        selections = [
            Selection(subject=user_id, resource=resource, context=str(place_id))
            for user_id in user_ids
            for resource in self._resources
        ]
        demand(connection, selections, Change.MEMBERSHIP_TAKEN, self._clock)
