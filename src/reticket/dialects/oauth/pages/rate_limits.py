"""Limits for each address on requests that cost the service something or are guesses.

A request is counted before it is performed, so that parallel requests cannot pass the limit.
"""

from __future__ import annotations

from reticket.core.addresses import network_of
from reticket.core.commands import Asking, Audit, Increment
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.policy import whole_seconds
from reticket.core.storage.budget import Owner
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import Registration, owner_of
from reticket.wire import WireRequest

WINDOW = 600
"""Seconds."""


def limit_asking(
    what: str, registration: Registration, request: WireRequest, provider: Provider
) -> Asking[None]:
    """TOO_MANY_ATTEMPTS when a client has had too much kept in the window.

    Anybody may claim to be a public client, so its limit is for each address.
    """
    if registration.confidential:
        owner = owner_of(registration)
        yield from _count(f"oauth:{what}:{registration.id}", provider.per_client, owner)
    else:
        network = network_of(request.caller.address)
        yield from _count(f"oauth:{what}:{registration.id}:{network}", provider.per_address)


def spend_a_try(what: str, request: WireRequest, most: int) -> Asking[None]:
    """TOO_MANY_ATTEMPTS when the address has reached the limit in the window."""
    yield from _count(_tries_of(what, request), most)


def give_back_a_try(what: str, request: WireRequest) -> Asking[None]:
    """Take a count back: it was no guess, and others may share the address."""
    yield from Increment(_tries_of(what, request), WINDOW, add=-1)


def _tries_of(what: str, request: WireRequest) -> str:
    return f"oauth:{what}:{network_of(request.caller.address)}"


def _count(name: str, most: int, owner: Owner | None = None) -> Asking[None]:
    tries = yield from Increment(name, WINDOW, owner=owner, most=most)
    if tries.total > most:
        yield from Audit(USER, "refused", Cause.LIMITED)
        wait = whole_seconds(tries.left)
        raise Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=wait)
