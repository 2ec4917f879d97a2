"""`/session/prepare`: the ways in which the user of an e-mail may sign in.

The sign-in page sends it before the password. The real server reveals which accounts exist, and so
does this dialect by default.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from reticket.core.addresses import network_of
from reticket.core.commands import (
    Asking,
    Audit,
    FindUser,
    Increment,
    Peek,
    PutIfAbsent,
    RandomBytes,
)
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.policy import DAY, whole_seconds
from reticket.core.storage.budget import COVERED, Owner
from reticket.dialects.cloudreve import inputs
from reticket.dialects.cloudreve.document import open_to_all
from reticket.dialects.cloudreve.schemas import Prepared, PrepareResponse, succeeded
from reticket.dialects.cloudreve.tokens import USER
from reticket.dialects.cloudreve.user import current_user, is_known
from reticket.wire import Operation, Parameter, Route, WireRequest

WINDOW = 300
"""Seconds, as in the limit of failed sign-ins for each address."""

SHARED_COUNTERS = 2**16
"""The counters use at most 20 MiB, for any number of networks."""

CHOICE = "cloudreve:prepare:choice"
"""The key of the secret that assigns a network to a shared counter. All processes share it."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """The operation.

    Args:
        reveals: whether the response reveals that an account exists. If not, every e-mail gets the
            same response.
        most: the requests that one network may make in a window.
    """

    reveals: bool
    most: int

    def __call__(self, request: WireRequest) -> Operation:
        """The ways in which the user of an e-mail may sign in."""
        yield from current_user(request)
        email = inputs.email(request)
        if self.reveals:
            yield from self._within_limit(request)
            user = yield from FindUser(email)
            if user is None or not is_known(user):
                raise Refusal(Code.NOT_FOUND)
        return succeeded(Prepared(webauthn_enabled=False, password_enabled=True))

    def _within_limit(self, request: WireRequest) -> Asking[None]:
        """Count a request, and refuse it beyond the limit.

        Only the first refusal is audited. Networks share counters when the storage for callers
        without credentials is full.
        """
        network = network_of(request.caller.address)
        try:
            yield from self._count(f"cloudreve:prepare:{network}", None)
        except Unavailable:
            yield from self._count((yield from _shared_counter(network)), COVERED)

    def _count(self, key: str, owner: Owner | None) -> Asking[None]:
        count = yield from Increment(key, WINDOW, owner=owner, most=self.most)
        if count.total == self.most + 1:
            yield from Audit(USER, "refused", Cause.LIMITED)
        if count.total > self.most:
            wait = whole_seconds(count.left)
            raise Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=wait)


def _shared_counter(network: str) -> Asking[str]:
    """One of a fixed number of counters. A secret that changes daily assigns it to a network.

    Without the secret, a caller could find a network that shares the counter of another one.
    """
    secret = yield from Peek(CHOICE)
    if secret is None:
        fresh: bytes = yield from RandomBytes(16)
        yield from PutIfAbsent(CHOICE, fresh.hex(), DAY, COVERED)
        secret = (yield from Peek(CHOICE)) or fresh.hex()
    digest = hashlib.blake2b(network.encode(), key=secret.encode(), digest_size=8).digest()
    return f"cloudreve:prepare:#{int.from_bytes(digest) % SHARED_COUNTERS}"


def route(prepare: Prepare) -> Route:
    """The route of the operation."""
    return Route(
        "GET",
        "/session/prepare",
        prepare,
        open_to_all(
            "Prepare sign-in",
            "How the user of an e-mail may sign in.",
            PrepareResponse,
            parameters=(
                Parameter(
                    "email",
                    "query",
                    Annotated[str, Meta(extra_json_schema={"format": "email"})],
                    "The e-mail that somebody signs in with.",
                    required=True,
                ),
            ),
        ),
    )
