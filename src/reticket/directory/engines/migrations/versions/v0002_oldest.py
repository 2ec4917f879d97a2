"""The schema says which programs may run on it.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OLDEST = 1


def upgrade() -> None:
    """A place for the oldest revision; who upgrades writes it."""
    op.create_table(
        "directory_schema",
        sa.Column("oldest", sa.Integer, primary_key=True, autoincrement=False),
    )
