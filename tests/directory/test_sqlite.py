"""Faults of SQLite files: odd paths, damage, another program's file, a full disk."""

from __future__ import annotations

import sqlite3
import stat

import pytest
from sqlalchemy import event

from reticket.core.errors import StartupError, Unavailable
from reticket.directory.drafts import UserDraft
from reticket.directory.seed import DEMO, load_seed


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/directory.sqlite"


def schema_of(file):
    connection = sqlite3.connect(file)
    rows = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
    connection.close()
    return rows


def test_only_the_owner_may_read_the_file(directory, tmp_path):
    directory.signed_in("nobody", 1)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("directory.sqlite*")}
    assert modes == {0o600}


def test_pragmas(directory):
    with directory.database.write() as connection:
        read = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert read == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 2000,
    }


@pytest.mark.parametrize("name", ["a b%20c.sqlite", "wh?at#.sqlite", "\u00fc.sqlite"])
def test_odd_file_names_work(opened, tmp_path, name):
    opened(f"sqlite:///{tmp_path}/{name}").users.page()
    assert (tmp_path / name).exists()


@pytest.mark.parametrize(
    "url", ["sqlite:", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://x/y"]
)
def test_a_url_without_a_file_is_refused(opened, url):
    with pytest.raises(StartupError) as raised:
        opened(url)
    assert str(raised.value) == (
        "the directory's URL must look like sqlite:///FOLDER/directory.sqlite."
    )


def broken(tmp_path, opened, url):
    with pytest.raises(StartupError) as raised:
        opened(url)
    message = str(raised.value)
    assert str(tmp_path / "directory.sqlite") in message
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_a_missing_folder_stops_the_start(tmp_path, opened):
    with pytest.raises(StartupError, match=r"cannot open .*No such file or directory\.$"):
        opened(f"sqlite:///{tmp_path}/none/directory.sqlite")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path, opened, url):
    (tmp_path / "directory.sqlite").mkdir()
    assert "Is a directory" in broken(tmp_path, opened, url)


@pytest.mark.parametrize("content", [b"this is no database " * 100, b"SQLite format 3\0" * 300])
def test_a_file_that_is_no_database_is_refused(tmp_path, opened, url, content):
    (tmp_path / "directory.sqlite").write_bytes(content)
    assert "is damaged or is no database" in broken(tmp_path, opened, url)


@pytest.mark.parametrize("hole", [(100, 3000), (4096, 8192), (20_000, 40_000)])
def test_a_damaged_file_is_refused(tmp_path, opened, url, directory, hasher, hole):
    load_seed(DEMO, directory, hasher)
    directory.close()
    file = tmp_path / "directory.sqlite"
    data = bytearray(file.read_bytes())
    data[hole[0] : hole[1]] = b"\xa5" * (hole[1] - hole[0])
    file.write_bytes(data)
    assert "is damaged or is no database" in broken(tmp_path, opened, url)


def test_a_truncated_file_is_refused(tmp_path, opened, url, directory):
    directory.close()
    file = tmp_path / "directory.sqlite"
    file.write_bytes(file.read_bytes()[:9000])
    assert "is damaged or is no database" in broken(tmp_path, opened, url)


def test_a_database_of_another_program_is_refused(tmp_path, opened, url):
    file = tmp_path / "directory.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE users (id)")
    connection.close()
    assert "is a database, but not a directory of reticket" in broken(tmp_path, opened, url)
    assert schema_of(file) == [("users", "CREATE TABLE users (id)")]


def test_a_file_locked_by_another_process_is_unavailable(
    tmp_path, opened, url, directory, monkeypatch
):
    monkeypatch.setattr("reticket.directory.engines.sqlite.BUSY_MS", 10)
    directory.close()
    holder = sqlite3.connect(tmp_path / "directory.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert "database is locked" in broken(tmp_path, opened, url)
    holder.close()


def test_a_copy_is_complete_and_readable_only_by_its_owner(directory, opened, tmp_path, hasher):
    load_seed(DEMO, directory, hasher)
    copy = tmp_path / "copy.sqlite"
    directory.backup(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert opened(f"sqlite:///{copy}").users.page() == directory.users.page()
    directory.users.disable("ada@example.com")
    directory.catch_up()
    assert directory.user_by_email("ada@example.com").disabled


def test_a_full_disk_is_unavailable(directory, hasher):
    reader = directory.database._storage.reader

    def fill(connection, *_):
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(reader, "checkout", fill)
    with pytest.raises(Unavailable, match="database or disk is full"):
        directory.users.add(UserDraft("full@b", "x" * 1_000_000), "secret!")
    event.remove(reader, "checkout", fill)
    assert directory.users.page() == []
    with directory.database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    directory.users.add(UserDraft("full@b", "x" * 1_000_000), "hash")
    assert len(directory.users.page()) == 1
