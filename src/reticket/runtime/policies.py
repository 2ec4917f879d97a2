"""The policies in force: a resource has its own, and an OAuth client its own. What of them stops
a start, and what an operator should know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from reticket.core.errors import SettingError
from reticket.core.model import Family
from reticket.core.people import Client
from reticket.core.policy import PRESETS, Policy
from reticket.core.ports import Event
from reticket.core.tokens.resource import Resource
from reticket.directory.programs.clients import every_client
from reticket.directory.seed import policy_faults
from reticket.oauth.registration import read_registration, registration_of
from reticket.oauth.site import CLIENT, USER, Site
from reticket.settings import Settings
from reticket.settings import loading as config

if TYPE_CHECKING:
    from reticket.runtime.house import House

OF_CLIENTS = frozenset({USER, CLIENT})
"""Resources whose families and tokens go by the policy of their client."""


def site_of(settings: Settings) -> Site:
    """What the OAuth endpoints know."""
    return Site(config.issuer_of(settings), config.presets(settings))


def policies_for(settings: Settings, resources: Iterable[Resource]) -> Mapping[str, Policy]:
    """The policy of each resource by its name. SettingError for a table that nobody goes by."""
    for name in sorted(OF_CLIENTS & settings.policies.keys()):
        raise SettingError(
            f"policies.{name} would be in force for nobody: every OAuth client has a policy of its "
            "own; change the table of its preset, such as policies.BROWSER_2026, or the client"
        )
    return config.policies_for(settings, resources)


def events(house: House) -> Iterator[Event]:
    """What the audit log is told to be in force from a start on; two starts side by side show a
    change. OAuth clients have a preset each, with what they are registered with beside it.
    """
    for name, policy in of_resources(house).items():
        yield Event(house.clock(), "policy", name, detail=asdict(policy))
    known = config.presets(house.settings)
    for name in PRESETS:
        yield Event(house.clock(), "policy", "oauth", detail=asdict(known[name]))


def of_resources(house: House) -> Mapping[str, Policy]:
    """Of every resource that has one of its own."""
    return {name: policy for name, policy in house.policies.items() if name not in OF_CLIENTS}


def of_family(house: House, family: Family, site: Site) -> Policy | None:
    """What a family goes by now; None when nobody knows any more."""
    client = house.directory.client(family.client) if family.client else None
    if client is not None:
        return registration_of(client, site).policy
    return house.policies.get(family.resource)


def longest_refresh(house: House) -> int:
    """Seconds that a refresh token lives at most, whoever has it."""
    return max(policy.refresh for policy in _all(house))


def longest_session(house: House) -> int:
    """Seconds that a session lives at most, whoever has it."""
    return max(policy.absolute for policy in _all(house))


def _all(house: House) -> Iterator[Policy]:
    site = site_of(house.settings)
    yield from house.policies.values()
    for client in every_client(house.directory.clients):
        yield read_registration(client, site).policy


def faults(house: House) -> Iterator[str]:
    """What makes the policies of clients in service unusable, as sentences; those of resources
    were checked when they were read.
    """
    site = site_of(house.settings)
    for client in every_client(house.directory.clients):
        for fault in () if client.disabled else policy_faults(client.registration, site.presets):
            yield f"client {client.id}: {fault}; reticket client edit --policy, or disable, helps"


def warnings(house: House) -> Iterator[str]:
    """What an operator should know about all policies, as sentences."""
    yield from config.policy_warnings(of_resources(house))
    site = site_of(house.settings)
    for client in every_client(house.directory.clients):
        yield from warnings_of(client, site)


def warnings_of(client: Client, site: Site) -> Iterator[str]:
    """The same of one client. Whoever must prove a key is no bearer, and may have a long window."""
    registration = read_registration(client, site)
    if not registration.dpop_required:
        for warning in registration.policy.warnings():
            yield f"client {client.id}: {warning}"
