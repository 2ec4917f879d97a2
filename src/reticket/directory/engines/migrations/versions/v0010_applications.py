"""What Kibo alone needs to know of an application becomes its part of the application.

Revision ID: 0010
Revises: 0009
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OLDEST = 10
"""Older programs read the columns that are dropped here."""

OLDER = "SELECT id, environment_scope, behaviors FROM applications"
KEEP = "INSERT INTO application_parts (application_id, dialect, value) VALUES (:id, 'kibo', :value)"


def upgrade() -> None:
    """Two columns become a row of a new table for each application."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("LOCK TABLE applications IN ACCESS EXCLUSIVE MODE")
    op.create_table(
        "application_parts",
        sa.Column(
            "application_id",
            sa.String(255),
            sa.ForeignKey("applications.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("dialect", sa.String(64), primary_key=True, autoincrement=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    _carry_over(op.get_bind())
    op.drop_column("applications", "environment_scope")
    op.drop_column("applications", "behaviors")


def _carry_over(connection: sa.Connection) -> None:
    rows = [
        {
            "id": row.id,
            "value": json.dumps(
                {
                    "environment_scope": row.environment_scope,
                    "behaviors": json.loads(row.behaviors),
                }
            ),
        }
        for row in connection.execute(sa.text(OLDER)).all()
    ]
    if rows:
        connection.execute(sa.text(KEEP), rows)
