"""Membership of a person in a tenant and in groups; checked again whenever a token is used."""

from __future__ import annotations

from reticket.core.entitlement import entitled, in_one_of
from reticket.core.model import Holder, Place
from reticket.core.people import User
from reticket.oauth.registration import Registration


def is_member(holder: Holder, context: str | None) -> bool:
    """Whether the holder of a token may act in its tenant; true for a token without one."""
    return context is None or entitled(holder, context, Place.TENANT, None)


def may_use(holder: Holder, registration: Registration) -> bool:
    """Whether the holder of a token of this client may use the client. A token that a client got
    for itself has no person.
    """
    return not isinstance(holder, User) or in_one_of(holder, registration.groups_allowed)
