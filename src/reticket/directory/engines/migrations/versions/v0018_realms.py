"""People belong to realms, and their names are unique in a realm.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OLDEST = 18
"""Older programs look a name up among the people of all realms."""

COPY = """
INSERT INTO users (id, short_id, email, email_folded, secret_hash, first_name, last_name, disabled,
    active, credential_version, created_at, last_sign_in_at, updated_at, group_names, role_names)
SELECT id, short_id, email, email_folded, secret_hash, first_name, last_name, disabled,
    active, credential_version, created_at, last_sign_in_at, updated_at, group_names, role_names
FROM older_users
"""


def upgrade() -> None:
    """Everybody is of the usual realm at first. SQLite cannot drop a constraint: there the table is
    made anew.
    """
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
    else:
        _alter()
    op.create_table(
        "realm_numbers",
        sa.Column("realm", sa.Text, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
    )


def _alter() -> None:
    for column in _added():
        op.add_column("users", column)
    op.drop_constraint("uq_users_email_folded", "users")
    for name in ("email_folded", "user_name_folded", "number"):
        op.create_unique_constraint(f"uq_users_realm_{name}", "users", ["realm", name])


def _make_anew() -> None:
    """Other tables refer to the name of the table, which stays the same."""
    if op.get_bind().exec_driver_sql("PRAGMA foreign_keys").scalar_one():
        raise RuntimeError("foreign keys must be off while a table is made anew")
    op.execute("PRAGMA legacy_alter_table = ON")
    op.execute("ALTER TABLE users RENAME TO older_users")
    _create()
    op.execute(COPY)
    op.execute("DROP TABLE older_users")
    op.execute("PRAGMA legacy_alter_table = OFF")
    dangling = op.get_bind().exec_driver_sql("PRAGMA foreign_key_check").all()
    if any(parent == "users" for _, _, parent, _ in dangling):
        raise RuntimeError("a row refers to a person who does not exist")


def _create() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(32), primary_key=True, autoincrement=False),
        sa.Column("short_id", sa.String(16), nullable=False, unique=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_folded", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text),
        sa.Column("last_name", sa.Text),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("credential_version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_sign_in_at", sa.BigInteger),
        sa.Column("updated_at", sa.BigInteger),
        sa.Column("group_names", sa.Text),
        sa.Column("role_names", sa.Text),
        *_added(),
        sa.UniqueConstraint("realm", "email_folded"),
        sa.UniqueConstraint("realm", "user_name_folded"),
        sa.UniqueConstraint("realm", "number"),
    )


def _added() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("realm", sa.Text, nullable=False, server_default=""),
        sa.Column("user_name", sa.Text),
        sa.Column("user_name_folded", sa.Text),
        sa.Column("number", sa.Integer),
    )
