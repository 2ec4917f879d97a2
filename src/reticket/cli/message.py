"""`reticket message`: the mailer that takes messages to people."""

from __future__ import annotations

import click

from reticket.cli.context import with_instance
from reticket.cli.group import Group
from reticket.core.messages import Message
from reticket.core.policy import SECOND
from reticket.runtime.mailer import mailer_of
from reticket.runtime.opened_service import OpenedService
from reticket.runtime.other_servers import exchange_of

LIFETIME = 300
"""Seconds of a test message."""


@click.group(cls=Group)
def message() -> None:
    """Try the mailer of the settings `[messages]`."""


@message.command()
@click.argument("recipient")
@with_instance
def test(instance: OpenedService, recipient: str) -> None:
    """Send a message without a secret to RECIPIENT, once, and say what became of it.

    \b
    Example:
      reticket message test ada@example.com
    """
    mailer = mailer_of(instance.settings, exchange_of(instance.settings), instance.clock)
    failure = mailer(_test_message(instance, recipient))
    if failure:
        raise click.ClickException(f"the message was not delivered: {failure.reason}")
    click.echo("the message was delivered to the mailer")


def _test_message(instance: OpenedService, recipient: str) -> Message:
    return Message(
        topic="test",
        person="",
        recipient=recipient,
        subject="A test of reticket",
        text="This message shows that reticket can send messages.\n",
        members={},
        until=instance.clock() + LIFETIME * SECOND,
    )


COMMANDS = (message,)
