"""What forms of password hashes need beside the hashes, such as a pepper: sealed, by name.

A configuration never changes, since hashes that are stored depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from reticket.directory.engines.database import Database
from reticket.directory.errors import AlreadyExists
from reticket.directory.people.second_factor import Sealer
from reticket.directory.tables import hash_configs


class HashConfigs:
    """Owns the table. Every method may raise Unavailable."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._found: dict[str, bytes] = {}

    def find(self, name: str) -> bytes | None:
        """The configuration with a name. It is read once."""
        if name not in self._found:
            sealed = self._database.find(_sealed, name)
            if sealed is None:
                return None
            self._found[name] = self._sealer.open(sealed, _purpose(name))
        return self._found[name]

    def keep(self, configs: Mapping[str, bytes]) -> list[str]:
        """Keep all of them, or none; returns the names of new ones. AlreadyExists where another one
        has the name.
        """
        with self._database.change() as connection:
            new = self._new(connection, configs)
            for name in new:
                row = {"name": name, "sealed": self._sealer.seal(configs[name], _purpose(name))}
                connection.execute(insert(hash_configs), row)
        return new

    def check(self, configs: Mapping[str, bytes]) -> None:
        """Refuse what `keep` would refuse, and keep nothing."""
        with self._database.read() as connection:
            self._new(connection, configs)

    def names(self) -> list[str]:
        """All names, in order."""
        with self._database.read() as connection:
            statement = select(hash_configs.c.name).order_by(hash_configs.c.name)
            return list(connection.execute(statement).scalars())

    def _new(self, connection: Connection, configs: Mapping[str, bytes]) -> list[str]:
        new = [name for name in sorted(configs) if _sealed(connection, name) is None]
        for name in configs.keys() - new:
            if self.find(name) != configs[name]:
                raise AlreadyExists(f"There is another hash configuration named {name!r}.")
        return new


def _sealed(connection: Connection, name: str) -> bytes | None:
    statement = select(hash_configs.c.sealed).where(hash_configs.c.name == name)
    return connection.execute(statement).scalar_one_or_none()


def _purpose(name: str) -> bytes:
    return b"hash-config:" + name.encode()
