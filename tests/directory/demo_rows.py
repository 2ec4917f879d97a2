"""The rows of the demo's directory file, for tests that need them in a directory at once."""

from __future__ import annotations

from sqlalchemy import Connection, Table, insert, select

from reticket.core.ports import SecretHasher
from reticket.directory.directory import Directory
from reticket.directory.seed import DEMO, load_seed
from reticket.directory.tables import metadata


class DemoRows:
    """What a load of that file has put into an empty directory."""

    def __init__(self, empty: Directory, hasher: SecretHasher) -> None:
        with empty.database.read() as connection:
            filled = [table for table in metadata.sorted_tables if _rows(connection, table)]
        load_seed(DEMO, empty, hasher)
        with empty.database.read() as connection:
            self._rows = {
                table: rows
                for table in metadata.sorted_tables
                if table not in filled and (rows := _rows(connection, table))
            }

    def put_into(self, directory: Directory) -> None:
        """Create them all in one transaction, as a load does."""
        with directory.database.change() as connection:
            for table, rows in self._rows.items():
                connection.execute(insert(table), rows)
        directory.catch_up()


def _rows(connection: Connection, table: Table) -> list[dict[str, object]]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]
