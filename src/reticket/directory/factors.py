"""Second factors as a sign-in reads and changes them: the port `Factors`.

None of it is part of a record, so nothing here makes anybody drop records. Every change is one
statement, or one transaction: of two processes that bring the same code, one is let in.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update

from reticket.core.people import MOST_FAILURES, Factor
from reticket.directory.database import Database
from reticket.directory.second_factor import Sealer, digest_of_code, open_totp
from reticket.directory.tables import recovery_codes, second_factors

NEAR = 2
"""Steps around now of which a code is accepted, and one more: a last step that is further ahead
was written under a clock that has been set back since."""


class Factors:
    """Owns what sign-ins leave of factors. Every method may raise Unavailable."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def factor(self, user_id: str) -> Factor | None:
        """The person's factor, locked or not; None without one."""
        row = self._database.find(_row, user_id)
        if row is None:
            return None
        return Factor(open_totp(self._sealer, user_id, row.totp_sealed), row.failures)

    def pass_step(self, user_id: str, step: int) -> bool:
        """Accept a time step once, and none before it (RFC 6238 §5.2); failures begin anew."""
        last = second_factors.c.last_step
        is_new = last.is_(None) | (last < step) | (last > step + NEAR)
        statement = update(second_factors).where(_unlocked(user_id), is_new)
        with self._database.write() as connection:
            changed = connection.execute(statement.values(last_step=step, failures=0))
            return changed.rowcount == 1

    def spend_code(self, user_id: str, code: str) -> int | None:
        """Accept a recovery code once; how many are left, or None for one that is not there."""
        digest = digest_of_code(self._sealer, user_id, code)
        mine = recovery_codes.c.user_id == user_id
        is_open = select(second_factors.c.user_id).where(_unlocked(user_id)).exists()
        spent = delete(recovery_codes).where(mine, recovery_codes.c.digest == digest, is_open)
        with self._database.write() as connection:
            if connection.execute(spent).rowcount != 1:
                return None
            connection.execute(update(second_factors).where(_of(user_id)).values(failures=0))
            left = select(func.count()).select_from(recovery_codes).where(mine)
            return int(connection.execute(left).scalar_one())

    def fail(self, user_id: str) -> int:
        """Count a wrong code; how many there were in a row, 0 without a factor."""
        failures = second_factors.c.failures
        statement = update(second_factors).where(_of(user_id)).values(failures=failures + 1)
        with self._database.write() as connection:
            return connection.execute(statement.returning(failures)).scalar_one_or_none() or 0


def _of(user_id: str) -> ColumnElement[bool]:
    return (second_factors.c.user_id == user_id) & second_factors.c.totp_sealed.is_not(None)


def _unlocked(user_id: str) -> ColumnElement[bool]:
    return _of(user_id) & (second_factors.c.failures < MOST_FAILURES)


def _row(connection: Connection, user_id: str) -> Row[Any] | None:
    return connection.execute(select(second_factors).where(_of(user_id))).one_or_none()
