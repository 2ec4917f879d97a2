"""The fixture is written after Django's "Serialization formats" and the models of django-otp."""

from __future__ import annotations

import json

import pytest
from tests.moving.readers.reading import FIXTURES, peak_of, rows_of

from reticket.moving.streams import SourceError, Unreadable

DUMP = FIXTURES / "django-dump.json"


def row(number: int):
    return rows_of("django", DUMP)[f"[{number}]"]


def test_a_person_comes_with_password_factor_groups_and_roles():
    assert row(1) == {
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "foreign_id": "1",
        "foreign_state": "497A599D8ED0B5783218B7CB31D3DC10",
        "password_hash": "pbkdf2_sha256$870000$AAECAwQFBgc$"
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "groups": ["editors"],
        "roles": ["staff", "superuser"],
        "claims": {"preferred_username": "ada", "email_verified": False},
        "disabled": False,
        "totp_secret": "JBSWY3DPEHPK3PXP",
    }


def test_an_unusable_password_is_none_and_an_address_may_be_the_user_name():
    assert row(2) == {
        "email": "alan@example.com",
        "foreign_id": "2",
        "foreign_state": "B30943214495135FC61DE9E4D97B9230",
        "disabled": True,
        "groups": ["readers"],
        "claims": {"email_verified": False},
    }


def test_a_factor_that_cannot_come_is_marked_and_an_address_may_be_missing():
    assert row(3) == {
        "foreign_id": "4",
        "factor_missing": True,
        "disabled": False,
        "claims": {"preferred_username": "no-mail", "email_verified": False},
    }


def test_a_group_without_a_name_is_no_reason_to_let_somebody_in_without_it():
    assert row(4) == Unreadable(
        "a group of the person has no name in the file: dump auth.group and auth.user"
    )


def test_records_of_other_models_are_no_people_and_rubbish_does_not_stop_the_others():
    found = rows_of("django", DUMP)
    assert list(found) == ["[1]", "[2]", "[3]", "[4]", "[6]"]
    assert found["[6]"] == Unreadable("the row is not an object")


def test_jsonl_and_a_user_model_of_a_projects_own_are_read(tmp_path):
    fields = {"password": "md5$a$" + "0" * 32, "last_login": None, "email": "a@example.com"}
    user = json.dumps({"model": "accounts.person", "pk": "7d-1", "fields": fields})
    (tmp_path / "dump.jsonl").write_text(f"{user}\n{{s3cret\n")
    assert rows_of("django", tmp_path / "dump.jsonl") == {
        "line 1": {
            "email": "a@example.com",
            "foreign_id": "7d-1",
            "foreign_state": "56F6825398D62B3320E1D50F84D33638",
            "password_hash": fields["password"],
            "claims": {"email_verified": False},
            "disabled": False,
        },
        "line 2": Unreadable("the row is not JSON"),
    }


def test_a_file_that_is_cut_off_names_the_place(tmp_path):
    (tmp_path / "dump.json").write_text('[{"model": "auth.user"}, {"model": "au')
    with pytest.raises(SourceError, match=r"^dump\.json \[1\] is not JSON, or is cut off\.$"):
        rows_of("django", tmp_path / "dump.json")


def test_a_dump_of_other_models_says_how_to_dump_people(tmp_path):
    (tmp_path / "dump.json").write_text('[{"model": "shop.order", "pk": 1, "fields": {}}]')
    with pytest.raises(SourceError, match=r"^dump\.json has no users: .*dumpdata auth\.group"):
        rows_of("django", tmp_path / "dump.json")


@pytest.mark.parametrize("form", ["[{}{}]", "{}{}"])
def test_a_big_dump_needs_no_more_memory_than_a_small_one(tmp_path, form):
    group, user = (json.dumps(record) for record in json.loads(DUMP.read_text())[:2])
    comma = ",\n" if form.startswith("[") else "\n"
    path = tmp_path / "dump.json"
    path.write_text(form.replace("{}{}", group + (comma + user) * 5_000))
    count, peak = peak_of("django", path)
    assert count == 5_000
    assert peak < 1_500_000
