"""`/clients`: registers OAuth clients. A secret is shown once, and stored as a hash only."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from reticket.admin.context import AdminContext
from reticket.admin.document import CURSOR, ID, KEY, LIMIT, answered, created, described, empty
from reticket.admin.errors import missing
from reticket.admin.guard import Operate, guarded
from reticket.admin.idempotency import once
from reticket.admin.inputs import cursor_of, read_body, read_cursor, read_limit, read_query
from reticket.admin.schemas import (
    ClientAnswer,
    ClientChanges,
    Listed,
    NewClient,
    SecretAnswer,
    client_answer,
)
from reticket.core.commands import EndSessions, Hash, RunInDirectory
from reticket.core.errors import wrong
from reticket.core.logouts import CLIENT_REMOVED
from reticket.core.model import Selection
from reticket.core.people import Client
from reticket.directory.drafts import ClientDraft
from reticket.directory.programs.clients import Clients as Verbs
from reticket.directory.seed import (
    check_kinds,
    edited_registration,
    new_registration,
    policy_faults,
)
from reticket.oauth.registration import (
    authenticates_by_keys,
    has_keys,
    with_admin_scope,
)
from reticket.oauth.signing import algorithms_wanted
from reticket.wire import Operation, Route, WireRequest

TAG = "clients"
SECRET_BYTES = 32


class Clients:
    """The operations. Their work on the directory runs on its thread."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    @property
    def _verbs(self) -> Verbs:
        return self._context.directory.clients

    def page(self, request: WireRequest, operator: str) -> Operation:
        """A page of clients, in the order of their ids."""
        query = read_query(request, ("limit", "cursor"))
        limit, after = read_limit(query), read_cursor(query)
        found = yield from RunInDirectory(lambda: self._verbs.page(after, limit))
        following = cursor_of(found[-1].id) if len(found) == limit else None
        return answered(Listed([client_answer(client) for client in found], following))

    def show(self, request: WireRequest, operator: str) -> Operation:
        """One client."""
        client: Client = yield from RunInDirectory(lambda: self._find(request.parameters["id"]))
        return answered(client_answer(client))

    def add(self, request: WireRequest, operator: str) -> Operation:
        """Register a client; the answer has its secret."""
        said = read_body(request, NewClient)
        is_secretless = said.public or authenticates_by_keys(_given(said))
        secret = None if is_secretless else self._new_secret()
        hashed: str | None = secret and (yield from Hash(secret, operator))
        client: Client = yield from self._context.changing(
            "client_added",
            request,
            operator,
            lambda: self._add(said, hashed),
            client=said.client_id,
        )
        return created(client_answer(client, secret), "clients", client.id)

    def change(self, request: WireRequest, operator: str) -> Operation:
        """Replace the given members."""
        changes = _members(read_body(request, ClientChanges))
        client_id = request.parameters["id"]
        client: Client = yield from self._context.changing(
            "client_changed",
            request,
            operator,
            lambda: self._change(client_id, changes),
            client=client_id,
        )
        return answered(client_answer(client))

    def rotate_secret(self, request: WireRequest, operator: str) -> Operation:
        """Make a new secret; the answer has it."""
        client_id, secret = request.parameters["id"], self._new_secret()
        hashed: str = yield from Hash(secret, operator)
        yield from self._context.changing(
            "client_secret_rotated",
            request,
            operator,
            lambda: self._verbs.rotate_secret(client_id, hashed),
            client=client_id,
        )
        return answered(SecretAnswer(client_id, secret))

    def disable(self, request: WireRequest, operator: str) -> Operation:
        """Disable a client."""
        return self._switch(request, operator, self._verbs.disable, "client_disabled")

    def enable(self, request: WireRequest, operator: str) -> Operation:
        """Enable a client again. A client whose policy is invalid is refused."""
        return self._switch(request, operator, self._enable, "client_enabled")

    def remove(self, request: WireRequest, operator: str) -> Operation:
        """Disable a client, end its sessions, and delete it.

        The order keeps its sessions from a later client with the same id.
        """
        client_id = request.parameters["id"]
        yield from self._switch(request, operator, self._verbs.disable, "client_disabled")
        yield from EndSessions(Selection(client=client_id), CLIENT_REMOVED)
        yield from self._context.changing(
            "client_removed",
            request,
            operator,
            lambda: self._verbs.remove(client_id),
            client=client_id,
        )
        return empty()

    def _switch(
        self, request: WireRequest, operator: str, verb: Callable[[str], None], event: str
    ) -> Operation:
        client_id = request.parameters["id"]
        yield from self._context.changing(
            event, request, operator, lambda: verb(client_id), client=client_id
        )
        return empty()

    def _add(self, said: NewClient, hashed: str | None) -> Client:
        members = _given(said)
        client_id, public = members.pop("client_id"), members.pop("public")
        if public and has_keys(members):
            raise wrong("public", "must not be true of a client with jwks: it can prove who it is")
        registration = new_registration(
            with_admin_scope(members), public=hashed is None, presets=self._context.provider.presets
        )
        check_kinds(registration, self._context.directory.profiles.inspected)
        self._context.ring.require(algorithms_wanted(registration))
        draft = ClientDraft(client_id, disabled=False, registration=registration)
        self._verbs.add(draft, hashed)
        return self._find(client_id)

    def _change(self, client_id: str, changes: Mapping[str, Any]) -> Client:
        found = self._find(client_id)
        registration = edited_registration(found, changes, self._context.provider.presets)
        check_kinds(changes, self._context.directory.profiles.inspected)
        self._context.ring.require(algorithms_wanted(registration))
        self._verbs.register(client_id, with_admin_scope(registration))
        return self._find(client_id)

    def _enable(self, client_id: str) -> None:
        registration = self._find(client_id).registration
        for fault in policy_faults(registration, self._context.provider.presets):
            raise wrong("policy", f"cannot be: {fault}")
        self._verbs.enable(client_id)

    def _find(self, client_id: str) -> Client:
        self._context.directory.catch_up_now()
        client = self._context.directory.client(client_id)
        if client is None:
            raise missing("id")
        return client

    def _new_secret(self) -> str:
        return urlsafe_b64encode(self._context.entropy(SECRET_BYTES)).rstrip(b"=").decode()


def _members(said: ClientChanges) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.to_builtins(said)
    return members


def _given(said: NewClient) -> dict[str, Any]:
    """Its members, without those that are null."""
    return {name: value for name, value in _members(said).items() if value is not None}


def routes(context: AdminContext) -> tuple[Route, ...]:
    """The routes."""
    clients = Clients(context)

    def guard(operate: Operate) -> Callable[[WireRequest], Operation]:
        return guarded(context.provider, operate)

    def guard_once(operate: Operate) -> Callable[[WireRequest], Operation]:
        return guarded(context.provider, once(context.sealer, operate))

    return (
        Route(
            "GET",
            "/clients",
            guard(clients.page),
            described("List clients", TAG, {200: Listed[ClientAnswer]}, None, (LIMIT, CURSOR)),
        ),
        Route(
            "POST",
            "/clients",
            guard_once(clients.add),
            described("Register a client", TAG, {201: ClientAnswer}, NewClient, (KEY,)),
        ),
        Route(
            "GET",
            "/clients/{id}",
            guard(clients.show),
            described("Show a client", TAG, {200: ClientAnswer}, None, (ID,)),
        ),
        Route(
            "PATCH",
            "/clients/{id}",
            guard(clients.change),
            described("Change a client", TAG, {200: ClientAnswer}, ClientChanges, (ID,)),
        ),
        Route(
            "DELETE",
            "/clients/{id}",
            guard(clients.remove),
            described("Delete a client", TAG, {204: None}, None, (ID,)),
        ),
        Route(
            "POST",
            "/clients/{id}/secret",
            guard_once(clients.rotate_secret),
            described("Give a new secret", TAG, {200: SecretAnswer}, None, (ID, KEY)),
        ),
        Route(
            "POST",
            "/clients/{id}/disable",
            guard(clients.disable),
            described("Disable a client", TAG, {204: None}, None, (ID,)),
        ),
        Route(
            "POST",
            "/clients/{id}/enable",
            guard(clients.enable),
            described("Enable a client", TAG, {204: None}, None, (ID,)),
        ),
    )
