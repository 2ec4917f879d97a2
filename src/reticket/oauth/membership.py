"""Membership of a person in a tenant; checked again for every token that names a tenant."""

from __future__ import annotations

from reticket.core.entitlement import entitled
from reticket.core.model import Holder, Place


def is_member(holder: Holder, context: str | None) -> bool:
    """Whether the holder of a token may act in its tenant; true for a token without one."""
    return context is None or entitled(holder, context, Place.TENANT, None)
