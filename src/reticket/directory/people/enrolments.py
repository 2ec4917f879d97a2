"""The verbs of operators for second factors. `who` is a user's id or e-mail.

A change of a factor ends no session: the factor is asked for at the next sign-in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from reticket.core.access.recovery import canonical, new_codes
from reticket.core.people import MOST_FAILURES
from reticket.core.ports import Entropy
from reticket.directory.engines.database import Database
from reticket.directory.errors import Invalid
from reticket.directory.people.second_factor import Sealer, digest_of_code, open_totp, seal_totp
from reticket.directory.people.user_rows import require_user
from reticket.directory.tables import recovery_codes, second_factors

KEY_BYTES = 20
"""Length of a new key: that of its hash (RFC 4226 §4, R6)."""

StepOf = Callable[[bytes], int | None]
"""Gives the time step of a typed code under a key; None for a wrong code."""


@dataclass(frozen=True, slots=True)
class FactorState:
    """The state of a person's factor.

    Args:
        active: sign-ins ask for it.
        pending: a new key waits for its first code.
        missing: there was a factor in another system, and it could not come.
        failures: wrong codes in a row.
        recovery_codes: how many are left.
    """

    active: bool = False
    pending: bool = False
    failures: int = 0
    recovery_codes: int = 0
    missing: bool = False

    @property
    def locked(self) -> bool:
        """Whether no code is accepted until an operator acts."""
        return self.failures >= MOST_FAILURES


class Enrolments:
    """The verbs. Those that take `who` raise NotFound; any may raise Unavailable."""

    def __init__(self, database: Database, sealer: Sealer, entropy: Entropy) -> None:
        self._database = database
        self._sealer = sealer
        self._entropy = entropy

    def standing(self, who: str) -> FactorState:
        """The state of a factor, without its key."""
        with self._database.read() as connection:
            user_id = require_user(connection, who)
            row = _row(connection, user_id)
            return FactorState() if row is None else _standing(connection, row)

    def locked(self) -> int:
        """How many factors are locked until an operator unlocks them."""
        many = select(func.count()).where(second_factors.c.failures >= MOST_FAILURES)
        with self._database.read() as connection:
            return int(connection.execute(many).scalar_one())

    def missing(self) -> int:
        """How many people had a factor in another system that could not come."""
        many = select(func.count()).where(second_factors.c.missing.is_(True))
        with self._database.read() as connection:
            return int(connection.execute(many).scalar_one())

    def begin(self, who: str) -> bytes:
        """Make a key that waits to be confirmed; a factor in use stays in use until then."""
        secret = self._entropy(KEY_BYTES)
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            _put(connection, user_id, pending_sealed=seal_totp(self._sealer, user_id, secret))
        return secret

    def confirm(self, who: str, step_of: StepOf) -> tuple[str, ...]:
        """Put the waiting key in use, after its first correct code. Returns the recovery codes,
        only this once. Invalid when no key waits, or for a wrong code.
        """
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            row = _row(connection, user_id)
            if row is None or row.pending_sealed is None:
                raise Invalid("No new key waits for its first code: begin anew.")
            step = step_of(open_totp(self._sealer, user_id, row.pending_sealed))
            if step is None:
                raise Invalid("The code is not the one that this key has now.")
            _use(connection, user_id, row.pending_sealed, step)
            return self._renew_codes(connection, user_id)

    def set(self, who: str, secret: bytes) -> tuple[str, ...]:
        """Put a key of the person in use. Returns the recovery codes, only this once."""
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            self.insert(connection, user_id, secret)
            return self._renew_codes(connection, user_id)

    def insert(self, connection: Connection, user_id: str, secret: bytes) -> None:
        """Put a key in use, inside the caller's transaction; recovery codes stay."""
        _use(connection, user_id, seal_totp(self._sealer, user_id, secret), None)

    def miss(self, connection: Connection, user_id: str) -> None:
        """Note that a factor could not come, inside the caller's transaction."""
        _put(connection, user_id, missing=True)

    def renew_codes(self, who: str) -> tuple[str, ...]:
        """Make new recovery codes, returned only this once; the old ones become void. Invalid
        without a factor.
        """
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            _require_active(connection, user_id)
            return self._renew_codes(connection, user_id)

    def unlock(self, who: str) -> None:
        """Unlock the factor. Invalid without a factor."""
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            _require_active(connection, user_id)
            _put(connection, user_id, failures=0)

    def recover(self, user_id: str) -> None:
        """As `core.ports.Directory.recover_factor`."""
        mine = (second_factors.c.user_id == user_id) & second_factors.c.missing.is_(True)
        with self._database.change() as connection:
            connection.execute(update(second_factors).where(mine).values(missing=None))

    def remove(self, who: str) -> None:
        """Delete the factor, a waiting key and the recovery codes. One that was missing leaves an
        empty row: it is settled, and no import brings it again.
        """
        with self._database.change() as connection:
            user_id = require_user(connection, who)
            row = _row(connection, user_id)
            for table in (second_factors, recovery_codes):
                connection.execute(delete(table).where(table.c.user_id == user_id))
            if row is not None and row.missing:
                _put(connection, user_id, missing=None)

    def _renew_codes(self, connection: Connection, user_id: str) -> tuple[str, ...]:
        codes = new_codes(self._entropy)
        connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
        rows = [
            {"user_id": user_id, "digest": digest_of_code(self._sealer, user_id, code)}
            for code in map(canonical, codes)
            if code is not None
        ]
        connection.execute(insert(recovery_codes), rows)
        return codes


def _row(connection: Connection, user_id: str) -> Row[Any] | None:
    statement = select(second_factors).where(second_factors.c.user_id == user_id)
    return connection.execute(statement).one_or_none()


def _standing(connection: Connection, row: Row[Any]) -> FactorState:
    mine = recovery_codes.c.user_id == row.user_id
    left = connection.execute(select(func.count()).select_from(recovery_codes).where(mine))
    return FactorState(
        row.totp_sealed is not None,
        row.pending_sealed is not None,
        row.failures,
        left.scalar_one(),
        bool(row.missing),
    )


def _use(connection: Connection, user_id: str, sealed: bytes, step: int | None) -> None:
    fresh = {"pending_sealed": None, "failures": 0, "last_step": step, "missing": None}
    _put(connection, user_id, totp_sealed=sealed, **fresh)


def _put(connection: Connection, user_id: str, **values: object) -> None:
    mine = second_factors.c.user_id == user_id
    if not connection.execute(update(second_factors).where(mine).values(**values)).rowcount:
        row = {"user_id": user_id, "failures": 0, **values}
        connection.execute(insert(second_factors), row)


def _require_active(connection: Connection, user_id: str) -> None:
    row = _row(connection, user_id)
    if row is None or row.totp_sealed is None:
        raise Invalid("The person has no second factor.")
