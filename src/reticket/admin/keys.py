"""`/keys`: the ring of keys that sign and verify tokens. Private parts are never shown."""

from __future__ import annotations

from collections.abc import Callable

from reticket.admin.context import AdminContext
from reticket.admin.document import KEY, answered, described
from reticket.admin.errors import missing
from reticket.admin.guard import KIND, Operate, guarded
from reticket.admin.idempotency import once
from reticket.admin.inputs import read_body
from reticket.admin.schemas import (
    ClientAnswer,
    KeyAnswer,
    Listed,
    Retire,
    Rotate,
    Share,
    client_answer,
    key_answer,
)
from reticket.core.commands import RunInDirectory
from reticket.core.errors import wrong
from reticket.core.people import Client
from reticket.core.ports import Event
from reticket.crypto.snapshot import MAC
from reticket.oauth.shared_keys import shared, shared_in, sharing_fault, unshared
from reticket.wire import Operation, Route, WireRequest

TAG = "keys"


class Keys:
    """The operations; each answers with the state of the ring after it."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    def page(self, request: WireRequest, operator: str) -> Operation:
        """All keys, ended ones too."""
        items = yield from RunInDirectory(self._listing)
        return answered(Listed(items))

    def rotate(self, request: WireRequest, operator: str) -> Operation:
        """The published successor signs a few seconds from now; the next one is published."""
        said = read_body(request, Rotate)
        items = yield from RunInDirectory(lambda: self._rotate(said, operator))
        return answered(Listed(items))

    def retire(self, request: WireRequest, operator: str) -> Operation:
        """Stop accepting the signatures of a key."""
        said = read_body(request, Retire)
        items = yield from RunInDirectory(lambda: self._retire(said, operator))
        return answered(Listed(items))

    def share(self, request: WireRequest, operator: str) -> Operation:
        """Let a client fetch the access key of a kind."""
        said = read_body(request, Share)
        client = yield from RunInDirectory(lambda: self._share(said, operator))
        return answered(client_answer(client))

    def unshare(self, request: WireRequest, operator: str) -> Operation:
        """Take such a key away, and rotate it."""
        said = read_body(request, Share)
        client = yield from RunInDirectory(lambda: self._unshare(said, operator))
        return answered(client_answer(client))

    def _share(self, said: Share, operator: str) -> Client:
        client, directory = self._found(said.client_id), self._context.directory
        if fault := sharing_fault(client, said.kind, directory.profiles.kinds):
            raise wrong("kind", f"is refused: {fault}")
        directory.clients.register(client.id, shared(client, said.kind))
        self._note_sharing("key_shared", said, operator)
        return self._found(client.id)

    def _unshare(self, said: Share, operator: str) -> Client:
        client = self._found(said.client_id)
        if said.kind not in shared_in(client.registration):
            raise wrong("kind", "is not shared with that client")
        self._context.directory.clients.register(client.id, unshared(client, said.kind))
        self._note_sharing("key_unshared", said, operator)
        self._rotate(Rotate([MAC]), operator)
        return self._found(client.id)

    def _found(self, client_id: str) -> Client:
        self._context.directory.catch_up_now()
        client = self._context.directory.client(client_id)
        if client is None:
            raise missing("client_id")
        return client

    def _rotate(self, said: Rotate, operator: str) -> list[KeyAnswer]:
        for use in self._context.ring.rotate(said.uses or ()):
            self._note("key_rotated", use, operator)
        return self._listing()

    def _retire(self, said: Retire, operator: str) -> list[KeyAnswer]:
        ring = self._context.ring
        if said.id not in {facts.id for facts in ring.listing()}:
            raise missing("id")
        verb = ring.compromise if said.compromised else ring.retire
        verb(said.id)
        self._note("key_compromised" if said.compromised else "key_retired", said.id, operator)
        return self._listing()

    def _listing(self) -> list[KeyAnswer]:
        return [key_answer(facts) for facts in self._context.ring.listing()]

    def _note(self, event: str, what: str, operator: str) -> None:
        self._record(event, operator, key=what)

    def _note_sharing(self, event: str, said: Share, operator: str) -> None:
        self._record(event, operator, client=said.client_id, kind=said.kind)

    def _record(self, event: str, operator: str, **detail: str) -> None:
        """Record on the disk before the answer: a restore must know of it."""
        told = Event(self._context.clock(), event, KIND, subject=operator, detail=detail)
        self._context.audit.record([told], durable=True)


def routes(context: AdminContext) -> tuple[Route, ...]:
    """The routes."""
    keys = Keys(context)

    def guard(operate: Operate) -> Callable[[WireRequest], Operation]:
        return guarded(context.provider, operate)

    return (
        Route(
            "GET",
            "/keys",
            guard(keys.page),
            described("List keys", TAG, {200: Listed[KeyAnswer]}),
        ),
        Route(
            "POST",
            "/keys/rotate",
            guard(once(context.sealer, keys.rotate)),
            described("Rotate keys", TAG, {200: Listed[KeyAnswer]}, Rotate, (KEY,)),
        ),
        Route(
            "POST",
            "/keys/share",
            guard(keys.share),
            described("Share an access key", TAG, {200: ClientAnswer}, Share),
        ),
        Route(
            "POST",
            "/keys/unshare",
            guard(keys.unshare),
            described("Take a shared key away", TAG, {200: ClientAnswer}, Share),
        ),
        Route(
            "POST",
            "/keys/retire",
            guard(keys.retire),
            described("Retire a key", TAG, {200: Listed[KeyAnswer]}, Retire),
        ),
    )
