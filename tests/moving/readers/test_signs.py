"""A file that begins as the export of a known system is told from one with rows of ours."""

from __future__ import annotations

import json

import pytest
from tests.moving.readers.reading import FIXTURES

from reticket.moving.readers import HEAD, guessed, names

EXPORTS = {
    "auth0-hashes.ndjson": "auth0",
    "auth0-users.ndjson": "auth0",
    "django-dump.json": "django",
    "firebase-users.json": "firebase",
    "keycloak-realm.json": "keycloak",
    "kratos-page.json": "kratos",
}
STARTS = {
    b"SQLite format 3\0\x10\x00": "cloudreve",
    b'\xef\xbb\xbf{"users":[{"localId": "a"}]}': "firebase",
    b'{"realm":"shop","users":[{"id": "1"}]}': "keycloak",
    b'{"id":"k","credentials":{"password":{}},"state":"active"}': "kratos",
    b'[{"email":"a@b.example","email_verified":true}]': "auth0",
    b'{"model": "accounts.person", "pk": 1, "fields": {}}': "django",
}
OURS = {
    "email": "a@b.example",
    "realm": "kibo.shopper:1000",
    "users": "x",
    "claims": {"email_verified": False, "name": '"user_id": "a|b"'},
    "password_hash": {"credentialData": "x"},
}


@pytest.mark.parametrize(("name", "system"), EXPORTS.items())
def test_the_start_of_each_export_is_known(name, system):
    assert guessed((FIXTURES / name).read_bytes()[:HEAD]) == system


@pytest.mark.parametrize(("start", "system"), STARTS.items())
def test_other_starts_are_known_too(start, system):
    assert guessed(start) == system


def test_every_reader_has_an_export_that_is_known():
    assert {*EXPORTS.values(), *STARTS.values()} == set(names())


@pytest.mark.parametrize("first", OURS)
def test_a_row_of_ours_is_no_export(first):
    row = {first: OURS[first], **OURS}
    for start in (json.dumps(row), json.dumps(row, indent=2), f"[{json.dumps(row)}]"):
        assert guessed(start.encode()) is None


@pytest.mark.parametrize("start", [b"", b"{", b"[", b"\xff\xfe", b'"' * HEAD, b"{" * HEAD])
def test_rubbish_is_no_export(start):
    assert guessed(start) is None
