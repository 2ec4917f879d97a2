"""Deliver messages to people: by a webhook of the operator, or by SMTP."""

from __future__ import annotations

from reticket.messages.smtp import MailServer, SmtpMailer, Transport
from reticket.messages.webhook import Webhook

__all__ = ["MailServer", "SmtpMailer", "Transport", "Webhook"]
