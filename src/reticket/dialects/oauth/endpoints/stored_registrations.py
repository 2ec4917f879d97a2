"""Stores the registrations that clients send, or describe in a document."""

from __future__ import annotations

from collections.abc import Sequence

from reticket.core.commands import Asking, ChangeRegistration, RegisterClient
from reticket.core.errors import Code, Refusal, ReticketError
from reticket.oauth.client_metadata import MetadataFault


def store(command: RegisterClient | ChangeRegistration) -> Asking[Sequence[str]]:
    """Perform the command. Returns the ids of the clients that have given way.

    Raises:
        MetadataFault: the registration cannot be.
    """
    try:
        return (yield from command) or ()
    except Refusal:
        raise
    except ReticketError as error:
        if error.code is not Code.INVALID_PARAMETER:
            raise
        raise MetadataFault("invalid_client_metadata", str(error)) from None
