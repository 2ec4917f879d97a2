"""Whether a person is a member of a tenant; checked again for every token that names one."""

from __future__ import annotations

from reticket.core.entitlement import entitled
from reticket.core.model import Holder, Place


def is_member(holder: Holder, context: str | None) -> bool:
    """Whether it acts in that tenant, or for none."""
    return context is None or entitled(holder, context, Place.TENANT, None)
