"""From which networks people have signed in, as keyed digests that tell nobody the address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from reticket.core.ports import Recognised
from reticket.directory.engines.database import Database
from reticket.directory.forms import folded, is_email
from reticket.directory.people.second_factor import Sealer
from reticket.directory.tables import known_networks, users

KEPT = 16
"""Networks of one person; the one that was not seen for longest goes first."""
FRESH = 86_400_000
"""Milliseconds in which a network that was seen is not written down again."""


class KnownNetworks:
    """Owns the table. A network is known until the password or the e-mail changes, so that whoever
    had the old password is a stranger again. Every method may raise Unavailable.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def recognise(self, asked: Sequence[tuple[str, str]]) -> list[Recognised]:
        """What is known of each e-mail and network; of nobody as much as of a stranger."""
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
        """Somebody has signed in from there (milliseconds)."""
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
        """Keyed: nobody can find another e-mail with the same one, or tell whether it is that of
        an account. Of bounded length, whatever was sent as an e-mail.
        """
        said = f"{person[1]}:{person[0]}" if person else f":{email}"
        return self._sealer.digest(said.encode("utf-8", "surrogatepass"), b"account").hex()

    def _digest_of(self, person: tuple[str, int] | None, network: str) -> bytes:
        """For an unknown e-mail the same work is done, and nothing is found."""
        user_id, version = person or ("", 0)
        text = f"{version}:{network}".encode("utf-8", "surrogatepass")
        return self._sealer.digest(text, b"network:" + user_id.encode())


def _may_be_stored(email: str) -> bool:
    """Whether an engine takes the text; every e-mail in the directory passed this."""
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
