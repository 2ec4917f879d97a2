"""The fixtures are written after Auth0's "User Profile Structure" and its article "How to Use
the Password Hashes Export from Auth0".
"""

from __future__ import annotations

import json
import shutil

import pytest
from tests.moving.readers.reading import FIXTURES, peak_of, rows_of

from reticket.moving.readers.auth0 import NOT_LISTED
from reticket.moving.streams import SourceError, Unreadable

USERS, HASHES = FIXTURES / "auth0-users.ndjson", FIXTURES / "auth0-hashes.ndjson"
ADA = {
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "foreign_id": "auth0|5dea9f9c82dd7c0e76e40001",
    "claims": {"preferred_username": "ada", "email_verified": True},
    "disabled": False,
}


@pytest.fixture
def both(tmp_path):
    for path in (USERS, HASHES):
        shutil.copy(path, tmp_path)
    return rows_of("auth0", tmp_path)


def test_a_person_of_both_exports_comes_with_profile_and_password(both):
    hashed = "$2b$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq"
    assert both["auth0-users.ndjson line 1"] == {**ADA, "password_hash": hashed}


def test_a_blocked_person_with_a_factor_is_marked_and_found_by_an_id_of_its_own(both):
    assert both["auth0-users.ndjson line 2"] == {
        "email": "euclid@example.com",
        "foreign_id": "auth0|euclid",
        "disabled": True,
        "claims": {"name": "Euclid", "email_verified": False},
        "password_hash": "$2b$10$AAAAAAAAAAAAAAAAAAAAAuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "factor_missing": True,
    }


def test_a_person_of_another_provider_has_no_password(both):
    assert both["auth0-users.ndjson line 3"] == {
        "email": "social@example.com",
        "foreign_id": "google-oauth2|1077",
        "claims": {"name": "So Cial", "email_verified": True},
        "disabled": False,
    }


def test_a_person_may_have_no_address(both):
    assert "email" not in both["auth0-users.ndjson line 5"]


def test_a_broken_line_does_not_stop_the_others(both):
    assert both["auth0-users.ndjson line 6"] == Unreadable("the row is not JSON")
    assert both["auth0-users.ndjson line 7"] == Unreadable("the row is not an object")


def test_a_hash_of_somebody_who_may_be_blocked_is_refused(both):
    assert both["auth0-hashes.ndjson line 3"] == NOT_LISTED
    assert len(both) == 7


def test_the_export_of_users_alone_has_no_passwords():
    assert rows_of("auth0", USERS)["auth0-users.ndjson line 1"] == ADA


def test_the_export_of_hashes_alone_has_no_names():
    found = rows_of("auth0", HASHES)
    assert found["auth0-hashes.ndjson line 2"] == {
        "email": "euclid@example.com",
        "foreign_id": "auth0|euclid",
        "claims": {"email_verified": False},
        "password_hash": "$2b$10$AAAAAAAAAAAAAAAAAAAAAuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "the row is not JSON"),
        ('{"_id": 7}', "the row has no _id"),
        ("7", "the row has no _id"),
        (HASHES.read_text().splitlines()[0], "an earlier row has the same _id"),
    ],
)
def test_a_broken_line_of_hashes_does_not_stop_the_others(tmp_path, line, reason):
    shutil.copy(USERS, tmp_path)
    (tmp_path / "hashes.ndjson").write_text(HASHES.read_text() + line)
    found = rows_of("auth0", tmp_path)
    assert found["hashes.ndjson line 4"] == Unreadable(reason)
    assert "password_hash" in found["auth0-users.ndjson line 1"]


def one(tmp_path, **members: object):
    (tmp_path / "users.json").write_text(json.dumps([{"email": "a@b.example", **members}]))
    found = rows_of("auth0", tmp_path / "users.json")["users.json [0]"]
    return {name: value for name, value in found.items() if name not in ("email", "claims")}


def test_members_of_the_bulk_import_come_along(tmp_path):
    custom = {"algorithm": "ldap", "hash": {"value": "{SSHA}AAAA", "encoding": "utf8"}}
    assert one(tmp_path, custom_password_hash=custom) == {"password_hash": "{SSHA}AAAA"}
    other = {"algorithm": "sha512", "hash": {"value": "AAAA", "encoding": "base64"}}
    assert one(tmp_path, custom_password_hash=other) == {"password_hash": other}
    assert one(tmp_path, password_hash="$2b$10$x") == {"password_hash": "$2b$10$x"}
    factors = [{"phone": {"value": "+44"}}, {"totp": {"secret": "JBSWY3DP"}}]
    assert one(tmp_path, mfa_factors=factors) == {"totp_secret": "JBSWY3DP"}
    assert one(tmp_path, mfa_factors=factors[:1]) == {"factor_missing": True}


def test_csv_and_a_file_without_users_are_refused(tmp_path):
    (tmp_path / "users.csv").write_text("email\n")
    (tmp_path / "users.json").write_text("\n")
    with pytest.raises(SourceError, match=r"^users\.csv is CSV: export as JSON\.$"):
        rows_of("auth0", tmp_path / "users.csv")
    with pytest.raises(SourceError, match=r"^users\.json has no users\.$"):
        rows_of("auth0", tmp_path / "users.json")


def test_big_exports_need_no_more_memory_than_small_ones(tmp_path):
    user, hashed = (json.loads(path.read_text().splitlines()[0]) for path in (USERS, HASHES))
    with (tmp_path / "users.json").open("w") as users, (tmp_path / "hashes.json").open("w") as file:
        for number in range(20_000):
            users.write(json.dumps({**user, "user_id": f"auth0|{number}"}) + "\n")
            file.write(json.dumps({**hashed, "_id": {"$oid": str(20_000 - number)}}) + "\n")
    count, peak = peak_of("auth0", tmp_path)
    assert count == 20_001
    assert peak < 1_500_000
