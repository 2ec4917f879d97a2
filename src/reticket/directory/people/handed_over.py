"""People who are kept here after the old back end has confirmed their passwords (ADR 0028)."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from reticket.core.errors import Unavailable
from reticket.core.people import NO_PASSWORD, NewPerson
from reticket.core.realms import USUAL, SignInName, usual
from reticket.directory.drafts import UserDraft
from reticket.directory.engines.database import Database
from reticket.directory.errors import AlreadyExists, NameTaken
from reticket.directory.forms import is_email
from reticket.directory.people.former_names import FormerNames
from reticket.directory.people.user_rows import id_of_name
from reticket.directory.people.users import Users
from reticket.directory.tables import directory_version, users


class HandedOverPeople:
    """Owns the verbs. Any may raise Unavailable. None drops a cached record: absent people are not
    cached, and a password is no part of a record.
    """

    def __init__(self, database: Database, people: Users, former: FormerNames) -> None:
        self._database = database
        self._people = people
        self._former = former

    def is_unused(self, name: SignInName) -> bool:
        """As `core.handover.HandedOverPeople.is_unused`."""
        if not is_email(name.text) or name.realm != USUAL:
            return False
        return self._database.find(self._is_unused, name) or False

    def keep_person(self, person: NewPerson, secret_hash: str) -> bool:
        """As `core.handover.HandedOverPeople.keep_person`."""
        name = usual(person.email)
        draft = UserDraft(person.email, person.first_name, person.last_name, parts=person.parts)
        with self._database.write() as connection:
            _wait_for_changes(connection)
            if not is_email(person.email) or not self._is_unused(connection, name):
                return False
            return self._insert(connection, draft, secret_hash)

    def keep_password(self, user_id: str, secret_hash: str) -> bool:
        """As `core.handover.HandedOverPeople.keep_password`."""
        mine = (users.c.id == user_id) & (users.c.secret_hash == NO_PASSWORD)
        with self._database.write() as connection:
            kept = connection.execute(update(users).where(mine).values(secret_hash=secret_hash))
        return kept.rowcount == 1

    def _is_unused(self, connection: Connection, name: SignInName) -> bool:
        return id_of_name(connection, name) is None and not self._former.has(connection, name)

    def _insert(self, connection: Connection, draft: UserDraft, secret_hash: str) -> bool:
        try:
            self._people.insert(connection, draft, secret_hash)
        except NameTaken:
            return False
        except AlreadyExists as error:
            raise Unavailable(f"nobody can be kept with the part that is set: {error}") from None
        return True


def _wait_for_changes(connection: Connection) -> None:
    """Wait for other changes, as `Database.change` does, but raise no version: a name that is found
    unused stays so until the end of the transaction.
    """
    connection.execute(select(directory_version.c.version).with_for_update())
