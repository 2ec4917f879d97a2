"""The start, the schema and its versions, and the months."""

import subprocess
import sys
import threading

import psycopg
import pytest

from reticket.core.errors import StartupError
from reticket.stores.postgresql import months, open_store, schema
from reticket.stores.postgresql.months import Month, first_id, month_of
from reticket.stores.postgresql.schema import Migration, migrate, prepare, schema_state
from reticket.testing import FakeClock
from reticket.testing.clock import START
from reticket.testing.store_contract import family_of

PASSWORD = "Zq7SecretMark"
DAY = 86_400
KNOWN = len(schema.MIGRATIONS)

SOME = Migration("ALTER TABLE traits ADD COLUMN language bytea", oldest=1)
BREAKING = Migration("ALTER TABLE traits DROP COLUMN language", oldest=KNOWN + 2)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (f"postgresql://ada:{PASSWORD}@[::1/families", r"cannot be read: it looks like postgres"),
        (f"postgresql://ada:{PASSWORD}@h/families?no=such", r"cannot be read: it looks like"),
        (f"postgresql://ada:a@{PASSWORD}@127.0.0.1:1/families", r"cannot be read: it looks like"),
        (f"postgresql://ada:1/{PASSWORD}@127.0.0.1:1/families", r"cannot be read: it looks like"),
        (f"postgresql://ada:{PASSWORD}/a@127.0.0.1/families", r"cannot be read: it looks like"),
        (f"postgresql://ada:{PASSWORD}@127.0.0.1:1/families", r"reach .* 127\.0\.0\.1:1/fam"),
        (f"postgresql://ada:{PASSWORD}@nowhere.invalid/families", r"cannot reach .* nowhere\.inv"),
    ],
)
def test_an_unreachable_server_in_the_url_stops_the_start(url, sentence):
    with pytest.raises(StartupError, match=sentence) as caught:
        open_store(url, FakeClock())
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_that_is_not_there_stops_the_start(server):
    with pytest.raises(StartupError, match=r"cannot reach PostgreSQL at .*/nowhere"):
        open_store(server.format("nowhere"), FakeClock())


@pytest.fixture
def guest(administration):
    """A role that may only read."""
    administration.run("CREATE ROLE guest LOGIN")
    yield "guest"
    administration.run("DROP ROLE guest")


def test_a_user_without_the_right_to_create_tables_stops_the_start(database, guest):
    with pytest.raises(StartupError, match=r"grant its user USAGE and CREATE on the schema"):
        open_store(database.url.replace("postgres:", f"{guest}:"), FakeClock())


WITHOUT_DRIVER = """
import sys
sys.modules["psycopg"] = None
from reticket.core.errors import StartupError
from reticket.stores.postgresql import SCHEMES, open_store
try:
    open_store("postgresql://localhost/families", None)
except StartupError as error:
    print(error)
"""


def test_a_missing_driver_stops_the_start():
    run = [sys.executable, "-c", WITHOUT_DRIVER]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert said.startswith("psycopg is not installed")
    assert said.endswith("pip install 'reticket[postgresql]'\n")


def versions(monkeypatch, *migrations):
    monkeypatch.setattr(schema, "MIGRATIONS", migrations)


def at(database):
    found = schema_state(database.url)
    return found.found, found.needed


def test_a_schema_that_is_too_old_stops_the_start_until_it_is_migrated(database, monkeypatch):
    prepare(database.url, 2.0)
    versions(monkeypatch, *schema.MIGRATIONS, SOME)
    with pytest.raises(
        StartupError, match=rf"schema {KNOWN} .* needs {KNOWN + 1}; run `reticket migrate up`"
    ):
        prepare(database.url, 2.0)
    assert at(database) == (KNOWN, 1)
    for _ in range(2):
        migrate(database.url)
        assert at(database) == (KNOWN + 1, 1)
    prepare(database.url, 2.0)


def test_old_code_runs_on_a_new_schema_until_that_breaks_it(database, monkeypatch):
    first = schema.MIGRATIONS
    versions(monkeypatch, *first, SOME)
    migrate(database.url)
    versions(monkeypatch, *first)
    prepare(database.url, 2.0)
    versions(monkeypatch, *first, SOME, BREAKING)
    migrate(database.url)
    versions(monkeypatch, *first, SOME)
    for start in (lambda: prepare(database.url, 2.0), lambda: migrate(database.url)):
        with pytest.raises(
            StartupError,
            match=rf"schema {KNOWN + 2} was made by a newer .* knows {KNOWN + 2}.*; update",
        ):
            start()
    assert at(database) == (KNOWN + 2, KNOWN + 2)


def test_a_migration_waits_for_transactions_that_use_the_table(database, monkeypatch, locker):
    prepare(database.url, 2.0)
    versions(monkeypatch, *schema.MIGRATIONS, SOME)
    locker.execute("LOCK TABLE traits IN ACCESS SHARE MODE")
    pauses = []

    def pause(seconds):
        pauses.append(database.value("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        if len(pauses) == 2:
            locker.commit()

    monkeypatch.setattr(schema.time, "sleep", pause)
    migrate(database.url)
    assert pauses == [0, 0]
    assert at(database) == (KNOWN + 1, 1)


def test_a_table_that_stays_locked_is_reported(database, monkeypatch, locker):
    prepare(database.url, 2.0)
    versions(monkeypatch, *schema.MIGRATIONS, SOME)
    monkeypatch.setattr(schema, "ATTEMPTS", 1)
    monkeypatch.setattr(schema, "PAUSE", 0)
    locker.execute("LOCK TABLE traits IN ACCESS SHARE MODE")
    with pytest.raises(StartupError, match="a table that must be changed is locked"):
        migrate(database.url)
    assert at(database) == (KNOWN, 1)


def test_reading_creates_nothing(database):
    assert at(database) == (0, 0)
    assert database.run(SHAPE) == []


SHAPE = """
SELECT relname, relkind::text, attname, atttypid::regtype::text, attnotnull,
    coalesce(pg_get_indexdef(pg_class.oid) , ''), reloptions::text
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1, 3
"""


@pytest.mark.parametrize("version", range(len(schema.MIGRATIONS) + 1))
def test_a_migrated_schema_is_like_a_fresh_one(database, monkeypatch, version):
    everything = (*schema.MIGRATIONS, SOME)
    shapes = []
    for stops in ([version] if version else []) + [len(everything)], [len(everything)]:
        database.run("DROP SCHEMA public CASCADE")
        database.run("CREATE SCHEMA public")
        for stop in stops:
            versions(monkeypatch, *everything[:stop])
            migrate(database.url)
        shapes.append((database.run(SHAPE), database.run("SELECT * FROM families_version")))
    assert shapes[0] == shapes[1]
    assert any("language" in row for row in shapes[0][0])


START_ONE = """
import sys
from reticket.stores.postgresql import open_store
for each in open_store(sys.argv[1], None):
    each.close()
"""


def test_processes_may_start_at_once_on_an_empty_database(database):
    starts = [subprocess.Popen([sys.executable, "-c", START_ONE, database.url]) for _ in range(2)]
    failures = []

    def start():
        try:
            prepare(database.url, 5.0)
        except StartupError as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.wait() for each in starts] == [0, 0]
    assert failures == []
    assert schema_state(database.url).found == len(schema.MIGRATIONS)


@pytest.mark.parametrize(("month", "following"), [((2026, 9), (2026, 10)), ((2026, 12), (2027, 1))])
def test_partitions_of_months_are_contiguous(month, following):
    month = Month(*month)
    assert month.following == following
    assert month_of(month.begins_at) == month
    assert month_of(month.following.begins_at - 1) == month
    assert first_id(month.following) > first_id(month)


def made(database):
    return [name for (name,) in sorted(database.run(months.NAMES))]


def partition_of(database, family):
    statement = "SELECT tableoid::regclass::text FROM families WHERE id = %s::uuid"
    return database.value(statement, (family.id.hex(),))


def test_partitions_of_months_are_created_ahead(database, engine_clock, store):
    assert made(database) == [
        "families_2026_09", "families_2026_10", "families_2026_11", "families_2026_12",
        "families_else",
    ]  # fmt: skip
    engine_clock.forward(45 * DAY)
    store.expire(0, 1)
    assert "families_2027_02" in made(database)
    store.create([family_of(1), family_of(45 * DAY * 1000)])
    assert partition_of(database, family_of(1)) == "families_2026_09"
    assert partition_of(database, family_of(45 * DAY * 1000)) == "families_2026_11"


def test_an_id_outside_the_months_is_in_the_default_partition(database, engine_clock, store):
    strange = family_of(1, id=b"\xff" * 16), family_of(2, id=bytes(16))
    late = family_of(150 * DAY * 1000)
    store.create([*strange, late])
    assert partition_of(database, late) == "families_else"
    engine_clock.forward(60 * DAY)
    store.expire(0, 1)
    assert "families_2027_02" not in made(database)
    assert [store.find(row.id) for row in (*strange, late)] == [*strange, late]


def test_a_month_is_dropped_when_its_last_family_has_ended(database, engine_clock, store):
    end = START + 100 * DAY * 1000
    store.create([family_of(number, ends_at=end, expires_at=end) for number in range(30)])
    later = family_of(30 * DAY * 1000, ends_at=2 * end, expires_at=2 * end)
    store.create([later])
    engine_clock.forward(99 * DAY)
    assert store.expire(engine_clock.at, 10) == 0
    assert "families_2026_09" in made(database)
    engine_clock.forward(2 * DAY)
    while store.expire(engine_clock.at, 10):
        pass
    assert "families_2026_09" not in made(database)
    assert "families_2026_10" in made(database)
    assert store.find(later.id) == later


def test_a_month_with_a_restored_family_is_not_dropped(database, engine_clock, store):
    engine_clock.forward(100 * DAY)
    store.create([family_of(1, expires_at=START + 200 * DAY * 1000)])
    assert months._drop(store._pool, "families_2026_09", engine_clock.at) == 0
    assert store.find(family_of(1).id) is not None


def test_a_dump_delays_the_drop_of_a_month_and_no_other_transaction(database, engine_clock, store):
    engine_clock.forward(100 * DAY)
    with psycopg.connect(database.url) as dump:
        dump.execute("LOCK TABLE families IN ACCESS SHARE MODE")
        assert store.expire(engine_clock.at, 10) == 0
        assert "families_2026_09" in made(database)
        store.create([family_of(100 * DAY * 1000)])
    store.expire(engine_clock.at, 10)
    assert "families_2026_09" not in made(database)
