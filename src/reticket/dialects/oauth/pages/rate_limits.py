"""Limits for each address on requests that cost the service something or are guesses.

A request is counted before it is performed, so that parallel requests cannot pass the limit.
"""

from __future__ import annotations

from hashlib import sha256

from reticket.core.addresses import network_of
from reticket.core.commands import Asking, Audit, Increment
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.policy import whole_seconds
from reticket.core.storage.budget import Owner
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.registration import Registration, owner_of
from reticket.wire import WireRequest

WINDOW, HOUR = 600, 3600
"""Seconds."""


def limit_requests(
    kind: str, registration: Registration, request: WireRequest, provider: Provider
) -> Asking[None]:
    """Count a request that stores an entry for a client.

    The id of a public client is no secret, so its limit is for each address.

    Raises:
        Refusal: TOO_MANY_ATTEMPTS when the client has reached its limit in the window.
    """
    name, owner = f"oauth:asked:{kind}:{_digest(registration.id)}", owner_of(registration)
    if owner is not None:
        yield from _count(name, provider.per_client, owner)
    else:
        network = network_of(request.caller.address)
        yield from _count(f"{name}:{network}", provider.per_address)


def count_attempt(kind: str, request: WireRequest, limit: int) -> Asking[None]:
    """Count an attempt of an address.

    Raises:
        Refusal: TOO_MANY_ATTEMPTS when the address has reached the limit in the window.
    """
    yield from _count(_attempts_key(kind, request), limit)


def limit_registrations(request: WireRequest, most: int) -> Asking[None]:
    """Count a registration of a network.

    Raises:
        Refusal: TOO_MANY_ATTEMPTS when the network has reached the limit in an hour.
    """
    name = f"oauth:registered:{network_of(request.caller.address)}"
    yield from _count(name, most, window=HOUR, kind=CLIENT)


def limit_documents(request: WireRequest, most: int) -> Asking[None]:
    """Count a registration, or a change of one, that a metadata document causes.

    Raises:
        Refusal: TOO_MANY_ATTEMPTS when the network has reached the limit in an hour.
    """
    name = f"oauth:described:{network_of(request.caller.address)}"
    yield from _count(name, most, window=HOUR, kind=CLIENT)


def uncount_attempt(kind: str, request: WireRequest) -> Asking[None]:
    """Take a count back: the attempt was no guess, and other people may share the address."""
    yield from Increment(_attempts_key(kind, request), WINDOW, add=-1)


def _digest(client_id: str) -> str:
    """A name of the client without colons, so that no two keys are alike."""
    return sha256(client_id.encode()).hexdigest()


def _attempts_key(kind: str, request: WireRequest) -> str:
    return f"oauth:{kind}:{network_of(request.caller.address)}"


def _count(
    name: str, limit: int, owner: Owner | None = None, *, window: int = WINDOW, kind: str = USER
) -> Asking[None]:
    attempts = yield from Increment(name, window, owner=owner, most=limit)
    if attempts.total > limit:
        yield from Audit(kind, "refused", Cause.LIMITED)
        wait = whole_seconds(attempts.left)
        raise Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=wait)
