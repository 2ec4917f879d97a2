"""Clients that registered themselves.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OLDEST = 10


def upgrade() -> None:
    """An empty table: older programs know no such client, and treat it as an operator's."""
    op.create_table(
        "registrations",
        sa.Column(
            "client_id",
            sa.String(255),
            sa.ForeignKey("oauth_clients.client_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
