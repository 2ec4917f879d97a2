"""What a sign-in page asks before the password: how the person of an e-mail may sign in.

The real server tells everybody who exists, and so do we unless the operator says otherwise.
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
"""Seconds, as for failed sign-ins of an address."""

SHARED_COUNTERS = 2**16
"""20 MiB of counters at most, however many networks ask."""

CHOICE = "cloudreve:prepare:choice"
"""Under which key stands the secret that chooses among them; all processes use the same."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """The operation.

    Args:
        reveals: whether the answer tells who exists; without that everybody gets the same one.
        most: questions of one network in the window.
    """

    reveals: bool
    most: int

    def __call__(self, request: WireRequest) -> Operation:
        """How the user of an e-mail may sign in."""
        yield from current_user(request)
        email = inputs.email(request)
        if self.reveals:
            yield from self._within_limit(request)
            user = yield from FindUser(email)
            if user is None or not is_known(user):
                raise Refusal(Code.NOT_FOUND)
        return succeeded(Prepared(webauthn_enabled=False, password_enabled=True))

    def _within_limit(self, request: WireRequest) -> Asking[None]:
        """Whoever is beyond it changes nothing any more; the audit log hears of it once. Where
        strangers have filled their room, networks share counters.
        """
        network = network_of(request.caller.address)
        try:
            yield from self._count(f"cloudreve:prepare:{network}", None)
        except Unavailable:
            yield from self._count((yield from _shared_counter(network)), COVERED)

    def _count(self, key: str, owner: Owner | None) -> Asking[None]:
        asked = yield from Increment(key, WINDOW, owner=owner, most=self.most)
        if asked.total == self.most + 1:
            yield from Audit(USER, "refused", Cause.LIMITED)
        if asked.total > self.most:
            wait = whole_seconds(asked.left)
            raise Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=wait)


def _shared_counter(network: str) -> Asking[str]:
    """One of a fixed number. A secret of the day chooses it, so nobody can look for a network that
    shares the counter of another.
    """
    secret = yield from Peek(CHOICE)
    if secret is None:
        fresh: bytes = yield from RandomBytes(16)
        yield from PutIfAbsent(CHOICE, fresh.hex(), DAY, COVERED)
        secret = (yield from Peek(CHOICE)) or fresh.hex()
    digest = hashlib.blake2b(network.encode(), key=secret.encode(), digest_size=8).digest()
    return f"cloudreve:prepare:#{int.from_bytes(digest) % SHARED_COUNTERS}"


def route(prepare: Prepare) -> Route:
    """Where it is asked."""
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
