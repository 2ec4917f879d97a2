"""What each dialect keeps of a person or a tenant; organizations and cloud profiles become such.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from reticket.directory.engines.migrations.older_people import carry_over

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OLDEST = 1


def _parts(name: str, owner: str, target: str, type_: sa.String | sa.Integer) -> None:
    key = sa.ForeignKey(target, ondelete="CASCADE")
    op.create_table(
        name,
        sa.Column(owner, type_, key, primary_key=True),
        sa.Column("dialect", sa.String(64), primary_key=True, autoincrement=False),
        sa.Column("value", sa.Text, nullable=False),
    )


def upgrade() -> None:
    """Three tables, filled from four that stay: older programs read and write those.

    PostgreSQL: sign-ins lock a person first and write afterwards. Without the lock on all people
    such a transaction and the foreign keys of the new tables would wait for each other.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute("LOCK TABLE users, tenants IN EXCLUSIVE MODE")
    _parts("profile_parts", "user_id", "users.id", sa.String(32))
    _parts("tenant_parts", "tenant_id", "tenants.id", sa.Integer())
    op.create_table(
        "shared_parts",
        sa.Column("dialect", sa.String(64), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.UniqueConstraint("dialect", "id"),
    )
    carry_over(op.get_bind())
