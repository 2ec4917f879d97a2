"""Codes with which people who forgot their password set a new one. Owns how they are stored.

The key of an entry has the person's credential version, so a new password ends every code. What is
stored is a digest. A name that nobody has costs the same writes as one that somebody has. Both are
stored however full a pool is: a full one would tell which of the two it was. Their number is
bounded: `CODES` in an hour and one more for each person, and `NOBODYS_COUNTERS`.
"""

from __future__ import annotations

from hmac import compare_digest

from reticket.core.access.failure_limits import counter_of
from reticket.core.addresses import network_of
from reticket.core.commands import ResetCode
from reticket.core.commands.passwords import RESET_LIFETIME
from reticket.core.errors import Unavailable
from reticket.core.model import Caller
from reticket.core.people import User
from reticket.core.ports import Directory, Entropy, Recognised
from reticket.core.realms import SignInName
from reticket.core.registrations import digest_of
from reticket.core.storage.budget import COVERED
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.core.tokens.faces import to_text

CODES, HOUR = 5, 3600
"""Codes of one person in an hour."""

_BYTES = 24
"""192 bits: nobody guesses a code."""

_TRIES = 3


class ResetCodes:
    """Owns the entries. Synchronous; every method may raise Unavailable."""

    def __init__(
        self, directory: Directory, ephemeral: BudgetedEphemeral, entropy: Entropy
    ) -> None:
        self._directory = directory
        self._ephemeral = ephemeral
        self._entropy = entropy

    def issue(self, name: SignInName, caller: Caller) -> ResetCode | None:
        """Store a new code in the place of an older one; None when the person may have none."""
        self._directory.catch_up_now()
        place = (name, network_of(caller.address))
        (whom,) = self._directory.recognise([place])
        counter = f"reset-codes:{counter_of(whom)}"
        counted = self._ephemeral.count(counter, HOUR, 1, COVERED)
        user, code = self._directory.user_by_name(name), to_text(self._entropy(_BYTES))
        is_free = user is not None and _may_sign_in(user) and counted.total <= CODES
        self._put(_of_user(user) if user and is_free else _of_nobody(whom), code)
        return ResetCode(user, code) if user and is_free else None

    def find(self, name: SignInName, code: str) -> tuple[User | None, bool]:
        """The person with that name, and whether it is that person's code."""
        self._directory.catch_up_now()
        user = self._directory.user_by_name(name)
        stored = self._ephemeral.peek(_of_user(user) if user else _key("nobody", 0)) or ""
        is_right = compare_digest(stored, digest_of(code))
        return user, user is not None and _may_sign_in(user) and is_right

    def forget(self, user: User) -> None:
        """Remove the code of a person as the person was before the new password."""
        self._ephemeral.pop(_of_user(user))

    def _put(self, key: str, code: str) -> None:
        for _ in range(_TRIES):
            self._ephemeral.pop(key)
            if self._ephemeral.put_if_absent(key, RESET_LIFETIME, digest_of(code), COVERED):
                return
        raise Unavailable("other reset codes of the person were made at the same time")


def _may_sign_in(user: User) -> bool:
    return user.active and not user.disabled


def _of_user(user: User) -> str:
    return _key(user.id, user.credential_version)


def _of_nobody(whom: Recognised) -> str:
    """The key of an entry that no code opens."""
    return f"reset-none:{counter_of(whom)}"


def _key(user_id: str, version: int) -> str:
    return f"reset:{user_id}:{version}"
