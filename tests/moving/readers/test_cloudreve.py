"""The databases are made after `ent/schema` of Cloudreve 4."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import traceback
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.moving import cloudreve_database as made
from tests.moving.readers.reading import peak_of, rows_of
from tests.stores.postgresql.data_folder import packaged

from reticket.moving.readers import reader
from reticket.moving.readers._database import opened_database
from reticket.moving.streams import Meter, SourceError

PEOPLE = (
    made.person(
        1, email="Ada@Example.com", nick="Ada", group_users=1, two_factor_secret="JBSWY3DP"
    ),
    made.person(2, status="manual_banned"),
    made.person(3, status="sys_banned"),
    made.person(4, status="inactive"),
    made.person(5, password=None, nick=""),
    made.person(7, password="md5:" + "0" * 32 + ":salt"),
    made.person(8, deleted_at="2026-01-02 00:00:00+00:00"),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        running = packaged(Path(folder) / "data")
        running.start()
        yield running
        running.cleanup()


@pytest.fixture(scope="module")
def postgresql(server):
    with psycopg.connect(server.get_uri()) as connection:
        connection.execute(made.TABLES.format(**made.POSTGRESQL))
        made.fill(connection, "%s")
        for each in PEOPLE:
            made.insert(connection, "users", each, "%s")
    return server.get_uri()


@pytest.fixture(params=["sqlite", "postgresql"])
def source(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql")
    return made.sqlite_database(tmp_path / "cloudreve.db", *PEOPLE)


def state(email: str, password: str) -> str:
    return b64encode(hashlib.sha256(f"{email}/{password}/{made.SITE}".encode()).digest()).decode()


def test_a_person_comes_with_password_factor_profile_and_state(source):
    password = PEOPLE[0]["password"]
    assert rows_of("cloudreve", source)["user 1"] == {
        "email": "Ada@Example.com",
        "foreign_id": "1",
        "foreign_state": state("Ada@Example.com", password),
        "password_hash": password,
        "hash_format": "cloudreve",
        "totp_secret": "JBSWY3DP",
        "disabled": False,
        "active": True,
        "cloudreve": {"nickname": "Ada", "group": {"name": "Admin", "permission": "/RoB"}},
    }


def test_banned_people_are_disabled_and_inactive_ones_not_active(source):
    found = rows_of("cloudreve", source)
    assert [found[f"user {number}"].get("disabled") for number in (2, 3, 4)] == [True, True, False]
    assert [found[f"user {number}"].get("active") for number in (2, 3, 4)] == [None, None, False]


def test_a_person_without_password_has_none_and_the_state_of_an_empty_one(source):
    assert rows_of("cloudreve", source)["user 5"] == {
        "email": "p5@example.com",
        "foreign_id": "5",
        "foreign_state": state("p5@example.com", ""),
        "disabled": False,
        "active": True,
        "cloudreve": {"nickname": "p5", "group": {"name": "User", "permission": "hAg="}},
    }


def test_deleted_people_do_not_come_and_the_others_are_in_order(source):
    assert list(rows_of("cloudreve", source)) == [f"user {number}" for number in (1, 2, 3, 4, 5, 7)]


def test_older_forms_of_passwords_come_as_they_are(source):
    assert rows_of("cloudreve", source)["user 7"]["password_hash"] == f"md5:{'0' * 32}:salt"


def test_a_reader_leaves_the_file_as_it_is_and_others_can_write_meanwhile(tmp_path):
    path = made.sqlite_database(tmp_path / "cloudreve.db", *map(made.person, range(1, 2_501)))
    before = path.read_bytes()
    rows = reader("cloudreve")(path, Meter())
    assert next(rows)[0] == "user 1"
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path, timeout=0)) as connection, connection:
        connection.execute("UPDATE users SET nick = 'x'")
    assert sum(1 for _ in rows) == 2_499


def test_nothing_can_be_written_into_either_database(source):
    words = r"readonly database|ReadOnlySqlTransaction \(25006\)"
    with opened_database(source, "") as database, pytest.raises(SourceError, match=words):
        database.rows("DELETE FROM users RETURNING id", {})


def test_text_of_another_encoding_is_in_no_message(tmp_path):
    path = made.sqlite_database(tmp_path / "cloudreve.db", made.person(1))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE users SET password = CAST(x'73336372657fff' AS text)")
    with pytest.raises(SourceError, match=r"^cloudreve\.db has text that is not UTF-8\.$"):
        rows_of("cloudreve", path)


@pytest.mark.parametrize("content", [b"", b"not a database at all, but a text" * 40])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "other.db").write_bytes(content)
    with pytest.raises(SourceError, match=r"^other\.db is no database of Cloudreve 4: "):
        rows_of("cloudreve", tmp_path / "other.db")


def test_another_database_of_a_server_is_refused(server):
    other = server.get_uri(database="template1")
    with pytest.raises(SourceError, match=r"template1 is no database of Cloudreve 4: "):
        rows_of("cloudreve", other)


def test_a_database_without_a_site_is_refused(tmp_path):
    path = made.sqlite_database(tmp_path / "cloudreve.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM settings WHERE name = 'siteID'")
    with pytest.raises(SourceError, match=r"^The settings of Cloudreve have no siteID\.$"):
        rows_of("cloudreve", path)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("none.db", "none.db is no file: SOURCE must be an SQLite file or"),
        ("mysql://me:hunter2@127.0.0.1/cloudreve", "SOURCE must be an SQLite file or"),
        ("postgresql://me:hun@ter2@127.0.0.1/cloudreve", "SOURCE must be an SQLite file or"),
        ("postgresql://me:hunter2@127.0.0.1:1/cloudreve", "127.0.0.1:1/cloudreve cannot be read: "),
    ],
)
def test_an_unreachable_database_is_named_without_the_password(source, words):
    with pytest.raises(SourceError) as raised:
        rows_of("cloudreve", source)
    assert str(raised.value).startswith(words)
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))
    assert "\n" not in str(raised.value)


def test_many_people_need_no_more_memory_than_few(tmp_path):
    people = [made.person(number) for number in range(1, 12_001)]
    count, peak = peak_of("cloudreve", made.sqlite_database(tmp_path / "cloudreve.db", *people))
    assert count == 12_000
    assert peak < 4_000_000
