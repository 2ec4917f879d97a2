"""Which realms a person may be created in, and the numbers of people there.

Everything here runs in the caller's transaction. Whoever creates a person of a realm, or gives
somebody there another name, locks the realm first. So no two people get one name or one number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, insert, select, update

from reticket.core.model import Place
from reticket.core.realms import USUAL, Realms
from reticket.directory.errors import AlreadyExists, DirectoryError, Invalid, NotFound
from reticket.directory.forms import INT32
from reticket.directory.tables import developer_accounts, realm_numbers, tenants, users

_PLACES = {Place.TENANT: tenants, Place.ACCOUNT: developer_accounts}


class RealmWriter:
    """Owns the check of a realm's name, and its numbers.

    Args:
        declared: the realms of all dialects.
    """

    def __init__(self, declared: Sequence[Realms]) -> None:
        self._declared = declared

    def enter(self, connection: Connection, realm: str, number: int | None) -> int | None:
        """Lock a realm for a new person, and return that person's number; None in the usual realm.

        A number that is None is the next one.

        Raises:
            Invalid: no dialect declares the realm, or the number cannot be.
            NotFound: its tenant or account does not exist.
            AlreadyExists: another person has the number.
        """
        if realm == USUAL:
            if number is not None:
                raise Invalid("A number needs the realm of a dialect.")
            return None
        self.check(connection, realm)
        last = lock_realm(connection, realm)
        given = last + 1 if number is None else number
        _check_number(connection, realm, given)
        newest = realm_numbers.c.realm == realm
        connection.execute(update(realm_numbers).where(newest).values(last=max(last, given)))
        return given

    def check(self, connection: Connection, realm: str) -> None:
        """Invalid when no dialect declares the realm; NotFound without its tenant or account."""
        realms = next((each for each in self._declared if each.holds(realm)), None)
        if realms is None:
            forms = ", ".join(f"{each.form} ({each.noun})" for each in self._declared)
            known = f"known are {forms}" if forms else "none is known"
            raise Invalid(f"{realm!r} is no realm ({known}).")
        if realms.place is None:
            return
        place, place_id = _PLACES[realms.place], realms.place_of(realm)
        if place_id not in INT32:
            raise NotFound(f"There is no {realms.place.value} {place_id}.")
        exists = select(place.c.id).where(place.c.id == place_id)
        if connection.execute(exists).one_or_none() is None:
            raise NotFound(f"There is no {realms.place.value} {place_id}.")

    def faults(self, connection: Connection, realms: Iterable[str]) -> dict[str, str]:
        """Why nobody can be in some of these realms."""
        found: dict[str, str] = {}
        for realm in realms:
            try:
                if realm != USUAL:
                    self.check(connection, realm)
            except DirectoryError as error:
                found[realm] = str(error)
        return found

    def expect_nobody(self, connection: Connection, place: Place, place_id: int) -> None:
        """Invalid when the realm of a tenant or an account that is removed still has people."""
        for realms in self._declared:
            realm = realms.of(place_id)
            anybody = select(users.c.id).where(users.c.realm == realm).limit(1)
            if realms.place is place and connection.execute(anybody).first() is not None:
                raise Invalid(f"The realm {realm} has people: delete them first.")

    def lock(self, connection: Connection, user_id: str) -> str:
        """Lock the realm of a person, and return it."""
        found = select(users.c.realm).where(users.c.id == user_id)
        realm = str(connection.execute(found).scalar_one())
        if realm != USUAL:
            lock_realm(connection, realm)
        return realm


def lock_realm(connection: Connection, realm: str) -> int:
    """Lock the row of a realm, which the first person there makes. Returns the newest number."""
    last = realm_numbers.c.last
    mine = update(realm_numbers).where(realm_numbers.c.realm == realm)
    found = connection.execute(mine.values(last=last).returning(last)).scalar_one_or_none()
    if found is None:
        connection.execute(insert(realm_numbers), {"realm": realm, "last": 0})
    return found or 0


def _check_number(connection: Connection, realm: str, number: int) -> None:
    if not 1 <= number < INT32.stop:
        raise Invalid(f"A number must be from 1 to {INT32.stop - 1}.")
    mine = (users.c.realm == realm) & (users.c.number == number)
    if connection.execute(select(func.count()).where(mine)).scalar_one():
        raise AlreadyExists(f"There is a user with the number {number} in that realm already.")
