"""All policies in force, of token kinds and of OAuth clients; and the algorithms of the clients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reticket.core.policy import Policy
from reticket.directory.programs.clients import Clients, every_client
from reticket.oauth.provider import Provider
from reticket.oauth.registration import read_registration
from reticket.settings import Settings, loading


def provider_of(settings: Settings) -> Provider:
    """The facts that the OAuth endpoints need."""
    return Provider(
        loading.issuer_of(settings),
        loading.presets(settings),
        signing_algorithm=settings.signing_algorithm,
    )


def every_policy(
    settings: Settings, policies: Mapping[str, Policy], clients: Clients
) -> Iterator[Policy]:
    """The policies of token kinds, given by name, and of all registered clients."""
    provider = provider_of(settings)
    yield from policies.values()
    for client in every_client(clients):
        yield read_registration(client, provider).policy


def every_algorithm(settings: Settings, clients: Clients) -> Iterator[str]:
    """The signature algorithms that the registrations of all clients want."""
    provider = provider_of(settings)
    for client in every_client(clients):
        yield from read_registration(client, provider).algorithms
