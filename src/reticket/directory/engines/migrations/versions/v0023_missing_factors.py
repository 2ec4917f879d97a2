"""People whose second factor could not come along from another system.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OLDEST = 23
"""Older programs let these people in by the password alone."""


def upgrade() -> None:
    """A mark beside the factors, empty for everybody at first."""
    op.add_column("second_factors", sa.Column("missing", sa.Boolean))
