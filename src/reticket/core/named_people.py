"""The part of the directory's port that finds people by what they are called, and creates them."""

from __future__ import annotations

from typing import Protocol

from reticket.core.people import Credentials, NewPerson, User
from reticket.core.realms import SignInName


class NamedPeople(Protocol):
    """People by the names that they have in their realms. Any of it may raise Unavailable."""

    def user_by_name(self, name: SignInName) -> User | None:
        """The record of the person with that name in its realm; letter case is ignored."""

    def user_by_number(self, realm: str, number: int) -> User | None:
        """The record of the person with that number in a realm."""

    def user_by_short_id(self, short_id: str) -> User | None:
        """The record, disabled or not."""

    def user_credentials(self, name: SignInName) -> Credentials | None:
        """The data for checking the password."""

    def sign_up(self, realm: str, person: NewPerson, secret_hash: str) -> str:
        """Create a person of a realm of a dialect; returns the id. INVALID_PARAMETER, with the
        cause NAME_TAKEN for a name of another person there.
        """

    def recover_factor(self, user_id: str) -> None:
        """Settle that a second factor is missing: the password alone is enough from now on."""

    def replace_password(self, user_id: str, secret_hash: str, version: int) -> bool:
        """Replace a password and demand the end of all sessions, unless the credential version is
        no longer this one. Returns whether it was replaced.
        """
