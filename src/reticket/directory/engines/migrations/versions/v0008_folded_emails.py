"""E-mail addresses are compared in NFC, with the domain's A-label.

Revision ID: 0008
Revises: 0007
"""

import logging

from alembic import op

from reticket.directory.people.emails import refold

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OLDEST = 1

_log = logging.getLogger("reticket.directory")


def upgrade() -> None:
    """Two people with one address are reported and never merged: an operator decides."""
    for user_id, other_id in refold(op.get_bind()):
        _log.warning(
            "The users %s and %s have one e-mail address, so %s cannot sign in until an operator "
            "changes one of them.",
            user_id, other_id, user_id,
        )  # fmt: skip
