"""An older copy is restored: revoked sessions stay revoked, and honest clients continue."""

import errno
import json
import os
import shutil
import stat
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.http.wire import ADA, WIRES
from tests.operation.commands import Commands
from tests.operation.conftest import MASTER_KEY
from tests.stores.valkey.servers import Server

from reticket.cli.backup import NAMES
from reticket.testing import running_server
from reticket.testing.store_contract import family_of

AKINON, CLOUDREVE, APPLICATION = WIRES[:3]


class Files:
    """Sessions and directory in files, copied and put back by reticket itself."""

    def __init__(self, folder):
        self._folder = folder / "copy"
        self.settings = {}

    def copy(self, commands):
        commands.run("backup", str(self._folder))

    def put_back(self, commands, *streams):
        return commands.run("restore", str(self._folder), *streams)


class OnPostgresql:
    """Sessions and directory in a database, copied and put back by its own tools."""

    def __init__(self, server):
        self._server = server
        self.settings = {"RETICKET_SESSIONS": server.url, "RETICKET_DIRECTORY": server.url}

    def copy(self, commands):
        self._dump = self._server.dump()

    def put_back(self, commands, *streams):
        self._server.restore(self._dump)
        return commands.run("replay", *streams)


class OnValkey:
    """Families in a server, whose append-only file is copied."""

    def __init__(self, folder):
        self._place, self._kept = folder / "valkey", folder / "aof"
        self._server = Server(self._place)
        self.settings = {"RETICKET_SESSIONS": f"valkey://127.0.0.1:{self._server.port}"}

    def copy(self, commands):
        shutil.copytree(self._place / "appendonlydir", self._kept)

    def put_back(self, commands, *streams):
        self._server.kill()
        shutil.rmtree(self._place / "appendonlydir")
        shutil.copytree(self._kept, self._place / "appendonlydir")
        self._server.start()
        return commands.run("replay", *streams)

    def close(self):
        self._server.close()


@contextmanager
def engine_of(kind, folder, request):
    if kind == "postgresql":
        server = request.getfixturevalue("postgresql").server
        server.run("DROP DATABASE reticket WITH (FORCE)", "postgres")
        server.run("CREATE DATABASE reticket", "postgres")
        yield OnPostgresql(server)
    elif kind == "valkey":
        engine = OnValkey(folder)
        yield engine
        engine.close()
    else:
        yield Files(folder)


@pytest.fixture(params=["sqlite", "postgresql", "valkey"])
def engine(request, tmp_path, alone):
    with engine_of(request.param, tmp_path, request) as made:
        made.settings["RETICKET_MASTER_KEY"] = MASTER_KEY
        yield made


def refreshed(url, wire, token, times):
    for _ in range(times):
        answer = wire.refresh(url, token)
        assert wire.is_good(answer), answer
        token = wire.token_of(answer[2])
    return token


def newest_of(commands, resource):
    return commands.rows("session", "list", "--kind", resource)[-1]["id"]


def test_a_restored_copy_signs_no_honest_client_out_and_revives_no_session(engine, tmp_path):
    """All but the first of Ada's sessions began after one end of all of them, and before the copy:
    the stream is older than the copy in part.
    """
    home = tmp_path / "home"
    home.mkdir()
    commands = Commands(home / "data", engine.settings)
    with running_server(home, settings=engine.settings) as running:
        before = AKINON.sign_in(running.url)
        commands.run("session", "revoke", "--subject", ADA)
        honest = refreshed(running.url, AKINON, AKINON.sign_in(running.url), 1)
        revoked = CLOUDREVE.sign_in(running.url)
        of_subject = APPLICATION.sign_in(running.url)
        signed_out = AKINON.sign_in(running.url)
        signed_out_id = newest_of(commands, "akinon.user")
        engine.copy(commands)
        honest = refreshed(running.url, AKINON, honest, 3)
        commands.run("session", "revoke", newest_of(commands, "cloudreve.user"))
        commands.run("session", "revoke", "--subject", WIRES[2].sign_in_body["applicationId"])
        commands.run("session", "revoke", signed_out_id)
        again = APPLICATION.sign_in(running.url)
        assert AKINON.is_refused(AKINON.refresh(running.url, signed_out))
    stream = shutil.copy(home / "data" / "audit.jsonl", tmp_path / "audit.jsonl")
    said = engine.put_back(commands, "--audit", str(stream))
    assert "3 revocations replayed" in said
    assert "\n0 revocations replayed" in f"\n{commands.run('replay', '--audit', str(stream))}"
    commands.run("purge")
    with running_server(home, settings=engine.settings) as running:
        honest = refreshed(running.url, AKINON, honest, 2)
        for wire, token in (
            (AKINON, before), (CLOUDREVE, revoked), (APPLICATION, of_subject), (AKINON, signed_out),
        ):  # fmt: skip
            assert wire.is_refused(wire.refresh(running.url, token))
        assert APPLICATION.is_refused(APPLICATION.refresh(running.url, again))
        refreshed(running.url, APPLICATION, APPLICATION.sign_in(running.url), 2)
    events = [json.loads(line) for line in (home / "data" / "audit.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events].count("healed") == 1


def test_a_backup_copies_files_and_names_the_servers(commands, postgresql, tmp_path):
    url = postgresql.make("mixed")
    for settings, held in (
        ({"RETICKET_SESSIONS": url}, "directory"),
        ({"RETICKET_DIRECTORY": url}, "sessions"),
    ):
        opened = Commands(tmp_path / "data", {"RETICKET_MASTER_KEY": MASTER_KEY, **settings})
        opened.data.mkdir(exist_ok=True)
        opened.run("init")
        folder = tmp_path / held
        said = opened.run("backup", str(folder)).splitlines()
        assert [path.name for path in folder.iterdir()] == [NAMES[held]]
        assert stat.S_IMODE((folder / NAMES[held]).stat().st_mode) == 0o600
        assert said[0].startswith("not copied: ")
        assert "pg_dump" in said[0]
        assert said[1].startswith(f"{folder} holds {held};")
        assert "revocations replayed" in opened.run("restore", str(folder))


def test_a_backup_without_files_names_the_tool_to_use(commands, postgresql, valkey, tmp_path):
    valkey.client.flushall()
    url = postgresql.make("nothing_else")
    opened = commands(RETICKET_SESSIONS=valkey.url, RETICKET_DIRECTORY=url)
    opened.run("init")
    folder = tmp_path / "copy"
    said = opened.refused("backup", str(folder))
    assert "nothing here is a file to copy: sessions are in Valkey" in said
    assert "append-only file" in said
    assert "pg_dump" in said
    assert not folder.exists()
    folder.mkdir()
    said = opened.refused("restore", str(folder))
    assert "restore them by their own tools, then run `reticket replay`" in said


def test_a_copy_of_data_that_is_now_on_a_server_is_not_restored(commands, valkey, tmp_path):
    folder = tmp_path / "copy"
    commands().run("init")
    commands().run("backup", str(folder))
    elsewhere = Commands(tmp_path / "data", {"RETICKET_SESSIONS": valkey.url})
    said = elsewhere.refused("restore", str(folder))
    assert "has families.sqlite, but the settings name a server for it" in said
    Path(folder / "families.sqlite").unlink()
    said = Commands(tmp_path / "data").refused("restore", str(folder))
    assert said.endswith("is no backup of these settings: it has no families.sqlite")


HARMS = {
    "interrupted at once": lambda copy: b"",
    "interrupted": lambda copy: copy[: len(copy) // 2],
    "something else": lambda copy: b"no database" * 1000,
}


def kept(commands):
    """A session that only what is restored over knows."""
    with commands.opened() as instance:
        family = family_of(3)._replace(expires_at=2**50, ends_at=2**50)
        instance.store.create([family])
    return family


def is_there(commands, family):
    """Whether nothing was changed, and nothing left behind."""
    assert not [each.name for each in commands.data.iterdir() if ".restored" in each.name]
    assert "admin" in commands.run("client", "list")
    with commands.opened() as instance:
        return instance.store.find(family.id) == family


@pytest.mark.parametrize("name", NAMES.values())
@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_an_incomplete_copy_replaces_nothing(commands, tmp_path, name, harm):
    opened, folder = commands(), tmp_path / "copy"
    opened.run("init")
    opened.run("backup", str(folder))
    family, copy = kept(opened), folder / name
    copy.write_bytes(harm(copy.read_bytes()))
    said = opened.refused("restore", str(folder))
    assert said.startswith(f"{folder} is no whole backup: ")
    assert said.endswith("nothing was changed")
    assert is_there(opened, family)


def test_a_full_disk_during_a_restore_changes_nothing(commands, tmp_path, monkeypatch):
    """Sessions of the copy beside people of today would be neither."""
    opened, folder = commands(), tmp_path / "copy"
    opened.run("init")
    opened.run("backup", str(folder))
    family, whole = kept(opened), shutil.copyfile

    def until_full(source, target):
        if Path(source).name == "directory.sqlite":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(source, target)

    monkeypatch.setattr(shutil, "copyfile", until_full)
    said = opened.refused("restore", str(folder))
    assert "directory.sqlite: No space left on device; nothing was changed" in said
    assert is_there(opened, family)


def test_a_copy_of_another_master_key_replaces_nothing(commands, tmp_path):
    opened, folder = commands(), tmp_path / "copy"
    opened.run("init")
    opened.run("backup", str(folder))
    other = Commands(tmp_path / "other")
    other.run("init")
    family = kept(other)
    assert "nothing was changed" in other.refused("restore", str(folder))
    assert is_there(other, family)


def test_a_replay_keeps_sessions_that_may_have_continued(engine, tmp_path):
    """A copy takes for dead whose client may have refreshed since."""
    commands = Commands(tmp_path / "data", engine.settings)
    commands.run("init")
    (tmp_path / "empty.jsonl").touch()
    with commands.opened() as instance:
        now = instance.store.now()
        old = family_of(3)._replace(resource="akinon.user", expires_at=now - 1, ends_at=2**50)
        instance.store.create([old])
    commands.run("replay", "--audit", str(tmp_path / "empty.jsonl"))
    assert commands.run("purge") == "0 sessions deleted\n"
    with commands.opened() as instance:
        assert instance.store.find(old.id).expires_at > now


def test_a_replay_requires_an_audit_stream(commands):
    assert "Missing option '--audit'" in commands().misused("replay")
