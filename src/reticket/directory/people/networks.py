"""The networks from which people have signed in, as keyed digests that hide the address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from reticket.core.ports import Recognised
from reticket.core.realms import USUAL, SignInName
from reticket.directory.engines.database import Database
from reticket.directory.forms import folded, is_sign_in_name
from reticket.directory.people.second_factor import Sealer
from reticket.directory.people.user_rows import has_name
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

    def recognise(self, asked: Sequence[tuple[SignInName, str]]) -> list[Recognised]:
        """Whether each name and network is known. An unknown name costs the same work."""
        names = [_key_of(name) for name, _ in asked]
        with self._database.read() as connection:
            people = _versions(connection, names)
            whom = [(name, people.get(name)) for name in names]
            places = zip(whom, asked, strict=True)
            digests = [self._digest_of(person, at) for (_, person), (_, at) in places]
            known = _known(connection, digests)
        return [
            Recognised(self._account_of(name, person), person is not None, digest in known)
            for (name, person), digest in zip(whom, digests, strict=True)
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

    def _account_of(self, name: SignInName, person: tuple[str, int] | None) -> str:
        """A keyed digest of bounded length, whatever was sent as a name. A name that nobody has
        gets another one in each realm.

        Without the key nobody can find a name with the same digest, or tell whether it belongs to
        an account.
        """
        said = f"{person[1]}:{person[0]}" if person else f":{name.text}"
        purpose = "account" if person or name.realm == USUAL else f"account:{name.realm}"
        digest = self._sealer.digest(said.encode("utf-8", "surrogatepass"), purpose.encode())
        return digest.hex()

    def _digest_of(self, person: tuple[str, int] | None, network: str) -> bytes:
        """The digest of a network. For an unknown e-mail it matches none, after the same work."""
        user_id, version = person or ("", 0)
        text = f"{version}:{network}".encode("utf-8", "surrogatepass")
        return self._sealer.digest(text, b"network:" + user_id.encode())


def _key_of(name: SignInName) -> SignInName:
    return SignInName(name.realm, folded(name.text))


def _versions(
    connection: Connection, names: Iterable[SignInName]
) -> dict[SignInName, tuple[str, int]]:
    """Id and credential version of each person, by every name; one look-up for each realm."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for realm, key in names:
        wanted[realm].update([key] if is_sign_in_name(key) else ())
    found: dict[SignInName, tuple[str, int]] = {}
    columns = users.c
    for realm, keys in wanted.items():
        who = select(
            columns.email_folded, columns.user_name_folded, columns.id, columns.credential_version
        ).where(has_name(realm, keys))
        for email, user_name, user_id, version in connection.execute(who):
            found |= {SignInName(realm, key): (user_id, version) for key in (email, user_name)}
    return found


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
