"""Whether the setting `debug` is on."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime.opened_service import OpenedService
from reticket.settings import Settings

TOPIC = "debug setting"


def look(instance: OpenedService) -> Iterator[Finding]:
    """The setting, on for all dialects or for one."""
    for key in _switched_on(instance.settings):
        yield warning(f"{key} is on, so answers explain errors to callers: remove it")


def _switched_on(settings: Settings) -> Iterator[str]:
    if settings.debug:
        yield "debug"
    for name, table in settings.dialects.items():
        if msgspec.convert(table.get("debug", False), bool, strict=False):
            yield f"dialects.{name}.debug"
