"""The adoption that imported sessions belong to."""

from __future__ import annotations

import click

from reticket.core.adoption.model import Adoption
from reticket.directory.errors import NotFound
from reticket.moving.sessions.adopting import (
    AdoptionRequest,
    adoption_of,
    check_same_key,
    keep,
)
from reticket.runtime.opened_service import OpenedService


def found_or_made(instance: OpenedService, request: AdoptionRequest, dry_run: bool) -> Adoption:
    """The adoption with that name. One of opaque tokens is made here."""
    try:
        found = instance.directory.adoptions.find(request.name)
    except NotFound:
        if not request.reader:
            raise
        return _made(instance, request, dry_run)
    if request.reader not in ("", found.reader):
        raise click.UsageError(f"the adoption {found.name} has the digest {found.reader}")
    if not found.is_active(instance.store.now()):
        raise click.ClickException(f"the adoption {found.name} has ended")
    if request.key:
        check_same_key(found, request.key)
    return found


def _made(instance: OpenedService, request: AdoptionRequest, dry_run: bool) -> Adoption:
    if not (request.kind and request.until):
        raise click.UsageError("a new adoption needs --kind and --until")
    made = adoption_of(instance, request)
    if not dry_run:
        keep(instance, made)
    return made
