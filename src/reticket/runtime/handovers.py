"""Makes the ways in which old back ends are asked, from the settings."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reticket.core.errors import SettingError
from reticket.core.fetching.model import Exchange
from reticket.core.handover import AskOldBackEnd, Confirmed, Handover, OldServer
from reticket.core.ports import Clock
from reticket.core.profiles import Part
from reticket.core.webhook_signature import read_webhook_secret
from reticket.directory.errors import Invalid
from reticket.directory.typed import checked_part
from reticket.fetching import Reach, Resolver, SafeExchange, SafeTalk
from reticket.handover.ldap import LdapSignIn, People, filters
from reticket.handover.vendor import VendorSignIn
from reticket.handover.webhook import SignInWebhook
from reticket.settings import Settings
from reticket.settings.handover import HandoverTable
from reticket.settings.handovers import handover_of
from reticket.wire import Dialect

SAMPLE = Confirmed("somebody@example.com")
"""Stands for a person when the setting `part` is checked."""


def is_any_set(settings: Settings) -> bool:
    """Whether sign-ins of any dialect are handed over, be it enabled or not."""
    return any(handover_of(settings, name) for name in settings.dialects)


def handovers_of(
    settings: Settings, dialects: Sequence[Dialect], clock: Clock
) -> Mapping[str, Handover]:
    """How the sign-ins of these dialects are handed over, by the dialect's name.

    Raises:
        SettingError: a table does not fit its dialect, or a file cannot be read.
    """
    tables = {each.name: handover_of(settings, each.name) for each in dialects}
    parts = [each.person for each in dialects if each.person is not None]
    return {
        each.name: _handover(settings, each, table, parts, clock)
        for each in dialects
        if (table := tables[each.name]) is not None
    }


def _handover(
    settings: Settings,
    dialect: Dialect,
    said: HandoverTable,
    parts: Sequence[Part[Any]],
    clock: Clock,
) -> Handover:
    ask = _WAYS[said.by](settings, dialect, said, clock)
    written = _written_of(dialect, said, f"dialects.{dialect.name}.handover.part")
    own = written.keys()
    named = [part for part in parts if part.key not in own and _is_whole(part)]

    def parts_of(confirmed: Confirmed) -> Mapping[str, object]:
        found: dict[str, object] = {part.key: part.named(confirmed) for part in named}
        for key, (part, more) in written.items():
            found[key] = {**part.named(confirmed), **more}
        return found

    return Handover(said.by, ask, said.keeps_unknown, parts_of, said.failures, said.pause)


def _written_of(
    dialect: Dialect, said: HandoverTable, where: str
) -> Mapping[str, tuple[Part[Any], dict[str, object]]]:
    """The part of the dialect with what the table says of it, checked for a sample. It is nothing
    where the table says nothing, and nobody needs the part.
    """
    part, more = dialect.person, _plain(said.part)
    if part is None or part.has_places:
        if more:
            raise SettingError(f"{where} must be left out: {dialect.name} keeps no such part")
        return {}
    if not said.keeps_unknown or not (more or _is_needed(part)):
        return {}
    try:
        checked_part(part, {**part.named(SAMPLE), **more}, 0)
    except Invalid as error:
        raise SettingError(f"{where}: {error}") from None
    return {part.key: (part, more)}


def _is_whole(part: Part[Any]) -> bool:
    """Whether the names of a person make a part by themselves."""
    members = part.named(SAMPLE)
    return bool(members) and _is_valid(part, members)


def _is_needed(part: Part[Any]) -> bool:
    """Whether the part has members without which nobody is known to the dialect."""
    return not _is_valid(part, {})


def _is_valid(part: Part[Any], members: Mapping[str, object]) -> bool:
    try:
        checked_part(part, members, 0)
    except Invalid:
        return False
    return True


def _plain(value: Any) -> Any:
    """Tables of settings as plain ones."""
    if not isinstance(value, Mapping):
        return value
    return {key: _plain(each) for key, each in value.items()}


def _webhook(
    settings: Settings, dialect: Dialect, said: HandoverTable, clock: Clock
) -> AskOldBackEnd:
    where = f"dialects.{dialect.name}.handover.secret_file"
    try:
        key = read_webhook_secret(_secret_of(said, where) or "")
    except ValueError as error:
        raise SettingError(f"{where} {error}") from None
    exchange = _exchange(settings, said.timeout)
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
    return VendorSignIn(declared, server, _exchange(settings, said.timeout / declared.requests))


def _ldap(settings: Settings, dialect: Dialect, said: HandoverTable, clock: Clock) -> AskOldBackEnd:
    where, fetch = f"dialects.{dialect.name}.handover", settings.fetch
    try:
        condition = filters.parse(said.filter)
    except ValueError as error:
        raise SettingError(f"{where}.filter must be a filter of RFC 4515: {error}") from None
    password = _secret_of(said, f"{where}.secret_file")
    people = People(said.base or "", condition, said.bind_dn, password)
    reach = Reach(Resolver(), fetch.private_hosts, fetch.ca_file)
    return LdapSignIn(people, SafeTalk(said.url, reach, time.monotonic, said.timeout))


_WAYS = {"ldap": _ldap, "webhook": _webhook, "vendor": _vendor}


def _exchange(settings: Settings, timeout: float) -> Exchange:
    said = settings.fetch
    return SafeExchange(Resolver(), said.private_hosts, said.ca_file, time.monotonic, timeout)


def _secret_of(said: HandoverTable, where: str) -> str | None:
    """What a file with a secret has."""
    file: Path | None = said.secret_file
    try:
        return None if file is None else file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingError(f"{where} must name a readable file") from None
