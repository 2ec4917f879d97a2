"""The consents of people, which are asked for once.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OLDEST = 10


def upgrade() -> None:
    """A table beside the users."""
    op.create_table(
        "consents",
        sa.Column(
            "user_id",
            sa.String(32),
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("client_id", sa.Text, primary_key=True, autoincrement=False),
        sa.Column("client_since", sa.BigInteger, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
    )
