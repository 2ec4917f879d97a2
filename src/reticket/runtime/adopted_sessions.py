"""What sessions of other systems may do here, by the registrations of their clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reticket.core.adoption.model import Granted
from reticket.core.people import Client
from reticket.core.policy import Policy
from reticket.oauth.lists import split_list
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import REFRESH_TOKEN, registration_of
from reticket.oauth.terms import Terms


def granted_to(
    kind: str,
    client_id: str | None,
    scope: str | None,
    policies: Mapping[str, Policy],
    client_of: Callable[[str], Client | None],
    provider: Provider,
) -> Granted | None:
    """What a session of that kind may do, at most what its scope says and its client may have. None
    for a client that is unknown or blocked, or that may not refresh.

    When the person authenticated is not known, so its tokens do not say it.
    """
    if kind != USER:
        return Granted(policies[kind], scope, None)
    client = client_of(client_id) if client_id else None
    if client is None or client.disabled:
        return None
    registration = registration_of(client, provider)
    if not registration.allows(REFRESH_TOKEN):
        return None
    scopes = registration.default_scopes if scope is None else split_list(scope)
    terms = Terms(0, audiences=registration.resources)
    return Granted(registration.policy, registration.ordered_scope(scopes), terms.to_json())
