"""Where sessions and directory are, and how a copy of them is kept and put back."""

from __future__ import annotations

import shutil
from contextlib import closing, contextmanager

from tests.stores.valkey.servers import Server
from tests.torture.postgresql import PostgreSQL

DUMP, LOG = "dump.sql", "appendonlydir"


class InFiles:
    """Sessions and directory, both in the data folder."""

    def __init__(self):
        self.settings = {}

    @classmethod
    @contextmanager
    def fresh(cls, folder):
        yield cls()

    def keep(self, target):
        """Nothing."""

    def put_back(self, kept):
        """Nothing."""

    def upgrade(self, commands):
        """Nothing: a service that has them to itself does it at start."""


class InPostgresql:
    """Sessions and directory in one database, copied and put back by its own tools."""

    def __init__(self, server):
        self._server = server
        self.settings = {"RETICKET_SESSIONS": server.url, "RETICKET_DIRECTORY": server.url}

    @classmethod
    @contextmanager
    def fresh(cls, folder):
        with PostgreSQL.fresh("fsync = off\n") as server:
            yield cls(server)

    def keep(self, target):
        (target / DUMP).write_text(self._server.dump())

    def put_back(self, kept):
        self._server.restore((kept / DUMP).read_text())

    def upgrade(self, commands):
        """As an operator does: the tables may be shared by services of both versions."""
        commands.run("migrate", "up")


class SessionsInValkey:
    """Sessions in a server, whose append-only file is copied; the directory in the data folder."""

    def __init__(self, server, place):
        self._server, self._place = server, place
        self.settings = {"RETICKET_SESSIONS": f"valkey://127.0.0.1:{server.port}"}

    @classmethod
    @contextmanager
    def fresh(cls, folder):
        place = folder / "valkey"
        with closing(Server(place)) as server:
            yield cls(server, place)

    def keep(self, target):
        shutil.rmtree(target / LOG, ignore_errors=True)
        shutil.copytree(self._place / LOG, target / LOG)

    def put_back(self, kept):
        self._server.kill()
        shutil.rmtree(self._place / LOG)
        shutil.copytree(kept / LOG, self._place / LOG)
        self._server.start()

    def upgrade(self, commands):
        """Nothing, as for files."""


ENGINES = {"sqlite": InFiles, "postgresql": InPostgresql, "valkey": SessionsInValkey}
