"""Sends a message by SMTP (RFC 5321), to the operator's mail server."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from enum import StrEnum
from pathlib import Path

from reticket.core.messages import Failure, Message

TIMEOUT = 5.0
"""Seconds for each step of the conversation."""

_DOMAIN = re.compile(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]")


class Transport(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    """TLS after the greeting (RFC 3207); without it nothing is sent."""
    TLS = "tls"
    """TLS from the first byte (RFC 8314)."""
    PLAIN = "plain"
    """No TLS."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in.

    Args:
        sender: the address in `From`, with or without a name.
        user / password: for AUTH; both None when the server asks for none.
        ca_file: its certificate authority; None stands for the system's.
    """

    host: str
    port: int
    transport: Transport
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None


class SmtpMailer:
    """Delivers messages to one mail server, each over a connection of its own."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._trust = ssl.create_default_context(cafile=server.ca_file)

    def __call__(self, message: Message) -> Failure | None:
        """Deliver a message, or say why it was not delivered."""
        try:
            recipient = _address(message.recipient)
            mail = _mail(message, self._server.sender, recipient)
            with self._connected() as connection:
                connection.send_message(mail, to_addrs=[recipient.addr_spec])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return _failure_of(error)
        return None

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        place = server.host, server.port
        if server.transport is Transport.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                *place, timeout=TIMEOUT, context=self._trust
            )
        else:
            connection = smtplib.SMTP(*place, timeout=TIMEOUT)
        try:
            self._greet(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _greet(self, connection: smtplib.SMTP) -> None:
        if self._server.transport is Transport.STARTTLS:
            connection.starttls(context=self._trust)
        if self._server.user is not None:
            connection.login(self._server.user, self._server.password or "")


def _address(text: str) -> Address:
    """One address, whatever its local part has. ValueError when it cannot be one."""
    username, _, domain = text.rpartition("@")
    if not username or not _DOMAIN.fullmatch(domain):
        raise ValueError("the recipient is no e-mail address")
    return Address("", username, domain)


def _mail(message: Message, sender: str, recipient: Address) -> EmailMessage:
    """The mail. ValueError when the subject has a line break."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = message.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain="reticket.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def _failure_of(error: Exception) -> Failure:
    """A word for the failure. Nothing that the server said is in it: it may repeat the message."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return Failure("refused_recipient", all(code >= 500 for code in codes))
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Failure("not_supported", is_final=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return Failure("refused", error.smtp_code >= 500)
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure("bad_certificate", is_final=True)
    if isinstance(error, ValueError):
        return Failure("bad_message", is_final=True)
    if isinstance(error, TimeoutError):
        return Failure("timed_out", is_final=False)
    return Failure("unreachable", is_final=False)
