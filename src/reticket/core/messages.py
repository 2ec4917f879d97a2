"""Messages to people, such as a code that resets a password, and the port that delivers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person.

    Args:
        topic: a word for the webhook and the audit log, such as `password_reset`.
        person: the id of the person, for the audit log.
        recipient: the e-mail address, as it is stored.
        subject: one line.
        text: the plain text.
        members: what the text says, by name, for a webhook that writes its own text.
        until: milliseconds; it is not delivered later than this.
    """

    topic: str
    person: str
    recipient: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    members: Mapping[str, str] = field(repr=False)
    until: int


class Failure(NamedTuple):
    """Why a message was not delivered.

    Args:
        reason: a word for the audit log.
        is_final: whether another attempt would fail as well.
    """

    reason: str
    is_final: bool


Deliver: TypeAlias = Callable[[Message], Failure | None]
"""The port: delivers a message, or says why not. It blocks, for some seconds at most."""


def without_mailer(message: Message) -> Failure:
    """Deliver nothing: no mailer is configured."""
    return Failure("no_mailer", is_final=True)
