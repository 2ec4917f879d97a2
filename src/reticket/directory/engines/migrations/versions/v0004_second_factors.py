"""Second factors belong to people; those of cloud profiles become their owners'.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OLDEST = 1


def _of_user() -> sa.Column[str]:
    owner = sa.ForeignKey("users.id", ondelete="CASCADE")
    return sa.Column("user_id", sa.String(32), owner, primary_key=True)


def upgrade() -> None:
    """Two tables. The old column stays: older programs read and write it."""
    op.create_table(
        "second_factors",
        _of_user(),
        sa.Column("totp_sealed", sa.LargeBinary),
        sa.Column("pending_sealed", sa.LargeBinary),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_step", sa.BigInteger),
    )
    op.create_table(
        "recovery_codes",
        _of_user(),
        sa.Column("digest", sa.LargeBinary, primary_key=True, autoincrement=False),
    )
    op.execute(
        "INSERT INTO second_factors (user_id, totp_sealed, failures) "
        "SELECT user_id, totp_sealed, 0 FROM cloud_profiles WHERE totp_sealed IS NOT NULL"
    )
