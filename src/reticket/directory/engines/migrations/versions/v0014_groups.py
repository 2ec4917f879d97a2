"""The groups of each person.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OLDEST = 10


def upgrade() -> None:
    """One column with a list as JSON, empty for people without groups."""
    op.add_column("users", sa.Column("group_names", sa.Text))
