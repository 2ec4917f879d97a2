"""Applications: programs with credentials of their own, and the verbs that change them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from reticket.core.model import Selection
from reticket.core.people import Application
from reticket.core.ports import Clock, Entropy
from reticket.directory import identifiers
from reticket.directory.drafts import ApplicationDraft
from reticket.directory.engines.database import Database
from reticket.directory.errors import AlreadyExists, Invalid, NotFound
from reticket.directory.forms import check_text_id, check_texts
from reticket.directory.intents import Change, demand
from reticket.directory.parts import Parts, PartsWriter, read_parts
from reticket.directory.rows import credential_version_of, record_of
from reticket.directory.tables import (
    application_parts,
    application_tenants,
    applications,
    tenants,
)


def read_application(
    connection: Connection, application_id: str, parts: Parts = ()
) -> Application | None:
    """The record, or None."""
    statement = select(applications).where(applications.c.id == application_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _record(connection, row, parts)


def _record(connection: Connection, row: Row[Any], parts: Parts) -> Application:
    statement = select(application_tenants.c.tenant_id).where(
        application_tenants.c.application_id == row.id
    )
    allowed = None if row.all_tenants else frozenset(connection.execute(statement).scalars())
    return record_of(
        Application,
        row,
        tenants=allowed,
        parts=read_parts(connection, application_parts, row.id, parts),
        credential_version=credential_version_of(row),
    )


class Applications:
    """The verbs. Any may raise Unavailable; those that take an id raise NotFound."""

    def __init__(
        self,
        database: Database,
        writer: PartsWriter,
        parts: Parts,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._database = database
        self._writer = writer
        self._parts = parts
        self._clock = clock
        self._entropy = entropy

    def add(self, draft: ApplicationDraft, secret_hash: str) -> None:
        """Create the application. AlreadyExists; Invalid; NotFound for an unknown tenant."""
        with self._database.change() as connection:
            self.insert(connection, draft, secret_hash)

    def insert(self, connection: Connection, draft: ApplicationDraft, secret_hash: str) -> None:
        """`add` inside the caller's transaction."""
        _check(connection, draft)
        row = {
            "id": draft.id,
            "secret_hash": secret_hash,
            "all_tenants": draft.tenants is None,
            "disabled": draft.disabled,
            "created_at": self._clock(),
            "credential_version": identifiers.credential_version(self._entropy),
        }
        connection.execute(insert(applications), row)
        self._writer.insert(connection, draft.id, draft.parts)
        if draft.tenants:
            _allow(connection, draft.id, draft.tenants)

    def page(self, after: str = "", limit: int = 100) -> Sequence[Application]:
        """At most `limit` of them with greater ids, in their order."""
        statement = (
            select(applications)
            .where(applications.c.id > after)
            .order_by(applications.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            return [_record(connection, row, self._parts) for row in rows]

    def disable(self, application_id: str) -> None:
        """Block it and end its sessions."""
        self._update(application_id, Change.APPLICATION_DISABLED, disabled=True)

    def enable(self, application_id: str) -> None:
        """Let it in again."""
        with self._database.change() as connection:
            _update(connection, application_id, disabled=False)

    def rotate_secret(self, application_id: str, secret_hash: str) -> None:
        """Replace its secret and end its sessions, so the old secret is of no more use."""
        version = identifiers.credential_version(self._entropy)
        self._update(
            application_id,
            Change.SECRET_ROTATED,
            secret_hash=secret_hash,
            credential_version=version,
        )

    def remove(self, application_id: str) -> None:
        """Forget it and end its sessions."""
        with self._database.change() as connection:
            gone = delete(applications).where(applications.c.id == application_id)
            _require(connection.execute(gone).rowcount, application_id)
            self._end(connection, application_id, Change.APPLICATION_REMOVED)

    def _update(self, application_id: str, cause: Change, **values: object) -> None:
        with self._database.change() as connection:
            _update(connection, application_id, **values)
            self._end(connection, application_id, cause)

    def _end(self, connection: Connection, application_id: str, cause: Change) -> None:
        demand(connection, [Selection(subject=application_id)], cause, self._clock)


def _check(connection: Connection, draft: ApplicationDraft) -> None:
    if not draft.id:
        raise Invalid("The id of an application must not be empty.")
    check_text_id(draft.id, "an application")
    check_texts(draft, "The application")
    if read_application(connection, draft.id):
        raise AlreadyExists(f"There is an application {draft.id!r} already.")


def _allow(connection: Connection, application_id: str, allowed: Iterable[int]) -> None:
    present = set(connection.execute(select(tenants.c.id)).scalars())
    for tenant_id in sorted(allowed):
        if tenant_id not in present:
            raise NotFound(f"There is no tenant {tenant_id}.")
        row = {"application_id": application_id, "tenant_id": tenant_id}
        connection.execute(insert(application_tenants), row)


def _update(connection: Connection, application_id: str, **values: object) -> None:
    statement = update(applications).where(applications.c.id == application_id).values(**values)
    _require(connection.execute(statement).rowcount, application_id)


def _require(found: int, application_id: str) -> None:
    if not found:
        raise NotFound(f"There is no application {application_id!r}.")
