"""What a page says of a client that no operator has registered."""

from __future__ import annotations

from urllib.parse import urlsplit

from reticket.core.texts import isolated
from reticket.oauth.registration import Registration


def vouching_note(registration: Registration, target: str | None = None) -> str | None:
    """The sentence for a person, or None for a client of an operator. The host of `target`, where
    the answer goes, is all that is known of the client.
    """
    if registration.vouched:
        return None
    host = urlsplit(target).hostname if target else None
    place = f" Your answer goes to {isolated(host)}." if host else ""
    return f"This app registered itself. Nobody here vouches for it or for its name.{place}"
