"""What a page says of a client that no operator has registered."""

from __future__ import annotations

from urllib.parse import urlsplit

from reticket.core.texts import isolated
from reticket.oauth.client_documents import host_of
from reticket.oauth.registration import Registration


def vouching_note(registration: Registration, target: str | None = None) -> str | None:
    """The sentence for a person, or None for a client of an operator. Hosts are all that is known
    of the client: that of its document, and that of `target`, where the answer goes.
    """
    if registration.vouched:
        return None
    host = urlsplit(target).hostname if target else None
    place = f" Your answer goes to {isolated(host)}." if host else ""
    origin = "This app registered itself."
    if registration.by_document:
        origin = f"This app is described by {isolated(host_of(registration.id))} alone."
    return f"{origin} Nobody here vouches for it or for its name.{place}"
