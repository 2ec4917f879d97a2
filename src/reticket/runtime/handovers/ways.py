"""The ways in which an old back end is asked, each made from a table of the settings."""

from __future__ import annotations

import os
import time
from pathlib import Path

from reticket.core.errors import SettingError
from reticket.core.handover import AskOldBackEnd, OldServer
from reticket.core.ports import Clock
from reticket.core.webhook_signature import read_webhook_secret
from reticket.fetching import SafeTalk
from reticket.handover.ldap import LdapSignIn, People, filters
from reticket.handover.vendor import VendorSignIn
from reticket.handover.webhook import SignInWebhook
from reticket.runtime.other_servers import exchange_of, reach_of
from reticket.settings import Settings
from reticket.settings.handover import HandoverTable
from reticket.wire import Dialect


def _webhook(
    settings: Settings, dialect: Dialect, said: HandoverTable, clock: Clock
) -> AskOldBackEnd:
    where = f"dialects.{dialect.name}.handover.secret_file"
    try:
        key = read_webhook_secret(_secret_of(said, where) or "")
    except ValueError as error:
        raise SettingError(f"{where} {error}") from None
    exchange = exchange_of(settings, said.timeout)
    return SignInWebhook(said.url, dialect.name, key, exchange, clock, os.urandom)


def _vendor(
    settings: Settings, dialect: Dialect, said: HandoverTable, clock: Clock
) -> AskOldBackEnd:
    declared, where = dialect.old_sign_in, f"dialects.{dialect.name}.handover"
    if declared is None:
        raise SettingError(f"{where}.by must be webhook or ldap: {dialect.name} has no such route")
    if declared.secret and said.secret_file is None:
        raise SettingError(f"{where}.secret_file must be set, with {declared.secret}")
    server = OldServer(said.url.rstrip("/"), _secret_of(said, f"{where}.secret_file"))
    return VendorSignIn(declared, server, exchange_of(settings, said.timeout / declared.requests))


def _ldap(settings: Settings, dialect: Dialect, said: HandoverTable, clock: Clock) -> AskOldBackEnd:
    where = f"dialects.{dialect.name}.handover"
    try:
        condition = filters.parse(said.filter)
    except ValueError as error:
        raise SettingError(f"{where}.filter must be a filter of RFC 4515: {error}") from None
    password = _secret_of(said, f"{where}.secret_file")
    people = People(said.base or "", condition, said.bind_dn, password)
    talk = SafeTalk(said.url, reach_of(settings), time.monotonic, said.timeout)
    return LdapSignIn(people, talk)


WAYS = {"ldap": _ldap, "webhook": _webhook, "vendor": _vendor}
"""By the setting `by`."""


def _secret_of(said: HandoverTable, where: str) -> str | None:
    """What a file with a secret has."""
    file: Path | None = said.secret_file
    try:
        return None if file is None else file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingError(f"{where} must name a readable file") from None
