"""Refresh tokens that two systems accept, over PostgreSQL and over a Valkey cluster."""

import pytest
from tests.torture.postgresql import PostgreSQL
from tests.torture.services import Services
from tests.torture.test_old_form import ONE_OF_TWO, change_under_kills
from tests.torture.valkey import Cluster

pytestmark = pytest.mark.timeout(900)


def test_sessions_go_on_over_postgresql(tmp_path, tell):
    with PostgreSQL.fresh() as server:
        at = {"RETICKET_SESSIONS": server.url, "RETICKET_DIRECTORY": server.url}
        with Services(tmp_path, at, ONE_OF_TWO) as services:
            change_under_kills(services, tmp_path, tell, "PostgreSQL: old form, kill -9")


def test_sessions_go_on_over_valkey(tmp_path, tell):
    with Cluster.fresh() as cluster:
        at = {"RETICKET_SESSIONS": cluster.url}
        with Services(tmp_path, at, ONE_OF_TWO) as services:
            change_under_kills(services, tmp_path, tell, "Valkey: old form, kill -9 of a service")
