"""What forms of password hashes of other systems need beside the hashes, sealed.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OLDEST = 18


def upgrade() -> None:
    """An empty table, which older programs leave alone."""
    op.create_table(
        "hash_configs",
        sa.Column("name", sa.String(32), primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
