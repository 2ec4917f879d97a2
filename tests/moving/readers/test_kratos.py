"""The fixture is written after `identity` and `identityCredentials` of Kratos' API document."""

from __future__ import annotations

import json

import pytest
from tests.moving.readers.reading import FIXTURES, peak_of, rows_of

from reticket.moving.streams import SourceError, Unreadable

PAGE = FIXTURES / "kratos-page.json"


def row(number: int):
    return rows_of("kratos", PAGE)[f"kratos-page.json [{number}]"]


def test_a_person_comes_with_password_and_factor():
    assert row(0) == {
        "email": "Ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "foreign_id": "9f425a8d-0001-4f1b-9d7c-000000000001",
        "password_hash": "$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq",
        "totp_secret": "JBSWY3DPEHPK3PXP",
        "claims": {"email_verified": True},
        "disabled": False,
    }


def test_an_inactive_person_is_disabled_and_an_address_may_be_beside_the_traits():
    assert row(1) == {
        "email": "alan@example.com",
        "foreign_id": "9f425a8d-0002-4f1b-9d7c-000000000002",
        "disabled": True,
        "password_hash": "$argon2id$v=19$m=131072,t=2,p=1$AAECAwQFBgc$AAECAwQFBgcICQoLDA0ODw",
        "claims": {
            "name": "Alan Turing",
            "preferred_username": "alan",
            "email_verified": False,
        },
        "factor_missing": True,
    }


def test_a_person_of_another_provider_has_no_password_and_a_passkey_is_no_factor():
    assert row(2) == {
        "email": "social@example.com",
        "first_name": "So",
        "last_name": "Cial",
        "foreign_id": "9f425a8d-0003-4f1b-9d7c-000000000003",
        "claims": {"email_verified": False},
        "disabled": False,
    }


def test_a_factor_that_cannot_come_is_marked_and_an_address_may_be_missing():
    assert row(3) == {
        "foreign_id": "9f425a8d-0004-4f1b-9d7c-000000000004",
        "claims": {"email_verified": False},
        "factor_missing": True,
        "disabled": False,
    }


def test_something_that_is_no_object_does_not_stop_the_others():
    assert row(4) == Unreadable("the row is not an object")


def test_a_state_that_is_not_known_is_not_let_in(tmp_path):
    path = tmp_path / "page.json"
    path.write_text('[{"traits": {"email": "a@example.com"}}]')
    assert rows_of("kratos", path)["page.json [0]"]["disabled"] is True


@pytest.mark.parametrize(
    "query", ["secret=AA&digits=8", "secret=AA&period=60", "secret=AA&algorithm=SHA256", "digits=6"]
)
def test_codes_of_another_kind_are_missing(tmp_path, query):
    url = {"config": {"totp_url": f"otpauth://totp/Shop?{query}"}}
    path = tmp_path / "page.jsonl"
    path.write_text(json.dumps({"state": "active", "credentials": {"totp": url}}))
    found = rows_of("kratos", path)["page.jsonl line 1"]
    assert found["factor_missing"] is True
    assert "totp_secret" not in found


def test_pages_of_a_folder_are_read_in_order_and_a_broken_line_does_not_stop_the_others(tmp_path):
    identity = '{"state": "active", "traits": {"email": "a@example.com"}}'
    (tmp_path / "page-10.json").write_text(f"[{identity}]\n[{identity}]")
    (tmp_path / "page-2.jsonl").write_text(f"\n{identity}\n{{s3cret\n{identity}\n")
    found = rows_of("kratos", tmp_path)
    assert list(found) == [
        "page-2.jsonl line 2",
        "page-2.jsonl line 3",
        "page-2.jsonl line 4",
        "page-10.json [0]",
        "page-10.json [1]",
    ]
    assert found["page-2.jsonl line 3"] == Unreadable("the row is not JSON")


def test_a_file_that_is_cut_off_names_the_place(tmp_path):
    (tmp_path / "page.json").write_text('[{"state": "active"}, {"state": "act')
    with pytest.raises(SourceError, match=r"^page\.json \[1\] is not JSON, or is cut off\.$"):
        rows_of("kratos", tmp_path / "page.json")


def test_a_file_without_identities_is_refused(tmp_path):
    (tmp_path / "page.json").write_text("[]")
    with pytest.raises(SourceError, match=r"^page\.json has no identities\.$"):
        rows_of("kratos", tmp_path / "page.json")


@pytest.mark.parametrize("form", ["[{}{}]", "{}{}"])
def test_many_identities_need_no_more_memory_than_few(tmp_path, form):
    identity = json.dumps(json.loads(PAGE.read_text())[0])
    rest = (",\n" if form.startswith("[") else "\n") + identity
    path = tmp_path / "page.json"
    path.write_text(form.replace("{}{}", identity + rest * 5_000))
    count, peak = peak_of("kratos", path)
    assert count == 5_001
    assert peak < 1_500_000
