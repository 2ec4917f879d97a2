"""Whose session a token of another system is: the port `AdoptedPeople`."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection

from reticket.core.adoption.model import Adoption, Stated
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.people import User
from reticket.directory.adoption.lookups import Found, find
from reticket.directory.engines.database import Database
from reticket.directory.forms import is_same_email
from reticket.directory.people.foreign_ids import LinkedPerson


class AdoptedPeople:
    """Finds people by their ids in another system, or by e-mail where an operator wants that.

    Args:
        database: where many people are found at once.
        user_id_of: as `ForeignIds.user_id_of`.
        user_by_email: as `Records.user_by_email`.
    """

    def __init__(
        self,
        database: Database,
        user_id_of: Callable[[str, str], LinkedPerson | None],
        user_by_email: Callable[[str], User | None],
    ) -> None:
        self._database = database
        self._user_id_of = user_id_of
        self._user_by_email = user_by_email

    def person(self, adoption: Adoption, stated: Stated) -> str:
        """The id here. INVALID_TOKEN. Whether the person is blocked is asked with every refresh."""
        if stated.email is not None:
            user = self._user_by_email(stated.email)
            is_meant = user is not None and is_same_email(user.email, stated.email)
            found = LinkedPerson(user.id, None) if user and is_meant else None
        else:
            found = self._user_id_of(adoption.system, stated.subject)
        if found is None:
            raise Refusal(Code.INVALID_TOKEN, Cause.SUBJECT_GONE)
        if stated.state is not None and not _is_same(found.state, stated.state):
            raise Refusal(Code.INVALID_TOKEN, Cause.CREDENTIAL_CHANGED)
        return found.user_id

    def find(
        self,
        system: str,
        ids: Collection[str],
        emails: Collection[str],
        foreign_ids: Collection[str],
    ) -> Found:
        """People by their ids here, by e-mail, and by their ids in a system."""
        with self._database.read() as connection:
            return find(connection, system, ids, emails, foreign_ids)


def _is_same(imported: str | None, stated: str) -> bool:
    """Whether the states are equal. A person without an imported state cannot be compared."""
    return imported is not None and hmac.compare_digest(imported.encode(), stated.encode())
