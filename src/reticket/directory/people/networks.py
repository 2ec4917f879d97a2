"""The networks from which people have signed in, as keyed digests that hide the address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from reticket.core.ports import Recognised
from reticket.directory.engines.database import Database
from reticket.directory.forms import folded, is_email
from reticket.directory.people.second_factor import Sealer
from reticket.directory.tables import known_networks, users

KEPT = 16
"""Networks of one person; the one seen longest ago is deleted first."""
FRESH = 86_400_000
"""Milliseconds in which a network seen before is not written again."""


class KnownNetworks:
    """Owns the table. Every method may raise Unavailable.

    A network is known until the password or the e-mail changes. Then the holder of an old password
    is unknown again.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def recognise(self, asked: Sequence[tuple[str, str]]) -> list[Recognised]:
        """Whether each e-mail and network is known. An unknown e-mail costs the same work."""
        emails = {folded(email) for email, _ in asked if _may_be_stored(email)}
        with self._database.read() as connection:
            people = _versions(connection, emails)
            digests = [self._digest_of(people.get(folded(email)), at) for email, at in asked]
            known = _known(connection, digests)
        whom = [(folded(email), people.get(folded(email))) for email, _ in asked]
        return [
            Recognised(self._account_of(email, person), person is not None, digest in known)
            for (email, person), digest in zip(whom, digests, strict=True)
        ]

    def remember(self, user_id: str, network: str, at: int) -> None:
        """Record a sign-in from a network, at a time in milliseconds."""
        mine = users.c.id == user_id
        with self._database.read() as connection:
            statement = select(users.c.credential_version).where(mine)
            version = connection.execute(statement).scalar_one_or_none()
            digest = self._digest_of((user_id, version or 0), network)
            if version is None or digest in _known(connection, [digest], since=at - FRESH):
                return
        with self._database.write() as connection:
            connection.execute(select(users.c.id).where(mine).with_for_update())
            _write(connection, user_id, digest, at)

    def _account_of(self, email: str, person: tuple[str, int] | None) -> str:
        """A keyed digest of bounded length, whatever was sent as an e-mail.

        Without the key nobody can find an e-mail with the same digest, or tell whether it belongs
        to an account.
        """
        said = f"{person[1]}:{person[0]}" if person else f":{email}"
        return self._sealer.digest(said.encode("utf-8", "surrogatepass"), b"account").hex()

    def _digest_of(self, person: tuple[str, int] | None, network: str) -> bytes:
        """The digest of a network. For an unknown e-mail it matches none, after the same work."""
        user_id, version = person or ("", 0)
        text = f"{version}:{network}".encode("utf-8", "surrogatepass")
        return self._sealer.digest(text, b"network:" + user_id.encode())


def _may_be_stored(email: str) -> bool:
    """Whether an engine can store the text; every e-mail in the directory passed this."""
    return is_email(email) and not any("\ud800" <= letter <= "\udfff" for letter in email)


def _versions(connection: Connection, emails: Iterable[str]) -> dict[str, tuple[str, int]]:
    columns = users.c.email_folded, users.c.id, users.c.credential_version
    found = connection.execute(select(*columns).where(users.c.email_folded.in_(emails)))
    return {email: (user_id, version) for email, user_id, version in found}


def _known(connection: Connection, digests: Iterable[bytes], since: int = 0) -> set[bytes]:
    columns = known_networks.c
    fitting = columns.digest.in_(digests) & (columns.seen_at >= since)
    return set(connection.execute(select(columns.digest).where(fitting)).scalars())


def _write(connection: Connection, user_id: str, digest: bytes, at: int) -> None:
    columns = known_networks.c
    mine = columns.user_id == user_id
    seen = update(known_networks).where(mine, columns.digest == digest).values(seen_at=at)
    if not connection.execute(seen).rowcount:
        row = {"user_id": user_id, "digest": digest, "seen_at": at}
        connection.execute(insert(known_networks), row)
    newest = select(columns.digest).where(mine).order_by(columns.seen_at.desc(), columns.digest)
    over = connection.execute(newest.offset(KEPT)).scalars().all()
    connection.execute(delete(known_networks).where(mine, columns.digest.in_(over)))
