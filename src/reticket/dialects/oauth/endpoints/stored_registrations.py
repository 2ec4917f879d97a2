"""Stores the registrations that clients send, or describe in a document."""

from __future__ import annotations

from reticket.core.commands import Asking, ChangeRegistration, RegisterClient
from reticket.core.errors import Code, Refusal, ReticketError
from reticket.oauth.client_metadata import MetadataFault


def store(command: RegisterClient | ChangeRegistration) -> Asking[None]:
    """Perform the command.

    Raises:
        MetadataFault: the registration cannot be.
    """
    try:
        yield from command
    except Refusal:
        raise
    except ReticketError as error:
        if error.code is not Code.INVALID_PARAMETER:
            raise
        raise MetadataFault("invalid_client_metadata", str(error)) from None
