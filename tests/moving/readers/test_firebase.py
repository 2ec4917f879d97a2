"""The fixture is written after `accountExporter` of firebase-tools."""

from __future__ import annotations

import json

import pytest
from tests.moving.readers.reading import FIXTURES, peak_of, rows_of

from reticket.moving.streams import SourceError, Unreadable

EXPORT = FIXTURES / "firebase-users.json"


def row(number: int):
    return rows_of("firebase", EXPORT)[f"users[{number}]"]


def test_a_person_comes_with_password_name_and_phone_number():
    user = json.loads(EXPORT.read_text())["users"][0]
    assert row(0) == {
        "email": "ada@example.com",
        "foreign_id": "AbCdEfGhIjKlMnOpQrStUvWxYz01",
        "claims": {
            "name": "Ada Lovelace",
            "phone_number": "+442079460000",
            "email_verified": True,
        },
        "disabled": False,
        "password_hash": {"passwordHash": user["passwordHash"], "salt": user["salt"]},
        "hash_format": "firebase",
    }


def test_a_person_of_another_provider_has_no_password():
    assert row(1) == {
        "email": "social@example.com",
        "foreign_id": "AbCdEfGhIjKlMnOpQrStUvWxYz02",
        "disabled": True,
        "claims": {"name": "So\ncial, X", "email_verified": False},
    }


def test_a_factor_that_cannot_come_is_marked_and_an_address_may_be_missing():
    assert row(2) == {
        "foreign_id": "AbCdEfGhIjKlMnOpQrStUvWxYz03",
        "factor_missing": True,
        "disabled": False,
        "claims": {"phone_number": "+442079460001", "email_verified": False},
    }


def test_something_that_is_no_object_does_not_stop_the_others():
    assert row(3) == Unreadable("the row is not an object")


def test_csv_is_refused_because_a_name_could_add_a_row(tmp_path):
    (tmp_path / "users.CSV").write_text("id,ada@example.com,true,,,x\nid2,alan@example.com,true")
    with pytest.raises(SourceError, match=r"^users\.CSV cannot be trusted: .* export as JSON\.$"):
        rows_of("firebase", tmp_path / "users.CSV")


def test_a_file_that_is_cut_off_names_the_place(tmp_path):
    (tmp_path / "users.json").write_text('{"users": [{"localId": "a"}, {"localId": "b')
    with pytest.raises(SourceError, match=r"^users\.json users\[1\] is not JSON, or is cut off\.$"):
        rows_of("firebase", tmp_path / "users.json")


def test_an_export_without_users_is_refused(tmp_path):
    (tmp_path / "users.json").write_text('{"users": []}')
    with pytest.raises(SourceError, match=r"^users\.json has no users\.$"):
        rows_of("firebase", tmp_path / "users.json")


def test_a_big_export_needs_no_more_memory_than_a_small_one(tmp_path):
    user = json.dumps(json.loads(EXPORT.read_text())["users"][0])
    (tmp_path / "users.json").write_text('{"users": [' + user + ("," + user) * 5_000 + "]}")
    count, peak = peak_of("firebase", tmp_path / "users.json")
    assert count == 5_001
    assert peak < 1_500_000
