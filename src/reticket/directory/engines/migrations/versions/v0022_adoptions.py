"""The systems whose sessions go on here.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

OLDEST = 18


def upgrade() -> None:
    """Two empty tables: older programs adopt nothing, and leave them alone."""
    op.create_table(
        "adoptions",
        sa.Column("name", sa.String(64), primary_key=True, autoincrement=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("client", sa.Text),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text),
        sa.Column("issuer", sa.Text),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("removed_at", sa.BigInteger),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "adoption_ends",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("subject", sa.Text),
        sa.Column("resource", sa.Text),
        sa.Column("client", sa.Text),
        sa.Column("context", sa.Text),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_adoption_ends_subject", "adoption_ends", ["subject"])
