"""The table `[messages]`: how messages to people, such as codes that reset a password, are sent."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from reticket.settings.table import Table
from reticket.settings.values import TOGETHER, Accepts, ExistingFile, Int

_Url = Annotated[str, Field(pattern=r"^https://[^/?#\s@]+(/[^#\s]*)?$"), Accepts("an https:// URL")]
_HostName = Annotated[
    str, Field(pattern=r"^[0-9A-Za-z.:-]{1,253}$"), Accepts("a host name or an IP address")
]
_Port = Annotated[Int, Field(ge=1, le=65_535), Accepts("a whole number from 1 to 65535")]
_Transport = Annotated[
    Literal["starttls", "tls", "plain"],
    Accepts("starttls, tls, or plain, which is for an smtp_host on this machine alone"),
]
_Sender = Annotated[
    str,
    Field(pattern=r"^[^\r\n@]+@[^\r\n@]+$", max_length=320),
    Accepts("an e-mail address, such as no-reply@example.com or Shop <no-reply@example.com>"),
]
_Text = Annotated[str, Field(min_length=1, max_length=320), Accepts("a text")]
_LOOPBACK_NAMES = frozenset({"localhost", "localhost."})


class MessagesTable(Table):
    """The operator's mailer: a webhook or a mail server. Without either, no message is sent."""

    webhook: _Url | None = Field(None, description="address to which messages are posted")
    webhook_secret_file: ExistingFile | None = Field(
        None, description="file with the key of the webhook's signatures, `whsec_` and base64"
    )
    smtp_host: _HostName | None = Field(None, description="mail server that takes messages")
    smtp_port: _Port = Field(587, description="port of the mail server")
    smtp_transport: _Transport = Field("starttls", description="protection of that connection")
    smtp_user: _Text | None = Field(None, description="user name at the mail server")
    smtp_password_file: ExistingFile | None = Field(
        None, description="file with the password of that user"
    )
    smtp_ca_file: ExistingFile | None = Field(
        None,
        description="certificate authority of the mail server, PEM; without it the system's",
    )
    sender: _Sender | None = Field(None, description="address that mail comes from")

    @model_validator(mode="after")
    def _one_mailer(self) -> Self:
        if self.webhook and self.smtp_host:
            raise _together("messages.webhook and messages.smtp_host must not both be set")
        return self

    @model_validator(mode="after")
    def _whole_webhook(self) -> Self:
        if (self.webhook is None) != (self.webhook_secret_file is None):
            raise _together(
                "messages.webhook and messages.webhook_secret_file must be set together"
            )
        return self

    @model_validator(mode="after")
    def _whole_mail_server(self) -> Self:
        if (self.smtp_host is None) != (self.sender is None):
            raise _together("messages.smtp_host and messages.sender must be set together")
        if (self.smtp_user is None) != (self.smtp_password_file is None):
            raise _together(
                "messages.smtp_user and messages.smtp_password_file must be set together"
            )
        return self

    @model_validator(mode="after")
    def _plain_at_home(self) -> Self:
        host = self.smtp_host
        if host is not None and self.smtp_transport == "plain" and not _is_loopback(host):
            raise _together(
                "messages.smtp_transport must not be plain for another machine: "
                "messages contain secrets"
            )
        return self


def _together(sentence: str) -> PydanticCustomError:
    return PydanticCustomError(TOGETHER, sentence)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in _LOOPBACK_NAMES
