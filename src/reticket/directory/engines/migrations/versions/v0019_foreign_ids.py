"""The ids that people had in other systems.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OLDEST = 18


def upgrade() -> None:
    """An empty table beside the users, which older programs leave alone."""
    op.create_table(
        "foreign_ids",
        sa.Column("system", sa.Text, primary_key=True, autoincrement=False),
        sa.Column("foreign_id", sa.Text, primary_key=True, autoincrement=False),
        sa.Column(
            "user_id", sa.String(32), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("state", sa.Text),
    )
    op.create_index("ix_foreign_ids_user_id", "foreign_ids", ["user_id"])
