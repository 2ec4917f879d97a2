"""Makes the operator's mailer from the settings."""

from __future__ import annotations

from pathlib import Path

from reticket.core.errors import SettingError
from reticket.core.fetching.model import Exchange
from reticket.core.messages import Deliver, without_mailer
from reticket.core.ports import Clock
from reticket.core.webhook_signature import read_webhook_secret
from reticket.messages import MailServer, SmtpMailer, Transport, Webhook
from reticket.settings import Settings


def mailer_of(settings: Settings, exchange: Exchange, clock: Clock) -> Deliver:
    """The mailer of the table `[messages]`; one that delivers nothing when the table is empty.

    Raises:
        SettingError: a file with a secret cannot be read, or has something else in it.
    """
    said = settings.messages
    if said.webhook and said.webhook_secret_file:
        key = _webhook_key(said.webhook_secret_file)
        return Webhook(said.webhook, key, exchange, clock)
    if said.smtp_host and said.sender:
        return SmtpMailer(_mail_server(settings, said.smtp_host, said.sender))
    return without_mailer


def _mail_server(settings: Settings, host: str, sender: str) -> MailServer:
    said = settings.messages
    password = said.smtp_password_file
    return MailServer(
        host=host,
        port=said.smtp_port,
        transport=Transport(said.smtp_transport),
        sender=sender,
        user=said.smtp_user,
        password=_line_of(password, "messages.smtp_password_file") if password else None,
        ca_file=said.smtp_ca_file,
    )


def _webhook_key(file: Path) -> bytes:
    name = "messages.webhook_secret_file"
    try:
        return read_webhook_secret(_line_of(file, name))
    except ValueError as error:
        raise SettingError(f"{name} {error}") from None


def _line_of(file: Path, name: str) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingError(f"{name} must name a readable file") from None
