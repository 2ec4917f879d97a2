"""The policies in force: each token kind has one, and each OAuth client. Also their faults, which
stop a start, and warnings about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from reticket import dialects
from reticket.core.errors import SettingError
from reticket.core.model import Family
from reticket.core.people import Client
from reticket.core.policy import Policy
from reticket.core.ports import Event
from reticket.core.tokens.kinds import TokenKind
from reticket.directory.programs.clients import every_client
from reticket.directory.seed import policy_faults
from reticket.oauth.login import LOGIN
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.registration import read_registration, registration_of
from reticket.runtime.every_policy import provider_of
from reticket.runtime.opened_service import OpenedService
from reticket.settings import Settings, loading

OF_CLIENTS = frozenset({USER, CLIENT})
"""Token kinds whose sessions and tokens follow the policy of their client."""


def policies_for(settings: Settings, kinds: Iterable[TokenKind]) -> Mapping[str, Policy]:
    """The policy of each token kind. SettingError for a table that has no effect."""
    for name in sorted(OF_CLIENTS & settings.policies.keys()):
        raise SettingError(
            f"policies.{name} has no effect: every OAuth client has a policy of its "
            "own; change the table of its preset, such as policies.BROWSER_2026, or the client"
        )
    if LOGIN in settings.policies:
        raise SettingError(
            f"policies.{LOGIN} has no effect: set login_idle and login_absolute in [dialects.oauth]"
        )
    return loading.policies_for(settings, kinds)


def events(instance: OpenedService) -> Iterator[Event]:
    """The audit events that state the policies in force from a start on; two of them show a change.
    OAuth clients have a preset each, and changes in their registration.
    """
    for name, policy in of_kinds(instance).items():
        yield Event(instance.clock(), "policy", name, detail=asdict(policy))
    known = loading.presets(instance.settings)
    for name in dialects.presets():
        yield Event(instance.clock(), "policy", "oauth", detail=asdict(known[name]))


def of_kinds(instance: OpenedService) -> Mapping[str, Policy]:
    """The policies of all token kinds that have their own."""
    return {name: policy for name, policy in instance.policies.items() if name not in OF_CLIENTS}


def of_session(instance: OpenedService, family: Family, provider: Provider) -> Policy | None:
    """The policy that a session follows now; None when it is no longer known."""
    client = instance.directory.client(family.client) if family.client else None
    if client is not None:
        return registration_of(client, provider).policy
    return instance.policies.get(family.resource)


def longest_session(instance: OpenedService) -> int:
    """Seconds that the longest session lives."""
    return max(policy.absolute for policy in instance.every_policy())


def faults(instance: OpenedService) -> Iterator[str]:
    """Sentences about unusable policies of enabled clients; those of token kinds were checked when
    they were read.
    """
    provider = provider_of(instance.settings)
    for client in every_client(instance.directory.clients):
        for fault in (
            () if client.disabled else policy_faults(client.registration, provider.presets)
        ):
            yield f"client {client.id}: {fault}; reticket client edit --policy, or disable, helps"


def warnings(instance: OpenedService) -> Iterator[str]:
    """Sentences about all policies that an operator should know."""
    yield from loading.policy_warnings(of_kinds(instance))
    provider = provider_of(instance.settings)
    for client in every_client(instance.directory.clients):
        yield from warnings_of(client, provider)


def warnings_of(client: Client, provider: Provider) -> Iterator[str]:
    """The same for one client. A client that must prove a key does not use bearer tokens, and may
    have a long window.
    """
    registration = read_registration(client, provider)
    if not registration.dpop_required:
        for warning in registration.policy.warnings():
            yield f"client {client.id}: {warning}"
