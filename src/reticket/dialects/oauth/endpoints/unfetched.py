"""What is said of a document of another server that cannot be had."""

from __future__ import annotations

from reticket.core.commands import Asking, Audit
from reticket.core.fetching.model import FetchFault, Unfetched
from reticket.oauth.provider import CLIENT

NO_PUBLIC_ADDRESS = frozenset({FetchFault.NO_ADDRESS, FetchFault.REFUSED_ADDRESS})
"""Faults that are told alike: names of a private network are told to nobody."""


def record_unfetched(client_id: str, result: Unfetched) -> Asking[None]:
    """Write into the audit log why another server did not give what a client needs."""
    detail = {"client": client_id, "fault": result.fault.value, "status": result.status}
    known = {name: value for name, value in detail.items() if value is not None}
    yield from Audit(CLIENT, "fetch_failed", detail=known)


def told_fault(result: Unfetched) -> str:
    """The fault for the developer of the client."""
    if result.fault in NO_PUBLIC_ADDRESS:
        return "its host has no public address"
    return result.fault.value
