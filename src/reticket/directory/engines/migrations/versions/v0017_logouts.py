"""Clients that are told when a session ends.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OLDEST = 16


def upgrade() -> None:
    """An empty table: older programs tell no client, and leave it alone."""
    op.create_table(
        "logouts",
        sa.Column("session_id", sa.String(32), primary_key=True),
        sa.Column(
            "client_id",
            sa.String(255),
            sa.ForeignKey("oauth_clients.client_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("family", sa.String(32), nullable=False),
        sa.Column("kept_until", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("claimed_until", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    for column in ("client_id", "subject", "family", "due_at"):
        op.create_index(f"ix_logouts_{column}", "logouts", [column])
