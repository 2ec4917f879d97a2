"""The promises of SQLite beyond the contracts: its file, its faults, its size, its crashes."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from reticket.core.errors import StartupError, Unavailable
from reticket.core.model import Outcome, Selection
from reticket.core.ports import Clock, Ephemeral, Store
from reticket.core.storage.pace import BATCH
from reticket.core.storage.upkeep import Upkeep
from reticket.stores.sqlite import (
    SqliteEphemeral,
    SqliteStore,
    migrate,
    open_store,
    schema_state,
)
from reticket.stores.sqlite import schema as sqlite
from reticket.stores.sqlite.file import File
from reticket.testing import EphemeralContract, FakeClock, StoreContract
from reticket.testing.store_contract import Presenting, family_of


class TestSqliteStore(StoreContract):
    def open_store(self, folder: Path, clock: Clock) -> Store:
        return SqliteStore(folder / "families.sqlite", clock)


class TestSqliteEphemeral(EphemeralContract):
    def open_ephemeral(self, folder: Path, clock: Clock) -> Ephemeral:
        return SqliteEphemeral(folder / "families.sqlite", clock)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "families.sqlite"


@pytest.fixture
def store(file):
    opened = SqliteStore(file, FakeClock(), busy_timeout=0.05)
    yield opened
    opened.close()


def pragma(store, name):
    return store._writer.connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_full_disk_is_unavailable_and_stored_rows_stay_readable(store):
    """SQLite says the same of a file that may not grow as of a disk that has no room."""
    first = family_of(0)
    store.create([first])
    store._writer.connection.execute(f"PRAGMA max_page_count = {pragma(store, 'page_count')}")
    with pytest.raises(Unavailable, match="database or disk is full"):
        store.create([family_of(number, device="x" * 200) for number in range(1, 1000)])
    assert store.find(first.id) == first
    assert store.find(family_of(1).id) is None
    store._writer.connection.execute("PRAGMA max_page_count = 1000000")
    store.create([family_of(1)])


def test_committed_rows_are_durable(store):
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == 2


def test_only_the_owner_may_read_the_database(store, file):
    store.create([family_of(1)])
    for name in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        assert stat.S_IMODE(name.stat().st_mode) == 0o600


def test_a_batch_that_changes_nothing_writes_nothing(store, file):
    store.create([family_of(1)])
    before = Path(f"{file}-wal").stat().st_size
    store.transact([(family_of(1).id, lambda row, now: (row, None))] * 10)
    assert Path(f"{file}-wal").stat().st_size == before


def test_a_locked_file_is_unavailable_until_it_is_unlocked(store, file):
    family = family_of(1)
    store.create([family])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            store.transact([(family.id, Presenting(family.id, 1))])
    assert store.transact([(family.id, Presenting(family.id, 1))]) == [(Outcome.ADVANCED, 2)]


def test_a_full_disk_is_unavailable_until_there_is_space(store):
    family = family_of(1)
    store.create([family])
    full = pragma(store, "page_count")
    pragma(store, f"max_page_count = {full}")
    with pytest.raises(Unavailable):
        store.create([family_of(number, subject=f"{number} " * 40) for number in range(2, 900)])
    pragma(store, "max_page_count = 1000000")
    assert store.transact([(family.id, Presenting(family.id, 1))]) == [(Outcome.ADVANCED, 2)]
    store.create([family_of(10_001, subject="x" * 900)])


def test_no_error_contains_a_stored_value(store, file):
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as caught:
            store.create([family_of(1, subject="somebody in particular")])
    assert "somebody" not in str(caught.value)


def test_a_damaged_file_stops_the_start(file):
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(StartupError, match=r"families\.sqlite is damaged or is no database"):
        SqliteStore(file, FakeClock())


def test_a_missing_folder_stops_the_start(tmp_path):
    with pytest.raises(StartupError, match=r"cannot open .*nowhere"):
        open_store(f"sqlite:///{tmp_path}/nowhere/families.sqlite", FakeClock())


KNOWN = len(sqlite.MIGRATIONS)
AHEAD = KNOWN + 1

SOME = sqlite.Migration("ALTER TABLE words ADD COLUMN language TEXT", oldest=1)
BREAKING = sqlite.Migration("ALTER TABLE words DROP COLUMN language", oldest=AHEAD + 1)


def test_old_code_runs_on_a_newer_file_until_that_breaks_it(store, file, monkeypatch):
    first = sqlite.MIGRATIONS
    for versions in ((*first, SOME), first):
        monkeypatch.setattr(sqlite, "MIGRATIONS", versions)
        SqliteStore(file, FakeClock()).close()
    store.create([family_of(1)])
    assert schema_state(f"sqlite:///{file}")[2:] == (AHEAD, 1, KNOWN)
    monkeypatch.setattr(sqlite, "MIGRATIONS", (*first, SOME, BREAKING))
    migrate(f"sqlite:///{file}")
    for versions in (first, (*first, SOME)):
        monkeypatch.setattr(sqlite, "MIGRATIONS", versions)
        with pytest.raises(
            StartupError, match=rf"schema {AHEAD + 1} was made by a newer version .*; update"
        ):
            SqliteStore(file, FakeClock())
    assert schema_state(f"sqlite:///{file}")[2:] == (AHEAD + 1, AHEAD + 1, AHEAD)


def test_reading_creates_no_file(file):
    assert schema_state(f"sqlite:///{file}")[2:] == (0, 0, KNOWN)
    assert not file.exists()


@pytest.mark.parametrize("url", ["sqlite:", "sqlite://x:hidden", "sqlite:///", "sqlite:x"])
def test_a_url_without_a_file_stops_the_start(url):
    with pytest.raises(StartupError, match=r"must look like sqlite:///data/families\.sqlite"):
        open_store(url, FakeClock())


def schema(file):
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name")
        return [(kind, name, " ".join((sql or "").split())) for kind, name, sql in found]


@pytest.mark.parametrize("version", range(len(sqlite.MIGRATIONS) + 1))
def test_a_migrated_file_is_like_a_fresh_one(tmp_path, monkeypatch, version):
    migrations = (*sqlite.MIGRATIONS, SOME)
    old, fresh = tmp_path / "old.sqlite", tmp_path / "fresh.sqlite"
    monkeypatch.setattr(sqlite, "MIGRATIONS", migrations[:version])
    if version:
        SqliteStore(old, FakeClock()).close()
    monkeypatch.setattr(sqlite, "MIGRATIONS", migrations)
    for each in (old, fresh):
        SqliteStore(each, FakeClock()).close()
    assert schema(old) == schema(fresh)
    assert any("language" in sql for _, _, sql in schema(old))


def test_two_processes_may_open_a_new_file_in_parallel(file):
    failures = []

    def start():
        try:
            SqliteStore(file, FakeClock()).close()
        except StartupError as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_word_stored_by_one_connection_is_read_by_another(store, file):
    other = SqliteStore(file, FakeClock())
    store.create([family_of(1, device="a device nobody has seen")])
    other.create([family_of(2, device="another device")])
    assert other.find(family_of(1).id).device == "a device nobody has seen"
    assert store.find(family_of(2).id).device == "another device"
    assert len(store.page(Selection(resource="shop.admin"), 10).families) == 2
    other.close()


def test_a_word_of_a_failed_transaction_is_not_stored_under_its_number(store, file):
    other = SqliteStore(file, FakeClock())
    store.create([family_of(1)])
    with pytest.raises(KeyError):
        store.create([family_of(2, device="of the failed one"), family_of(1)])
    other.create([family_of(3, device="has that number now")])
    store.create([family_of(4, device="of the failed one")])
    assert other.find(family_of(4).id).device == "of the failed one"
    other.close()


def failed_transaction(file, word):
    """The number that a word had in a transaction that failed."""
    try:
        with file.writing():
            number = file.id_of[word]
            assert file.word_of[number] == word
            raise ZeroDivisionError
    except ZeroDivisionError:
        return number


def test_a_number_of_a_failed_transaction_is_not_read_as_its_word(file):
    one, other = File(file, 1.0), File(file, 1.0)
    number = failed_transaction(one, "of the failed one")
    with other.writing():
        assert other.id_of["has that number now"] == number
    with one.reading():
        assert one.word_of[number] == "has that number now"
    one.close()
    other.close()


def test_a_family_takes_at_most_200_bytes(store, file):
    count = 20_000
    agents = [f"Mozilla/5.0 (X11; Linux x86_64) number {number}" for number in range(40)]
    for start in range(0, count, 1000):
        store.create(
            [
                family_of(number, subject=os.urandom(16).hex(), device=agents[number % 40])
                for number in range(start, start + 1000)
            ]
        )
    store._writer.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert file.stat().st_size / count <= 200


class Purging:
    """The store as upkeep sees it; `between` is called after every batch."""

    def __init__(self, store, between):
        self.batches = []
        self.now = store.now
        self._store, self._between = store, between

    def expire(self, before, limit):
        self.batches.append(self._store.expire(before, limit))
        self._between()
        return self.batches[-1]


def test_a_purge_blocks_no_reader_or_writer_between_its_batches(store, file):
    clock = FakeClock()
    living = [family_of(10**7 + number) for number in range(5000)]
    store.create([family_of(number, expires_at=5) for number in range(2500)] + living)
    other, entries = SqliteStore(file, clock, busy_timeout=0), SqliteEphemeral(file, clock)
    turns = iter(living)

    def refresh():
        row = next(turns)
        (result,) = other.transact([(row.id, Presenting(row.id, 1))])
        assert result == (Outcome.ADVANCED, 2)

    looks = []
    reader = store._reader.connection

    def look():
        looks.append(None)
        refresh()

    reader.set_progress_handler(look, 20_000)
    purging = Purging(store, refresh)
    Upkeep(purging, entries, None, None).purge()
    reader.set_progress_handler(None, 0)
    assert sum(purging.batches) == 2500
    assert max(purging.batches) <= BATCH
    assert looks
    assert len(store.page(Selection(), 10_000).families) == 5000
    other.close()
    entries.close()


def test_a_long_scan_releases_the_reader(store, monkeypatch):
    store.create([family_of(number) for number in range(9000)])
    taken = []
    real = File.reading

    def reading(file):
        taken.append(file)
        return real(file)

    monkeypatch.setattr(File, "reading", reading)
    assert store.expire(5, 1000) == 0
    assert len(taken) == 4


def test_a_backup_is_complete_and_private(store, tmp_path):
    family = family_of(1)
    store.create([family])
    store.backup(tmp_path / "copy.sqlite")
    assert stat.S_IMODE((tmp_path / "copy.sqlite").stat().st_mode) == 0o600
    copy = SqliteStore(tmp_path / "copy.sqlite", FakeClock())
    assert copy.find(family.id) == family
    copy.close()


WRITER = """
import sys
from pathlib import Path
from reticket.stores.sqlite import SqliteStore
from reticket.testing import FakeClock
from reticket.testing.store_contract import Presenting, family_of

store = SqliteStore(Path(sys.argv[1]), FakeClock())
families = [family_of(number) for number in range(32)]
if store.find(families[0].id) is None:
    store.create(families)
while True:
    rows = [store.find(family.id) for family in families]
    steps = [(row.id, Presenting(row.id, row.generation)) for row in rows]
    results = store.transact(steps)
    print(",".join(str(generation) for _, generation in results), flush=True)
"""


def test_acknowledged_writes_survive_a_kill(file):
    reached = [0] * 32
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True
        ) as writer:
            for _ in range(15):
                line = writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
            lines = [line, *writer.stdout.read().splitlines()]
        last = [text for text in lines if text.count(",") == 31][-1]
        acknowledged = [int(number) for number in last.split(",")]
        assert all(a > b for a, b in zip(acknowledged, reached, strict=True))
        store = SqliteStore(file, FakeClock())
        found = [store.find(family_of(number).id).generation for number in range(32)]
        store.close()
        assert all(a >= b for a, b in zip(found, acknowledged, strict=True))
        reached = found


def test_a_row_that_others_changed_is_merged_not_overwritten(store, file):
    family = family_of(1)
    store.create([family])
    other = SqliteStore(file, FakeClock())
    other.transact([(family.id, Presenting(family.id, 1))])
    store.absorb([family._replace(revoked_at=5, revoked_cause="operator")])
    found = store.find(family.id)
    assert (found.generation, found.revoked_cause) == (2, "operator")
    other.close()


VISITOR = """
import sys
from pathlib import Path
from reticket.stores.sqlite import SqliteStore
from reticket.testing import FakeClock
from reticket.testing.store_contract import family_of

store = SqliteStore(Path(sys.argv[1]), FakeClock())
found = store.find(family_of(int(sys.argv[2])).id)
store.close()
sys.exit(0 if found else 1)
"""


def test_writes_after_another_process_closed_the_file_are_seen(store, file):
    """A visitor that thinks it is the last one takes the log away when it leaves."""
    ephemeral = SqliteEphemeral(file, FakeClock())
    for number in range(3):
        store.create([family_of(number)])
        visit = [sys.executable, "-c", VISITOR, str(file), str(number)]
        assert subprocess.run(visit, check=False).returncode == 0, number
    ephemeral.close()
