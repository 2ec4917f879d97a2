"""Consents that people have given before: when the consent page may be left out.

Never for a client whose answer goes to a loopback address or to a private scheme. Any other program
of that device may take its place (RFC 8252 §8.6). The exception is a confidential client of an
operator (ADR 0025).
"""

from __future__ import annotations

from contextlib import suppress

from reticket.core.commands import Asking, FindConsent, KeepConsent
from reticket.core.errors import Unavailable
from reticket.core.people import Client
from reticket.dialects.oauth.pages.interaction import Interaction, Person
from reticket.oauth.lists import split_list
from reticket.oauth.provider import Provider
from reticket.oauth.redirect_targets import has_known_host
from reticket.oauth.registration import registration_of


def is_granted(
    client: Client, provider: Provider, interaction: Interaction, person: Person
) -> Asking[bool]:
    """Whether the client may have what it asks for without a question to the person."""
    if interaction.asks_consent or not _is_assured(client, provider, interaction):
        return False
    if registration_of(client, provider).first_party:
        return True
    return (yield from _covers(client, interaction, person))


def remember(
    client: Client, provider: Provider, interaction: Interaction, person: Person
) -> Asking[None]:
    """Keep the consent of a person. When the store fails, the person is asked again next time."""
    if not _is_assured(client, provider, interaction):
        return
    with suppress(Unavailable):
        if not (yield from _covers(client, interaction, person)):
            yield from KeepConsent(person.subject, client, split_list(interaction.scope))


def _is_assured(client: Client, provider: Provider, interaction: Interaction) -> bool:
    """Whether nobody else gets the answer: its host is known, or an operator has given the client a
    secret or keys. What a client has registered itself, any copy of the program may have.
    """
    registration = registration_of(client, provider)
    is_proven = registration.confidential and registration.vouched
    return is_proven or has_known_host(interaction.target or "")


def _covers(client: Client, interaction: Interaction, person: Person) -> Asking[bool]:
    scopes: tuple[str, ...] | None = yield from FindConsent(person.subject, client)
    return scopes is not None and set(split_list(interaction.scope)) <= set(scopes)
