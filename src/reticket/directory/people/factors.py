"""Reads and changes second factors at a sign-in: the port `Factors`.

None of it is part of a record, so no cached record is dropped. Every change is one statement or
one transaction: when two processes bring the same code, only one of them is accepted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, select, update

from reticket.core.people import MOST_FAILURES, Factor
from reticket.directory.engines.database import Database
from reticket.directory.people.second_factor import Sealer, digest_of_code, open_totp
from reticket.directory.tables import recovery_codes, second_factors

NEAR = 2
"""The steps around now whose codes are accepted, and one more.

A last step further ahead than this was written by a clock that was set back since."""


class Factors:
    """Owns the state of factors that sign-ins change. Every method may raise Unavailable."""

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
        """Accept a time step once, and no earlier one (RFC 6238 §5.2); resets the failures."""
        statement = update(second_factors).where(_unlocked(user_id), _is_new(step))
        with self._database.write() as connection:
            changed = connection.execute(statement.values(last_step=step, failures=0))
            return changed.rowcount == 1

    def may_pass(self, user_id: str, step: int) -> bool:
        """Whether `pass_step` would accept it now."""
        return self._is_there(select(second_factors.c.user_id), _unlocked(user_id), _is_new(step))

    def spend_code(self, user_id: str, code: str) -> int | None:
        """Accept a recovery code once. The number of codes left, or None for an unknown code."""
        spent = delete(recovery_codes).where(*self._is_code(user_id, code))
        with self._database.write() as connection:
            if connection.execute(spent).rowcount != 1:
                return None
            connection.execute(
                update(second_factors).where(_is_set_for(user_id)).values(failures=0)
            )
            mine = recovery_codes.c.user_id == user_id
            left = select(func.count()).select_from(recovery_codes).where(mine)
            return int(connection.execute(left).scalar_one())

    def has_code(self, user_id: str, code: str) -> bool:
        """Whether `spend_code` would accept it now."""
        return self._is_there(select(recovery_codes.c.user_id), *self._is_code(user_id, code))

    def fail(self, user_id: str) -> int:
        """Count a wrong code. The number of wrong codes in a row; 0 without a factor."""
        failures = second_factors.c.failures
        statement = update(second_factors).where(_is_set_for(user_id)).values(failures=failures + 1)
        with self._database.write() as connection:
            return connection.execute(statement.returning(failures)).scalar_one_or_none() or 0

    def _is_code(self, user_id: str, code: str) -> tuple[ColumnElement[bool], ...]:
        digest = digest_of_code(self._sealer, user_id, code)
        is_open = select(second_factors.c.user_id).where(_unlocked(user_id)).exists()
        return recovery_codes.c.user_id == user_id, recovery_codes.c.digest == digest, is_open

    def _is_there(self, rows: Select[Any], *conditions: ColumnElement[bool]) -> bool:
        with self._database.read() as connection:
            return connection.execute(rows.where(*conditions)).first() is not None


def _is_set_for(user_id: str) -> ColumnElement[bool]:
    return (second_factors.c.user_id == user_id) & second_factors.c.totp_sealed.is_not(None)


def _is_new(step: int) -> ColumnElement[bool]:
    last = second_factors.c.last_step
    return last.is_(None) | (last < step) | (last > step + NEAR)


def _unlocked(user_id: str) -> ColumnElement[bool]:
    return _is_set_for(user_id) & (second_factors.c.failures < MOST_FAILURES)


def _row(connection: Connection, user_id: str) -> Row[Any] | None:
    return connection.execute(select(second_factors).where(_is_set_for(user_id))).one_or_none()
