"""What an operator must know of refresh tokens that are good at another system too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from reticket.adoption.old_forms import has_old_form
from reticket.core.adoption.model import Adoption
from reticket.core.policy import SECOND
from reticket.runtime.opened_service import OpenedService
from reticket.wire import Dialect


def warnings(instance: OpenedService) -> Iterator[str]:
    """Of each dialect that makes such tokens: until when, or that it makes none."""
    now, adoptions = instance.clock(), instance.directory.adoptions.all()
    for dialect in instance.dialects:
        kinds = {kind.name for kind in dialect.kinds if kind.old_form}
        found = [each for each in adoptions if each.kind in kinds and has_old_form(each)]
        active = [each for each in found if each.is_active(now)]
        yield from map(_lasting, active)
        if kinds and not active:
            yield _unused(dialect)


def _lasting(adoption: Adoption) -> str:
    until = datetime.fromtimestamp(adoption.until // SECOND, UTC)
    return (
        f"refresh tokens of {adoption.kind} are good at {adoption.system} too, until "
        f"{until:%Y-%m-%d %H:%M} UTC. A sign-out, a new password and a reuse here end nothing there"
    )


def _unused(dialect: Dialect) -> str:
    return (
        f"dialects.{dialect.name}.old_refresh_tokens is on, but no adoption of its sessions is "
        "active. So its refresh tokens are good here alone. Remove the setting"
    )
