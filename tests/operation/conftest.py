"""Servers of each engine for the session, by pip alone."""

import base64
import os

import pytest
from tests.operation.commands import Commands
from tests.stores.valkey.servers import Server, Standalone, free_port
from tests.torture.postgresql import PostgreSQL

MASTER_KEY = base64.b64encode(bytes(range(32))).decode()


class Databases:
    """A server on which a role called `guarded` needs its password, and its databases."""

    def __init__(self, server):
        self.server = server
        access = server.folder / "pg_hba.conf"
        access.write_text(f"host all guarded all scram-sha-256\n{access.read_text()}")
        server.run("SELECT pg_reload_conf()", "postgres")
        server.run("CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'right'", "postgres")

    def url(self, name, who="postgres"):
        return f"postgresql://{who}@{self.server.address}/{name}"

    def make(self, name):
        self.server.run(f"CREATE DATABASE {name} STRATEGY FILE_COPY", "postgres")
        return self.url(name)


@pytest.fixture(scope="session")
def postgresql():
    with PostgreSQL.fresh("fsync = off\n") as server:
        yield Databases(server)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory):
    started = Standalone(tmp_path_factory.mktemp("valkey") / "standalone")
    yield started
    started.close()


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    """A lonely node of a cluster; its address."""
    folder = tmp_path_factory.mktemp("valkey") / "node"
    bus = str(free_port())
    started = Server(folder, "--cluster-enabled", "yes", "--cluster-port", bus)
    yield f"127.0.0.1:{started.port}"
    started.close()


@pytest.fixture
def alone(monkeypatch):
    """No setting of the environment gets through."""
    delete_settings(monkeypatch)


def delete_settings(environment):
    for name in [name for name in os.environ if name.startswith("RETICKET_")]:
        environment.delenv(name)


@pytest.fixture
def commands(tmp_path, alone):
    """Opens a data folder with settings."""

    (tmp_path / "data").mkdir(mode=0o700)
    return commands_in(tmp_path / "data")


def commands_in(data):
    return lambda **settings: Commands(data, {"RETICKET_MASTER_KEY": MASTER_KEY, **settings})
