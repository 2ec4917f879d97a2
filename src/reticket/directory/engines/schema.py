"""Upgrades a database to the newest schema with the migrations in this package.

Knows no engine. It runs in the caller's transaction, so two starts do not migrate twice. Each
migration has in `OLDEST` the oldest revision whose code runs on its result. The database stores
that as well, for programs that do not know the migration.
"""

from __future__ import annotations

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, insert, inspect, select

from reticket.core.storage.schema import SchemaState, Task
from reticket.directory.tables import directory_schema


def is_versioned(connection: Connection) -> bool:
    """Whether migrations have ever run in this database."""
    return MigrationContext.configure(connection).get_current_revision() is not None


def schema_state_of(connection: Connection, place: str) -> SchemaState:
    """The version of the schema in the database at that place."""
    known = _newest()
    found = int(MigrationContext.configure(connection).get_current_revision() or 0)
    return SchemaState("directory", place, found, _oldest(connection) or found, known)


def absent(place: str) -> SchemaState:
    """The state of a schema that does not exist yet."""
    return SchemaState("directory", place, 0, 0, _newest())


def migrate(connection: Connection, place: str) -> None:
    """Apply the missing migrations; a newer schema stays as it is.

    StartupError for a newer version that this program cannot run on.
    """
    state = schema_state_of(connection, place)
    state.refuse_newer()
    if state.task is Task.NOTHING:
        return
    command.upgrade(_config(connection), "head")
    connection.execute(delete(directory_schema))
    connection.execute(insert(directory_schema).values(oldest=_oldest_of_newest()))


def _oldest(connection: Connection) -> int | None:
    if not inspect(connection).has_table(directory_schema.name):
        return None
    return connection.execute(select(directory_schema.c.oldest)).scalar()


def _oldest_of_newest() -> int:
    return int(_scripts().get_revision("head").module.OLDEST)


def _newest() -> int:
    return int(_scripts().get_current_head() or 0)


@cache
def _scripts() -> ScriptDirectory:
    """The migrations of this package. Alembic runs each file to learn their order."""
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "reticket.directory.engines:migrations")
    config.set_main_option("path_separator", "os")
    return config
