"""Programs have a version of their credentials, which a renewed hash does not change.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OLDEST = 1


def upgrade() -> None:
    """Empty for existing programs, until their next secret: older code writes none."""
    op.add_column("applications", sa.Column("credential_version", sa.BigInteger))
    op.add_column("oauth_clients", sa.Column("credential_version", sa.BigInteger))
