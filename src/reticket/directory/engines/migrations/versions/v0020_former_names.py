"""Names of people who were deleted, or got another address, while sign-ins were handed over.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OLDEST = 18


def upgrade() -> None:
    """An empty table. Older programs hand no sign-in over, and leave it alone."""
    op.create_table(
        "former_names",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("noted_at", sa.BigInteger, nullable=False),
    )
