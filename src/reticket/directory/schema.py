"""Brings a database to the newest schema with the migrations that ship in this package.

Knows no engine; runs in the caller's transaction, so that two starts do not migrate twice.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from reticket.core.errors import StartupError


def migrate(connection: Connection, file: Path) -> None:
    """Apply what is missing. StartupError for tables of somebody else or of a newer version."""
    config = _config(connection)
    script = ScriptDirectory.from_config(config)
    present = set(MigrationContext.configure(connection).get_current_heads())
    if present - {revision.revision for revision in script.walk_revisions()}:
        raise StartupError(
            f"The directory {file} was written by a newer version of reticket; "
            "upgrade reticket or restore a backup."
        )
    if not present and inspect(connection).get_table_names():
        raise StartupError(f"The file {file} is a database, but not a directory of reticket.")
    if present != set(script.get_heads()):
        command.upgrade(config, "head")


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "reticket.directory:migrations")
    config.set_main_option("path_separator", "os")
    return config
