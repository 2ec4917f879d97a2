"""Developer accounts: the verbs that change and list them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, insert, literal, select

from reticket.core.people import DeveloperAccount
from reticket.directory.engines.database import Database
from reticket.directory.errors import AlreadyExists
from reticket.directory.forms import INT32, check_id, check_texts
from reticket.directory.people.memberships import Memberships
from reticket.directory.rows import record_of, row_of
from reticket.directory.tables import developer_accounts


class Accounts:
    """The verbs. Any may raise Unavailable."""

    def __init__(self, database: Database, members: Memberships) -> None:
        self._database = database
        self._members = members

    def add(self, account: DeveloperAccount) -> None:
        """Create the account. AlreadyExists; Invalid."""
        with self._database.change() as connection:
            self.insert(connection, account)

    def insert(self, connection: Connection, account: DeveloperAccount) -> None:
        """`add` inside the caller's transaction."""
        check_id(account.id, "a developer account")
        check_texts(account, "The developer account")
        present = select(developer_accounts.c.id).where(developer_accounts.c.id == account.id)
        if connection.execute(present).one_or_none():
            raise AlreadyExists(f"There is a developer account {account.id} already.")
        connection.execute(insert(developer_accounts), row_of(developer_accounts, account))

    def page(self, after: int = INT32.start - 1, limit: int = 100) -> Sequence[DeveloperAccount]:
        """At most `limit` of them with greater ids, in their order."""
        table = developer_accounts
        statement = (
            select(table)
            .where(table.c.id > literal(after, BigInteger))
            .order_by(table.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [record_of(DeveloperAccount, row) for row in connection.execute(statement)]

    def remove(self, account_id: int) -> None:
        """Forget it, its memberships, and end all sessions there. NotFound."""
        with self._database.change() as connection:
            self._members.remove_place(connection, account_id)
