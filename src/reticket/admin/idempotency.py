"""`Idempotency-Key`: a repeated request that creates something gets the first one's answer.

What is remembered is sealed under the master key: answers hold secrets. Knows no operation.
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
from reticket.admin.inputs import wrong
from reticket.core.commands import (
    Asking,
    Peek,
    Pop,
    PutIfAbsent,
    PutReserved,
    Release,
    Reserve,
)
from reticket.core.errors import ReticketError, Unavailable
from reticket.core.storage.budget import Charge, Owner, of_operator
from reticket.crypto.sealing import Sealer
from reticket.wire import Operation, Secretive, WireRequest, WireResponse

HEADER = "Idempotency-Key"
LONGEST = 255
REMEMBERED = 86_400
"""Seconds."""

ROOM = 4096
"""Bytes of a sealed answer for which there must be room before anything is done; most take less."""

LONGEST_FLIGHT = 60
"""Seconds after which a request that was ended by a crash or a deadline may be tried again: longer
than one takes, unless its process stands still or `busy_timeout` is long.
"""


class Remembered(Secretive, frozen=True):
    """What was asked, and what was answered."""

    asked: str
    status: int
    body: bytes
    location: bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """Where the answers of one key are."""

    sealer: Sealer
    owner: Owner
    digest: str

    @property
    def flight(self) -> str:
        """The key that says that the first request is on its way."""
        return f"admin:flight:{self.digest}"

    @property
    def answer(self) -> str:
        """The key of the sealed answer."""
        return f"admin:answer:{self.digest}"

    def seal(self, said: object) -> str:
        """Text that only the master key opens."""
        plain = msgspec.json.encode(said)
        return b64encode(self.sealer.seal(plain, self.digest.encode())).decode()

    def opened(self, text: str, kind: Any) -> Any:
        """What `seal` sealed."""
        plain = self.sealer.open(b64decode(text), self.digest.encode())
        return msgspec.json.decode(plain, type=kind)


def once(sealer: Sealer, operate: Operate) -> Operate:
    """The same operation, done once for each key of a client."""

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
        yield from _turn_away(memory, asked)
    try:
        known = yield from _known(memory, asked)
        if known is None:
            return (yield from _first(memory, mine, asked, operate(request, operator)))
    except ReticketError:
        yield from _land(memory, mine)
        raise
    yield from _land(memory, mine)
    return known


def _first(memory: Memory, mine: str, asked: str, operation: Operation) -> Asking[WireResponse]:
    """Room for the answer comes first: where there is none, nothing is done. Nor does whoever was
    held up until then for so long that another one may be on its way.
    """
    reserved: Charge = yield from Reserve(memory.answer, ROOM, REMEMBERED, memory.owner)
    try:
        if (yield from Peek(memory.flight)) != mine:
            yield from _turn_away(memory, asked)
        response = yield from operation
    except ReticketError:
        yield from Release(reserved)
        raise
    yield from _remember(memory, mine, reserved, asked, response)
    return response


def _land(memory: Memory, mine: str) -> Asking[None]:
    """The request is on its way no more; another one, which came when this was held up, is."""
    if (yield from Peek(memory.flight)) == mine:
        yield from Pop(memory.flight)


def _remember(
    memory: Memory, mine: str, reserved: Charge, asked: str, response: WireResponse
) -> Asking[None]:
    """What is done is answered even if the store has gone away meanwhile. Then the request stays
    on its way for a minute, so that its retry is not carried out at once.
    """
    location = dict(response.headers).get(b"location", b"")
    said = Remembered(asked, response.status, response.body, location)
    with suppress(Unavailable):
        yield from PutReserved(reserved, memory.seal(said))
        yield from _land(memory, mine)


def _known(memory: Memory, asked: str) -> Asking[WireResponse | None]:
    text: str | None = yield from Peek(memory.answer)
    if text is None:
        return None
    said: Remembered = memory.opened(text, Remembered)
    _same(said.asked, asked)
    location = ((b"location", said.location),) if said.location else ()
    return WireResponse(said.status, said.body, headers=(*NO_STORE, *location))


def _turn_away(memory: Memory, asked: str) -> Asking[None]:
    text: str | None = yield from Peek(memory.flight)
    if text is not None:
        _same(memory.opened(text, str), asked)
    raise Declined(f"The first request with this {HEADER} is on its way.", retry_after=1)


def _asked(request: WireRequest) -> str:
    """What makes two requests the same. A request without a query has the digest that older
    programs gave it, so that a retry after an upgrade is known.
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
    """Each part behind its length, so that no two lists of parts read alike."""
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(framed).hexdigest()
