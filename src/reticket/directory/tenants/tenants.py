"""Tenants: the record, and the verbs that change and list them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, insert, literal, select

from reticket.core.people import Tenant
from reticket.directory.drafts import TenantDraft
from reticket.directory.engines.database import Database
from reticket.directory.errors import AlreadyExists
from reticket.directory.forms import INT32, check_id, check_texts
from reticket.directory.parts import Parts, PartsWriter, read_parts
from reticket.directory.people.memberships import Memberships
from reticket.directory.rows import record_of
from reticket.directory.tables import tenant_parts, tenants


@dataclass(frozen=True, slots=True)
class TenantLine:
    """A tenant in a list."""

    id: int
    name: str | None


def read_tenant(connection: Connection, tenant_id: int, parts: Parts = ()) -> Tenant | None:
    """The whole record, or None."""
    row = connection.execute(select(tenants).where(tenants.c.id == tenant_id)).one_or_none()
    if row is None:
        return None
    return record_of(Tenant, row, parts=read_parts(connection, tenant_parts, tenant_id, parts))


class Tenants:
    """The verbs. Any may raise Unavailable."""

    def __init__(self, database: Database, members: Memberships, parts: PartsWriter) -> None:
        self._database = database
        self._members = members
        self._parts = parts

    def add(self, draft: TenantDraft) -> None:
        """Create the tenant with the dialects' parts. AlreadyExists; Invalid."""
        with self._database.change() as connection:
            self.insert(connection, draft)

    def insert(self, connection: Connection, draft: TenantDraft) -> None:
        """`add` inside the caller's transaction."""
        check_id(draft.id, "a tenant")
        check_texts(draft, "The tenant")
        if read_tenant(connection, draft.id):
            raise AlreadyExists(f"There is a tenant {draft.id} already.")
        connection.execute(insert(tenants), {"id": draft.id, "name": draft.name})
        self._parts.insert(connection, draft.id, draft.parts)

    def page(self, after: int = INT32.start - 1, limit: int = 100) -> Sequence[TenantLine]:
        """At most `limit` of them with greater ids, in their order."""
        statement = (
            select(tenants)
            .where(tenants.c.id > literal(after, BigInteger))
            .order_by(tenants.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [record_of(TenantLine, row) for row in connection.execute(statement)]

    def remove(self, tenant_id: int) -> None:
        """Forget it, its memberships, and end all sessions there. NotFound."""
        with self._database.change() as connection:
            self._members.remove_place(connection, tenant_id)
