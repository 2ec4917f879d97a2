"""`Idempotency-Key`: a repeated request that creates something gets the first one's answer.

Remembered answers are sealed under the master key, since they have secrets. Knows no operation.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from reticket.admin.errors import NO_STORE, Declined
from reticket.admin.guard import Operate
from reticket.core.commands import (
    Asking,
    Peek,
    Pop,
    PutIfAbsent,
    PutReserved,
    Release,
    Reserve,
)
from reticket.core.errors import ReticketError, Unavailable, wrong
from reticket.core.storage.budget import Charge, Owner, of_operator
from reticket.crypto.sealing import Sealer
from reticket.wire import Operation, Secretive, WireRequest, WireResponse

HEADER = "Idempotency-Key"
LONGEST = 255
REMEMBERED = 86_400
"""Seconds."""

ROOM = 4096
"""Bytes reserved for a sealed answer before the operation starts; most answers are smaller."""

LONGEST_FLIGHT = 60
"""Seconds after which a request that a crash or a deadline ended may be repeated.

A request takes less, unless its process is stopped or `busy_timeout` is long.
"""


class Remembered(Secretive, frozen=True):
    """A digest of the request, and its answer."""

    asked: str
    status: int
    body: bytes
    location: bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """The stored entries of one idempotency key."""

    sealer: Sealer
    owner: Owner
    digest: str

    @property
    def flight(self) -> str:
        """The key of the entry that exists while the first request is in progress."""
        return f"admin:flight:{self.digest}"

    @property
    def answer(self) -> str:
        """The key of the entry with the sealed answer."""
        return f"admin:answer:{self.digest}"

    def seal(self, said: object) -> str:
        """Encrypt under the master key, as text."""
        plain = msgspec.json.encode(said)
        return b64encode(self.sealer.seal(plain, self.digest.encode())).decode()

    def opened(self, text: str, kind: Any) -> Any:
        """Decrypt a text that `seal` made."""
        plain = self.sealer.open(b64decode(text), self.digest.encode())
        return msgspec.json.decode(plain, type=kind)


def once(sealer: Sealer, operate: Operate) -> Operate:
    """The same operation, performed once for each idempotency key of a client."""

    def run(request: WireRequest, operator: str) -> Operation:
        key = request.header(HEADER.lower().encode())
        if key is None:
            return (yield from operate(request, operator))
        owner = of_operator(operator)
        memory = Memory(sealer, owner, _digest(operator.encode(), _checked(key).encode()))
        return (yield from _remembered(memory, operate, request, operator))

    return run


def _remembered(
    memory: Memory, operate: Operate, request: WireRequest, operator: str
) -> Asking[WireResponse]:
    asked = _asked(request)
    known = yield from _known(memory, asked)
    if known is not None:
        return known
    mine = memory.seal(asked)
    if not (yield from PutIfAbsent(memory.flight, mine, LONGEST_FLIGHT, memory.owner)):
        yield from _decline(memory, asked)
    try:
        known = yield from _known(memory, asked)
        if known is None:
            return (yield from _first(memory, mine, asked, operate(request, operator)))
    except ReticketError:
        yield from _end_flight(memory, mine)
        raise
    yield from _end_flight(memory, mine)
    return known


def _first(memory: Memory, mine: str, asked: str, operation: Operation) -> Asking[WireResponse]:
    """Perform the operation, after room for its answer is reserved.

    Nothing is done without room. Nor is it done when this request was delayed for so long that
    another one may be in progress.
    """
    reserved: Charge = yield from Reserve(memory.answer, ROOM, REMEMBERED, memory.owner)
    try:
        if (yield from Peek(memory.flight)) != mine:
            yield from _decline(memory, asked)
        response = yield from operation
    except ReticketError:
        yield from Release(reserved)
        raise
    yield from _remember(memory, mine, reserved, asked, response)
    return response


def _end_flight(memory: Memory, mine: str) -> Asking[None]:
    """End the entry of this request; leave that of another one, which came during a delay."""
    if (yield from Peek(memory.flight)) == mine:
        yield from Pop(memory.flight)


def _remember(
    memory: Memory, mine: str, reserved: Charge, asked: str, response: WireResponse
) -> Asking[None]:
    """Store the answer. If the store fails now, the work is done and is answered all the same.

    Then the request counts as in progress for a minute, so that a retry is not performed at once.
    """
    location = dict(response.headers).get(b"location", b"")
    said = Remembered(asked, response.status, response.body, location)
    with suppress(Unavailable):
        yield from PutReserved(reserved, memory.seal(said))
        yield from _end_flight(memory, mine)


def _known(memory: Memory, asked: str) -> Asking[WireResponse | None]:
    text: str | None = yield from Peek(memory.answer)
    if text is None:
        return None
    said: Remembered = memory.opened(text, Remembered)
    _same(said.asked, asked)
    location = ((b"location", said.location),) if said.location else ()
    return WireResponse(said.status, said.body, headers=(*NO_STORE, *location))


def _decline(memory: Memory, asked: str) -> Asking[None]:
    text: str | None = yield from Peek(memory.flight)
    if text is not None:
        _same(memory.opened(text, str), asked)
    raise Declined(f"The first request with this {HEADER} is on its way.", retry_after=1)


def _asked(request: WireRequest) -> str:
    """A digest that equal requests share. Without a query it is the digest of older versions, so
    that a retry after an upgrade is recognised.
    """
    query = (request.query,) if request.query else ()
    return _digest(request.method.encode(), request.path.encode(), request.body, *query)


def _same(first: str, asked: str) -> None:
    if first != asked:
        raise Declined(
            f"This {HEADER} has come with another request.", HTTPStatus.UNPROCESSABLE_ENTITY
        )


def _checked(key: str) -> str:
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise wrong(HEADER, f"must have 1 to {LONGEST} printable ASCII characters")
    return key


def _digest(*parts: bytes) -> str:
    """A hash over each part after its length, so that different lists have different digests."""
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(framed).hexdigest()
