"""Half of all sessions began at another system, over PostgreSQL and over a Valkey cluster."""

import pytest
from tests.torture.postgresql import PostgreSQL
from tests.torture.services import Services
from tests.torture.test_adoption import PURGING, adopt_under_kills
from tests.torture.valkey import Cluster

pytestmark = pytest.mark.timeout(900)


def test_sessions_go_on_over_postgresql(tmp_path, tell):
    with PostgreSQL.fresh() as server:
        at = {**PURGING, "RETICKET_SESSIONS": server.url, "RETICKET_DIRECTORY": server.url}
        with Services(tmp_path, at) as services:
            adopt_under_kills(services, tell, "PostgreSQL: adoption, kill -9 of a service")


def test_sessions_go_on_over_valkey(tmp_path, tell):
    with Cluster.fresh() as cluster:
        at = {**PURGING, "RETICKET_SESSIONS": cluster.url}
        with Services(tmp_path, at) as services:
            adopt_under_kills(services, tell, "Valkey: adoption, kill -9 of a service")
