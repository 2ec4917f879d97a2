"""The roles of each person.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OLDEST = 10


def upgrade() -> None:
    """One column with a list as JSON, empty for people without roles."""
    op.add_column("users", sa.Column("role_names", sa.Text))
