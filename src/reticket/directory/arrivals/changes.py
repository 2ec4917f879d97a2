"""What changes of people whom the directory has, gathered for one batch and then written.

Each change goes the way of an operator's, and ends the same sessions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, update

from reticket.core.profiles import Profiles
from reticket.directory.arrivals.differences import Difference
from reticket.directory.drafts import UserChange
from reticket.directory.people.enrolments import Enrolments
from reticket.directory.people.foreign_ids import ForeignId, insert_foreign_ids
from reticket.directory.people.memberships import Memberships
from reticket.directory.people.users import Users
from reticket.directory.tables import foreign_ids

_NAMES = ("first_name", "last_name")


class PeopleVerbs(NamedTuple):
    """An operator's operations on people.

    Args:
        places: on memberships, by the member's name.
    """

    users: Users
    enrolments: Enrolments
    places: Mapping[str, Memberships]


class Changes:
    """Owns the changes.

    Args:
        system: the name of the other system, or None.
    """

    def __init__(self, verbs: PeopleVerbs, profiles: Profiles, system: str | None) -> None:
        self._verbs = verbs
        self._keys = {part.dialect: part.key for part in profiles.separate}
        self._system = system
        self._links: list[ForeignId] = []
        self._people: list[tuple[str, Difference]] = []

    def link(self, user_id: str, foreign_id: str, state: str | None) -> None:
        """Give a person an id in the system."""
        self._links.append(ForeignId(self._system or "", foreign_id, user_id, state))

    def add(self, user_id: str, difference: Difference) -> None:
        """Take what changes of a person."""
        self._people.append((user_id, difference))

    def write(self, connection: Connection) -> None:
        """Write all of them."""
        for user_id, difference in self._people:
            self._change(connection, user_id, difference)
        insert_foreign_ids(connection, self._links)

    def _change(self, connection: Connection, user_id: str, new: Difference) -> None:
        users, enrolments, places = self._verbs
        if new.hashes is not None:
            users.replace_hash(connection, user_id, *new.hashes)
        users.apply(connection, user_id, self._draft(new))
        if "disabled" in new.values:
            users.follow_block(connection, user_id, disabled=new.values["disabled"])
        for member, wanted in new.places.items():
            places[member].replace(connection, user_id, wanted)
        if new.factor is not None:
            enrolments.insert(connection, user_id, new.factor)
        elif new.factor_missing:
            enrolments.miss(connection, user_id)
        if new.state is not None:
            mine = (foreign_ids.c.system == self._system) & (foreign_ids.c.user_id == user_id)
            connection.execute(update(foreign_ids).where(mine).values(state=new.state))

    def _draft(self, new: Difference) -> UserChange:
        values: Mapping[str, Any] = new.values
        return UserChange(
            {name: values[name] for name in _NAMES if name in values},
            new.email,
            None,
            values.get("active"),
            {self._keys[dialect]: value for dialect, value in new.parts.items()},
            values.get("group_names"),
            values.get("role_names"),
        )
