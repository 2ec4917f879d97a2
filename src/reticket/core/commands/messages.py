"""The command that sends a message to a person."""

from __future__ import annotations

from dataclasses import dataclass

from reticket.core.commands.command import Command
from reticket.core.messages import Message


@dataclass(frozen=True, slots=True)
class SendMessage(Command[None]):
    """Hand a message to the operator's mailer. Result: None, before the message is delivered.

    The result tells nothing of the delivery, so that an answer tells nobody who exists.
    """

    message: Message
