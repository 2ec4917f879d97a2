"""Adds to the demo what each dialect declares: parts of its records, and people of own realms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from reticket.core.profiles import Part, Profiles
from reticket.directory.drafts import ApplicationDraft, TenantDraft, UserDraft
from reticket.directory.seed.fields import Entry
from reticket.directory.seed.form import Seed
from reticket.directory.seed.users import UserReader
from reticket.directory.seed.yaml_value import yaml_value

D = TypeVar("D", UserDraft, TenantDraft, ApplicationDraft)


def with_demo(seed: Seed, profiles: Profiles) -> Seed:
    """The demo directory, with the parts and the people of all dialects."""
    return replace(
        seed,
        users=(
            *(_added(each, profiles.people) for each in seed.users),
            *people_of_realms(profiles),
        ),
        applications=tuple(_added(each, profiles.programs) for each in seed.applications),
        tenants=tuple(_added(each, profiles.tenants) for each in seed.tenants),
    )


def people_of_realms(profiles: Profiles) -> Iterator[Entry[UserDraft]]:
    """The demo's people in the realms of dialects."""
    read = UserReader(profiles).read
    for realms in profiles.realms:
        for place_id, people in realms.demo.items():
            realm = realms.of(place_id)
            yield from (read(yaml_value({**said, "realm": realm})) for said in people)


def _added(entry: Entry[D], parts: Iterable[Part[Any]]) -> Entry[D]:
    said = {part.key: part.demo[entry.key] for part in parts if entry.key in part.demo}
    return replace(entry, record=replace(entry.record, parts={**entry.record.parts, **said}))
