"""The rights of a client that no operator registered: it registered itself, or has a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reticket.core.people import Client

REGISTERED_BY = "registered_by"
SELF, DOCUMENT = "self", "document"
"""Values of that member: the client registered itself (RFC 7591), or its metadata document did."""

REGISTER = "register"
"""The scope of an initial access token (RFC 7591 §3)."""

Mode = Literal["off", "token", "open"]


@dataclass(frozen=True, slots=True)
class RegistrationRules:
    """How clients may register themselves.

    Args:
        mode: not at all, with an initial access token, or everybody.
        scopes: all scopes that such a client may be granted.
        resources: all audiences that its tokens may have beside the issuer.
        per_address: registrations of one network in an hour.
        most: how many such clients there may be.
    """

    mode: Mode = "off"
    scopes: tuple[str, ...] = ("openid", "profile", "email", "offline_access")
    resources: tuple[str, ...] = ()
    per_address: int = 20
    most: int = 10_000


OFF = RegistrationRules()


@dataclass(frozen=True, slots=True)
class DocumentRules:
    """How clients may be registered by their metadata documents.

    Args:
        enabled: whether they may.
        hosts: the hosts of documents; every host when there is none.
        per_address: registrations and changes by documents that one network causes in an hour.
        most: how many such clients there may be.
        days: after which such a client goes when it was not used.
    """

    enabled: bool = False
    hosts: tuple[str, ...] = ()
    per_address: int = 20
    most: int = 10_000
    days: int = 30


NO_DOCUMENTS = DocumentRules()


def has_registered_itself(metadata: Mapping[str, Any]) -> bool:
    """Whether no operator registered the client with that registration."""
    return metadata.get(REGISTERED_BY) in (SELF, DOCUMENT)


def manages_itself(client: Client) -> bool:
    """Whether the client has a registration access token (RFC 7592)."""
    return client.registration.get(REGISTERED_BY) == SELF


def is_described_by_document(client: Client) -> bool:
    """Whether the registration of the client is what its metadata document said."""
    return client.registration.get(REGISTERED_BY) == DOCUMENT
