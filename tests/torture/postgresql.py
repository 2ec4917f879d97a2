"""A PostgreSQL server of the test's own, from a package alone, and what may happen to it.

Signals go to processes that it has started, by their ids.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from tests.stores.postgresql import data_folder

from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE, until

HOST = "127.0.0.1"
NAME = "reticket"
NEIGHBOURS = "host all all samenet trust\n"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = 32MB
log_min_messages = fatal
restart_after_crash = on
"""


class PostgreSQL:
    """A server on a folder and a port of its own; what is started is stopped with the folder."""

    def __init__(self, folder: Path, programs: Path, user: str | None) -> None:
        self.folder, self.port = folder, free_port()
        self._programs, self._user = programs, user
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextmanager
    def fresh(cls, settings: str = "") -> Iterator[PostgreSQL]:
        """A new server that runs, with an empty database."""
        with tempfile.TemporaryDirectory() as place:
            packaged = data_folder.packaged(Path(place) / "primary")
            server = cls(packaged.pgdata, packaged.bin_path, packaged.system_user)
            server.configure(SETTINGS + settings)
            server.configure(NEIGHBOURS, "pg_hba.conf")
            try:
                server.start()
                server.run(f"CREATE DATABASE {NAME}", "postgres")
                yield server
            finally:
                server.kill()

    @classmethod
    @contextmanager
    def kept(cls, folder: Path, settings: str = "") -> Iterator[PostgreSQL]:
        """The server of a folder, made where there is none; stopped in order afterwards."""
        packaged = data_folder.kept(folder)
        server = cls(packaged.pgdata, packaged.bin_path, packaged.system_user)
        (server.folder / "postgresql.conf").write_text(SETTINGS + settings)
        try:
            server.start()
            if not server.run(f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'", "postgres"):
                server.run(f"CREATE DATABASE {NAME}", "postgres")
            yield server
        finally:
            server.stop()

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return self.url_at(HOST)

    def url_at(self, host: str) -> str:
        return f"postgresql://postgres@{host}:{self.port}/{NAME}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def program(self, name: str) -> Path:
        """A program of the package, such as `psql`."""
        return self._programs / name

    def configure(self, settings: str, file_name: str = "postgresql.conf") -> None:
        with (self.folder / file_name).open("a") as file:
            file.write(settings)

    def start(self) -> None:
        """Until it takes connections. The remains of one that was killed may be in its way."""
        until(self._is_up, "PostgreSQL", (self.folder / "log").read_text)

    def stop(self) -> None:
        """In order: whoever is connected is cut off, and everything is on disk."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE)
        self._process = None

    def kill(self) -> None:
        """`kill -9` of every process."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        assert self._processes(), "there is nobody to freeze"
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Every file is as long as it may get. A log that cannot be written ends the server."""
        for each in self._processes():
            command = ["prlimit", "--pid", str(each.pid), "--fsize=0:"]
            subprocess.run(command, check=False, user=self._user)
        try:
            yield
        finally:
            self.kill()
            self.start()

    def run(self, statement: str, database: str = NAME) -> list[tuple]:
        url = f"postgresql://postgres@{self.address}/{database}"
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def dump(self) -> str:
        return self._tool("pg_dump", "--dbname", self.url)

    def restore(self, dump: str) -> None:
        """Everything as it was."""
        self.run(f"DROP DATABASE {NAME} WITH (FORCE)", "postgres")
        self.run(f"CREATE DATABASE {NAME}", "postgres")
        self._tool("psql", "--quiet", "--dbname", self.url, said=dump)

    @contextmanager
    def standby(self) -> Iterator[PostgreSQL]:
        """A server that follows this one."""
        with tempfile.TemporaryDirectory() as place:
            if self._user is not None:
                shutil.chown(place, self._user)
            other = PostgreSQL(Path(place) / "standby", self._programs, self._user)
            at = f"host=127.0.0.1 port={self.port} user=postgres application_name=standby"
            folder = str(other.folder)
            self._tool("pg_basebackup", "-D", folder, "-d", at, "-R", "-X", "stream", "-c", "fast")
            try:
                other.start()
                yield other
            finally:
                other.kill()

    def promote(self) -> None:
        self.run("SELECT pg_promote()", "postgres")

    def _is_up(self) -> bool:
        """Whether it answers; one that has ended is started again."""
        if self._answers():
            return True
        if self._process is None or self._process.poll() is not None:
            self._process = self._spawn()
        return False

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1", "postgres")
        except psycopg.OperationalError:
            return False
        return True

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [str(self._programs / "postgres"), "-D", str(self.folder), "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, user=self._user, cwd=self.folder
            )

    def _tool(self, name: str, *arguments: str, said: str = "") -> str:
        done = subprocess.run(
            [str(self._programs / name), *arguments], input=said, text=True, capture_output=True,
            check=False, user=self._user,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _processes(self) -> list[psutil.Process]:
        if self._process is None or self._process.poll() is not None:
            return []
        first = psutil.Process(self._process.pid)
        return [first, *first.children(recursive=True)]

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to every process, while the first one starts no others."""
        for first in self._processes()[:1]:
            first.suspend()
        for each in self._processes():
            with suppress(psutil.NoSuchProcess):
                each.send_signal(number)
