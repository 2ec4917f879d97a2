"""Whether a subject may have a token, by data that a command carries: a pure function."""

from __future__ import annotations

from collections.abc import Collection

from reticket.core.model import Holder, Place
from reticket.core.people import User


def entitled(holder: Holder, context: str | None, place: Place | None, part: str | None) -> bool:
    """Whether the subject may have a token for a context, at this moment.

    Args:
        holder: the subject's record.
        context: the tenant or account of the token, or None.
        place: the kind of place that the context must name; the person must belong to it. None
            accepts every context.
        part: the dialect that must know the person; None asks for nothing.
    """
    if not isinstance(holder, User):
        return place is None and part is None
    if part is not None and part not in dict(holder.parts):
        return False
    if context is None or place is None:
        return True
    places = holder.tenants if place is Place.TENANT else holder.accounts
    return context in [str(each.id) for each in places]


def in_one_of(holder: Holder, groups: Collection[str] | None) -> bool:
    """Whether the subject is in one of these groups; True for None, which asks for nothing."""
    if groups is None:
        return True
    return isinstance(holder, User) and any(group in groups for group in holder.groups)
