"""How far a reader is in its source, so that an import can say the remaining time."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.moving import cloudreve_database as made
from tests.moving.readers.reading import FIXTURES, metered

from reticket.moving.streams import Meter

FILES = {
    "django": "django-dump.json",
    "firebase": "firebase-users.json",
    "keycloak": "keycloak-realm.json",
    "kratos": "kratos-page.json",
}


@pytest.mark.parametrize("system", FILES)
def test_a_reader_of_a_file_ends_at_its_size(system):
    path = FIXTURES / FILES[system]
    positions, size = metered(system, path)
    assert size == path.stat().st_size
    assert positions[-1] == size


def test_a_reader_of_a_folder_has_the_size_of_all_files(tmp_path):
    sizes = 0
    for name in ("auth0-users.ndjson", "auth0-hashes.ndjson"):
        shutil.copy(FIXTURES / name, tmp_path)
        sizes += (FIXTURES / name).stat().st_size
    positions, size = metered("auth0", tmp_path)
    assert size == positions[-1] == sizes
    assert positions == sorted(positions)


def test_a_position_is_in_the_middle_meanwhile(tmp_path):
    path = tmp_path / "page.json"
    identity = json.loads((FIXTURES / "kratos-page.json").read_text())[0]
    path.write_text(json.dumps([identity] * 2000))
    positions, size = metered("kratos", path)
    assert 0 < positions[0] < positions[1000] < positions[-1] == size


def test_a_table_is_measured_by_its_ids(tmp_path):
    path = made.sqlite_database(tmp_path / "cloudreve.db", *map(made.person, (1, 4, 9)))
    assert metered("cloudreve", path) == ([1, 4, 9, 9], 9)


def test_a_file_that_is_absent_has_no_size(tmp_path):
    meter = Meter()
    meter.expect([tmp_path / "nowhere"])
    assert (meter.size, meter.position) == (0, 0)
