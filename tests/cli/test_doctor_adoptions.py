"""`reticket doctor` says of each adoption what is missing."""

from __future__ import annotations

import json
import time

import pytest

DAY = 86_400


def in_days(days):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * DAY))


@pytest.fixture
def adopt(shell, tmp_path):
    key = tmp_path / "key"
    key.write_text("a secret of the other system, long enough")

    def adopt(*more, days=30):
        words = ("--system", "simplejwt", "--kind", "akinon.user", "--until", in_days(days))
        words += ("--algorithm", "HS256", "--key-file", str(key))
        shell.run("key", "adopt", *words, *more)

    return adopt


def lines(shell):
    return [line for line in shell.run("doctor").splitlines() if "adopted sessions" in line]


def imported(shell, tmp_path, command, row, *more):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    shell.run("import", command, str(path), *more)


def test_nothing_is_said_without_adoptions(shell):
    assert lines(shell) == ["ok       adopted sessions"]


def test_an_adoption_of_which_nothing_was_imported_is_told(shell, adopt, tmp_path):
    adopt("--option", "email_claim=email")
    (line,) = lines(shell)
    assert line.startswith("warning  adopted sessions: no session of simplejwt was imported")
    row = {"id": "one", "email": "ada@example.com"}
    imported(shell, tmp_path, "sessions", row, "--adoption", "simplejwt")
    assert lines(shell) == ["ok       adopted sessions"]


def test_an_adoption_of_all_sessions_needs_no_import(shell, adopt):
    adopt("--option", "email_claim=email", "--accept-unrevoked")
    assert lines(shell) == ["ok       adopted sessions"]


def test_an_adoption_that_ends_soon_is_told(shell, adopt):
    adopt("--option", "email_claim=email", "--accept-unrevoked", days=2)
    (line,) = lines(shell)
    assert "tokens of simplejwt are accepted until" in line


def test_a_system_of_which_nobody_is_known_is_told(shell, adopt, tmp_path):
    adopt("--accept-unrevoked")
    (line,) = lines(shell)
    assert "nobody has an id of simplejwt here" in line
    person = {"email": "eve@example.com", "foreign_id": "7"}
    imported(shell, tmp_path, "users", person, "--system", "simplejwt")
    assert lines(shell) == ["ok       adopted sessions"]


def test_a_removed_adoption_is_left_out(shell, adopt):
    adopt()
    shell.run("key", "unadopt", "simplejwt")
    assert lines(shell) == ["ok       adopted sessions"]
