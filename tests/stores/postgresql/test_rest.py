"""Stored families: their tables, their size, and the columns that are written."""

import json
import random

import psycopg
import pytest

from reticket.stores.postgresql.ephemeral import PostgresqlEphemeral
from reticket.stores.postgresql.families import PostgresqlStore
from reticket.stores.postgresql.rows import changing, columns, ids
from reticket.stores.postgresql.statements import LOCK_BATCH, SELECT, UPDATE
from reticket.testing.store_contract import Presenting, family_of


def test_a_refresh_updates_the_row_on_its_page(store, written):
    families = [family_of(number) for number in range(400)]
    store.create(families)
    for generation in range(1, 9):
        store.transact([(row.id, Presenting(row.id, generation)) for row in families[::10]])
    store.close()
    updated, in_place = written(320)
    assert updated == 320
    assert in_place >= 0.95 * updated


def test_no_index_contains_a_column_that_a_refresh_changes(database, store):
    indexed = database.run(
        "SELECT DISTINCT attname FROM pg_index JOIN pg_attribute ON attrelid = indexrelid "
        "WHERE indrelid IN (SELECT inhrelid FROM pg_inherits) OR indrelid = 'families'::regclass"
    )
    assert {name for (name,) in indexed} == {"id", "subject"}


def scanned(node):
    """Tables that a plan reads."""
    found = {node["Relation Name"]} if node.get("Relation Name") and loops(node) else set()
    return found.union(*[scanned(child) for child in node.get("Plans", [])])


def loops(node):
    return "Scan" in node["Node Type"] and node["Actual Loops"]


@pytest.mark.parametrize("verb", ["find", "hold", "update"])
def test_a_look_up_touches_one_partition(database, store, engine_clock, verb):
    engine_clock.forward(40 * 86_400)
    store.expire(0, 1)
    families = [family_of(number + 10**9 * 3) for number in range(3000)]
    store.create(families)
    key = families[7]
    statement, values = {
        "find": (f"{SELECT} WHERE id = %s::uuid", [key.id.hex()]),
        "hold": (LOCK_BATCH, [ids([key.id])]),
        "update": (UPDATE, columns([changing(key)])),
    }[verb]
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.prepare_threshold = 2
        for _ in range(12):
            explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
            plan = connection.execute(explained, values).fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    assert scanned(plan[0]["Plan"]) == {"families_2026_10"}


LIKE_THE_FIRST = """
INSERT INTO families
SELECT (left(id::text, 8) || lpad(to_hex(n), 6, '0') || left(md5(n::text), 18))::uuid, traits,
    ends_at, expires_at, generation, parent, floor, open_from, rotated_at,
    previous_sign_in, revoked_at, uuid_send(gen_random_uuid()), context, revoked_cause
FROM families, generate_series(2, %s) AS n
"""


def test_a_family_takes_at_most_250_bytes(database, store):
    """244 bytes with a million families. Below 200 000 the index of subjects is emptier."""
    count = 200_000
    store.create([family_of(1, previous_sign_in=5)])
    database.run(LIKE_THE_FIRST, (count,))
    taken = database.value("SELECT pg_total_relation_size('families_2026_09')")
    assert database.value("SELECT count(*) FROM families_2026_09") == count
    assert taken / count <= 250


def test_keys_are_stored_as_digests(prepared):
    ephemeral = PostgresqlEphemeral(prepared.url, 2.0)
    secret = random.randbytes(5000).hex()
    assert ephemeral.put_if_absent(secret, 10, "value")
    assert ephemeral.count(secret, 10).total == 1
    rest = prepared.run("SELECT key FROM entries UNION ALL SELECT key FROM counters")
    assert [len(key) for (key,) in rest] == [32, 32]
    assert ephemeral.pop(secret) == "value"
    ephemeral.close()


def test_traits_stored_by_one_store_are_read_by_another(database, store):
    other = PostgresqlStore(database.url, 2.0)
    store.create([family_of(1, device="a device nobody has seen")])
    other.create([family_of(2, device="another device")])
    assert other.find(family_of(1).id).device == "a device nobody has seen"
    assert store.find(family_of(2).id).device == "another device"
    other.close()
