"""Finds adoptions of another system's sessions that accept nothing, or end soon."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.adoption.jwts import EMAIL_CLAIM
from reticket.cli.context import rfc3339
from reticket.cli.doctor.findings import Finding, warning
from reticket.core.adoption.model import Adoption, Mode
from reticket.core.identifiers import family_id, time_of
from reticket.core.model import Selection
from reticket.core.policy import DAY, SECOND
from reticket.runtime.opened_service import OpenedService

TOPIC = "adopted sessions"

SOON = 7 * DAY * SECOND
"""Milliseconds before the end of an adoption."""


def look(instance: OpenedService) -> Iterator[Finding]:
    """What is missing for each adoption that is active."""
    now = instance.store.now()
    for adoption in instance.directory.adoptions.all():
        if adoption.is_active(now):
            yield from _missing(instance, adoption, now)


def _missing(instance: OpenedService, adoption: Adoption, now: int) -> Iterator[Finding]:
    name, system = adoption.name, adoption.system
    if adoption.mode is Mode.LIVING and not _has_a_row(instance, adoption):
        yield warning(
            f"no session of {name} was imported, so none is accepted: run reticket import "
            f"sessions --adoption {name}"
        )
    by_id = adoption.algorithm is not None and EMAIL_CLAIM not in adoption.options
    if by_id and not instance.directory.foreign_ids.count(system):
        yield warning(
            f"nobody has an id of {system} here, so no token of {name} is accepted: run reticket "
            f"import users --system {system}"
        )
    if adoption.until - now < SOON:
        yield warning(
            f"tokens of {name} are accepted until {rfc3339(adoption.until)}. From then on people "
            "whose clients have not come here sign in again"
        )


def _has_a_row(instance: OpenedService, adoption: Adoption) -> bool:
    """Whether a session has the time of the adoption in its id."""
    before = family_id(adoption.since, bytes)
    found = instance.store.page(Selection(resource=adoption.kind), 1, before).families
    return any(time_of(each.id) == adoption.since for each in found)
