"""Brings a database to the newest schema with the migrations that ship in this package.

Knows no engine; runs in the caller's transaction, so that two starts do not migrate twice.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from reticket.core.errors import StartupError


def is_versioned(connection: Connection) -> bool:
    """Whether migrations have ever run here."""
    return bool(_present(connection))


def migrate(connection: Connection, name: str) -> None:
    """Apply what is missing to the database of that name. StartupError for a newer version."""
    config = _config(connection)
    script = ScriptDirectory.from_config(config)
    present = _present(connection)
    if present - {revision.revision for revision in script.walk_revisions()}:
        raise StartupError(
            f"The directory {name} was written by a newer version of reticket; "
            "upgrade reticket or restore a backup."
        )
    if present != set(script.get_heads()):
        command.upgrade(config, "head")


def _present(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "reticket.directory:migrations")
    config.set_main_option("path_separator", "os")
    return config
