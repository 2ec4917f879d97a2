"""What a dialect keeps of a membership is called its part, as that of a person or a tenant is.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OLDEST = 16
"""Older programs read and write the column by its former name."""


def upgrade() -> None:
    """Rename a column of two tables. PostgreSQL 18 has a constraint that is named after the column,
    and makes it anew here.
    """
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("tenant_memberships", "account_memberships"):
        if is_postgresql:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN behaviors DROP NOT NULL")
        op.execute(f"ALTER TABLE {table} RENAME COLUMN behaviors TO part")
        if is_postgresql:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN part SET NOT NULL")
