"""The records of adoptions. Keys of other systems are stored encrypted.

No record is deleted: with a second one of the same key, sessions that were ended could begin anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from reticket.core.adoption.model import Adoption, Mode
from reticket.core.ports import Clock
from reticket.directory.adoption.tables import adoptions
from reticket.directory.engines.database import Database
from reticket.directory.errors import AlreadyExists, Invalid, NotFound
from reticket.directory.people.second_factor import Sealer

_PURPOSE = b"adoption:"


class Adoptions:
    """Owns the table. Every method may raise Unavailable."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def all(self) -> Sequence[Adoption]:
        """Every adoption, ended or not, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(adoptions).order_by(adoptions.c.since)).all()
        return [self._adoption(row) for row in rows]

    def find(self, name: str) -> Adoption:
        """The adoption with that name. NotFound."""
        found = next((each for each in self.all() if each.name == name), None)
        if found is None:
            raise NotFound(f"There is no adoption {name!r}.")
        return found

    def add(self, adoption: Adoption, most: int) -> None:
        """Keep a new adoption.

        Args:
            adoption: with its secrets.
            most: the cost of all active adoptions that a token kind may have.

        Raises:
            AlreadyExists: the name is or was another one's, or the key was adopted before.
            Invalid: the kind has too many.
        """
        fingerprint = self._fingerprint(adoption)
        with self._database.write() as connection:
            columns = adoptions.c
            if _exists(connection, columns.name == adoption.name):
                raise AlreadyExists(f"There is or was an adoption {adoption.name!r} already.")
            if _exists(connection, columns.fingerprint == fingerprint):
                raise AlreadyExists(
                    "This key was adopted before for the same kind of tokens. Sessions that have "
                    "ended since could begin anew, so it cannot be adopted again."
                )
            now, others = self._clock(), map(self._adoption, connection.execute(_of(adoption.kind)))
            if sum(each.cost for each in others if each.is_active(now)) + adoption.cost > most:
                raise Invalid(
                    f"{adoption.kind} has too many active adoptions. A forged token is compared "
                    f"with all of them, so at most {most} are allowed. One with ES384 counts as "
                    "2, and one with ES512 as 5."
                )
            connection.execute(insert(adoptions), self._row(adoption, fingerprint))

    def remove(self, name: str) -> None:
        """End an adoption. Sessions that were adopted go on. NotFound."""
        self.find(name)
        with self._database.write() as connection:
            chosen = update(adoptions).where(
                adoptions.c.name == name, adoptions.c.removed_at.is_(None)
            )
            connection.execute(chosen.values(removed_at=self._clock()))

    def complete(self, name: str) -> None:
        """Note that all ended sessions were imported: from now on an absent one is living."""
        with self._database.write() as connection:
            chosen = update(adoptions).where(
                adoptions.c.name == name, adoptions.c.mode == Mode.LIVING.value
            )
            connection.execute(chosen.values(mode=Mode.REVOKED.value))

    def _row(self, adoption: Adoption, fingerprint: bytes) -> dict[str, Any]:
        secrets = {
            "secret": adoption.secret.hex(),
            "key": adoption.key,
            "salts": dict(adoption.salts),
        }
        plain = json.dumps(secrets).encode()
        row = {
            column.name: getattr(adoption, column.name)
            for column in adoptions.columns
            if column.name not in ("fingerprint", "sealed")
        }
        row["options"], row["mode"] = dict(adoption.options), adoption.mode.value
        sealed = self._sealer.seal(plain, _PURPOSE + adoption.name.encode())
        return row | {"fingerprint": fingerprint, "sealed": sealed}

    def _adoption(self, row: Row[Any]) -> Adoption:
        members = row._asdict()
        del members["fingerprint"]
        sealed = members.pop("sealed")
        opened = json.loads(self._sealer.open(sealed, _PURPOSE + row.name.encode()))
        opened["secret"] = bytes.fromhex(opened["secret"])
        return Adoption(**{**members, **opened, "mode": Mode(row.mode)})

    def _fingerprint(self, adoption: Adoption) -> bytes:
        """Of the key alone, whatever issuer is said. Sessions of opaque tokens begin by an import
        alone: there the name tells adoptions apart.
        """
        key = adoption.key if adoption.algorithm else f"opaque:{adoption.name}"
        said = json.dumps([adoption.kind, key])
        return self._sealer.digest(said.encode(), b"adoption")


def _of(kind: str) -> Any:
    return select(adoptions).where(adoptions.c.kind == kind)


def _exists(connection: Connection, condition: Any) -> bool:
    return connection.execute(select(adoptions.c.name).where(condition)).first() is not None
