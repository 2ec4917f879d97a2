"""Whether a person acts for a tenant: asked again for every token that names one."""

from __future__ import annotations

from reticket.core.model import Holder
from reticket.core.people import User


def is_member(holder: Holder, context: str | None) -> bool:
    """Whether it acts in that tenant, or for none."""
    if context is None:
        return True
    return isinstance(holder, User) and context in {str(each.id) for each in holder.tenants}
