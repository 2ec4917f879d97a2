"""Families in any order of events, beside the plain model."""

from tests.stores.test_model import run

from reticket.stores.postgresql.families import PostgresqlStore


def test_the_postgresql_store_follows_the_model(prepared, engine_clock):
    def open_store(clock):
        prepared.run("TRUNCATE families, traits")
        engine_clock.forward((clock.at - engine_clock.at) / 1000)
        clock.forward = lambda seconds: (move(clock, seconds), engine_clock.forward(seconds))
        return PostgresqlStore(prepared.url, 2.0)

    def move(clock, seconds):
        clock.at += round(seconds * 1000)

    run(open_store, examples=15)
