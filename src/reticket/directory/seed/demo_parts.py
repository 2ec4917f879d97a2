"""Adds the dialects' parts to the people, the tenants and the applications of the demo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from reticket.core.profiles import Part, Profiles
from reticket.directory.drafts import ApplicationDraft, TenantDraft, UserDraft
from reticket.directory.seed.fields import Entry
from reticket.directory.seed.form import Seed

D = TypeVar("D", UserDraft, TenantDraft, ApplicationDraft)


def with_demo(seed: Seed, profiles: Profiles) -> Seed:
    """The demo directory, with the parts of all dialects."""
    return replace(
        seed,
        users=tuple(_added(each, profiles.people) for each in seed.users),
        applications=tuple(_added(each, profiles.programs) for each in seed.applications),
        tenants=tuple(_added(each, profiles.tenants) for each in seed.tenants),
    )


def _added(entry: Entry[D], parts: Iterable[Part[Any]]) -> Entry[D]:
    said = {part.key: part.demo[entry.key] for part in parts if entry.key in part.demo}
    return replace(entry, record=replace(entry.record, parts={**entry.record.parts, **said}))
