"""Whether a person is a member of a tenant; checked again for every token that names one."""

from __future__ import annotations

from reticket.core.model import Holder
from reticket.core.people import User


def is_member(holder: Holder, context: str | None) -> bool:
    """Whether it is a member of that tenant, or the tenant is None."""
    if context is None:
        return True
    return isinstance(holder, User) and context in {str(each.id) for each in holder.tenants}
