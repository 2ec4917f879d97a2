"""When a person's record was last changed.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OLDEST = 10


def upgrade() -> None:
    """One column, empty for people of older programs: their time of creation is used then."""
    op.add_column("users", sa.Column("updated_at", sa.BigInteger))
