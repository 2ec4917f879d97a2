"""Floods of requests without credentials: stored entries are limited, and others are served."""

import sqlite3
from contextlib import closing
from itertools import islice

import httpx
import pytest
from tests.attacks.flooding import FLOODS, Clients, flood
from tests.attacks.signing_in import RIGHT, answered, sources
from tests.attacks.target import target_of
from tests.pages.instance import running_service
from tests.pages.people import ADA, CALLBACK, Person, asking

from reticket.testing.waiting import PATIENCE

ROUNDS = 120
ROOM = 2**20
RESERVE = 2**20
SMALL = {
    "RETICKET_EPHEMERAL__ROOM": str(ROOM),
    "RETICKET_EPHEMERAL__RESERVE": str(RESERVE),
    "RETICKET_EPHEMERAL__SHARE": "4",
}
"""So small that a short flood meets its end."""

HOME, ELSEWHERE = "127.3.0.1", "127.3.0.2"
CLIENTS = Clients("web", CALLBACK, "tv")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("flooded"), settings=SMALL) as running:
        yield running


@pytest.fixture
def person(server):
    """At another address than the floods come from."""
    way = httpx.HTTPTransport(local_address=HOME)
    with httpx.Client(base_url=server.url, timeout=PATIENCE, transport=way) as http:
        yield Person(http)


def kept(server):
    """Bytes of what lives for seconds."""
    with closing(sqlite3.connect(server.data / "families.sqlite")) as file:
        entries = file.execute("SELECT total(length(key) + length(value)) FROM entries")
        counters = file.execute("SELECT total(length(key) + 8) FROM counters")
        return sum(each.fetchone()[0] for each in (entries, counters))


GARBAGE = "proofs beside garbage"


@pytest.mark.parametrize("name", [name for name in FLOODS if name != GARBAGE])
def test_a_flood_stores_a_limited_number_of_bytes(server, name):
    before = kept(server)
    statuses = flood(target_of(server.url), name, ROUNDS, CLIENTS)
    assert kept(server) - before < (ROOM + RESERVE) * 4 // 100
    assert statuses[503]
    assert set(statuses) <= {200, 201, 401, 429, 503}


def test_a_proof_beside_an_invalid_token_stores_nothing(server):
    before = kept(server)
    statuses = flood(target_of(server.url), GARBAGE, ROUNDS, CLIENTS)
    assert statuses == {401: ROUNDS}
    assert kept(server) <= before


def test_a_flood_in_the_name_of_a_client_does_not_block_its_other_users(server, person):
    flood(target_of(server.url), "pushed requests", ROUNDS, CLIENTS)
    assert person.http.post("/oauth/par", data=asking()).status_code == 201
    assert "code" in person.asks().sends(**ADA).sends(answer="allow").answer


@pytest.mark.parametrize("name", ["device codes", "pushed requests"])
def test_floods_from_many_addresses_block_neither_sign_ins_nor_clients(server, person, name):
    """Together they use up the budget of callers without credentials, and no other one."""
    target = target_of(server.url)
    for source in islice(sources(), 40):
        last = flood(target, name, 60, CLIENTS, source)
        if set(last) == {503}:
            break
    assert set(last) == {503}
    for source in (HOME, ELSEWHERE):
        assert answered(target, source, ADA["email"], ADA["password"]) == RIGHT
    said = {"client_id": "strict", "client_secret": "strict-secret"}
    assert person.http.post("/oauth/par", data=asking(**said)).status_code == 201
