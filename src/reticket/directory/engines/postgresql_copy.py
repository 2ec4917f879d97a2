"""Copies many rows into a table of PostgreSQL, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table

from reticket.directory.engines.storage import Row


def copy(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Copy rows that have the same columns. Raises the driver's errors."""
    names = list(rows[0])
    kinds = [(name, table.c[name].type.bind_processor(connection.dialect)) for name in names]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(statement) as copying:
        for row in rows:
            copying.write_row([kind(row[name]) if kind else row[name] for name, kind in kinds])
