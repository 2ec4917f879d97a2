"""Tenants: the verbs that change and list them. What a tenant is made of is in `tenant_rows`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, literal, select

from reticket.core.people import Tenant
from reticket.directory.drafts import TenantDraft
from reticket.directory.engines.database import Database
from reticket.directory.errors import AlreadyExists
from reticket.directory.forms import INT32, check_id, check_texts
from reticket.directory.parts import PartsWriter
from reticket.directory.people.memberships import Memberships
from reticket.directory.rows import record_of
from reticket.directory.tables import tenants
from reticket.directory.tenants.tenant_rows import insert_tenant, read_tenant


@dataclass(frozen=True, slots=True)
class TenantLine:
    """A tenant in a list. `expiry` is a time or None."""

    id: int
    name: str | None
    domain: str | None
    is_dev_tenant: bool
    is_unified: bool
    expiry: int | None


class Tenants:
    """The verbs. Any may raise Unavailable."""

    def __init__(self, database: Database, members: Memberships, parts: PartsWriter) -> None:
        self._database = database
        self._members = members
        self._parts = parts

    def add(self, tenant: Tenant) -> None:
        """Create it with all that hangs on it. AlreadyExists; Invalid."""
        with self._database.change() as connection:
            self.insert(connection, TenantDraft(tenant))

    def insert(self, connection: Connection, draft: TenantDraft) -> None:
        """`add` inside the caller's transaction, and with what is said of it for dialects."""
        tenant = draft.tenant
        check_id(tenant.id, "a tenant")
        check_texts(draft, "The tenant")
        if read_tenant(connection, tenant.id):
            raise AlreadyExists(f"There is a tenant {tenant.id} already.")
        insert_tenant(connection, tenant)
        self._parts.insert(connection, tenant.id, draft.parts)

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
