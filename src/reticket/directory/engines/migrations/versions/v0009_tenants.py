"""What Kibo alone needs to know of a tenant becomes its part of the tenant.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

from reticket.directory.engines.migrations.older_tenants import COLUMNS, TABLES, carry_over

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OLDEST = 9
"""Older programs read the tables that are dropped here."""


def upgrade() -> None:
    """Five tables and four columns become a row of `tenant_parts` for each tenant.

    PostgreSQL: the tables are locked in the order in which programs read them. So a program that
    reads a tenant and this migration never wait for each other.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"LOCK TABLE tenants, {', '.join(TABLES)} IN ACCESS EXCLUSIVE MODE")
    carry_over(op.get_bind())
    for table in reversed(TABLES):
        op.drop_table(table)
    for column in COLUMNS:
        op.drop_column("tenants", column)
