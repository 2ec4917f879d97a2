"""`reticket import users`."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import update

from reticket.core.realms import usual
from reticket.directory.arrivals.reading import ArrivalReader
from reticket.directory.tables import foreign_ids
from reticket.moving.rows.hash_columns import HASH_COLUMNS
from reticket.oauth.standard_claims import standard_claims

BCRYPT = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"
ADA = {"email": "augusta@example.com", "password_hash": BCRYPT}
GRACE = {"email": "grace@example.com", "password": "a word of hers"}
SECRETS = (BCRYPT, "a word of hers", "$2b$")


@pytest.fixture
def file(tmp_path):
    def write(*rows, name="people.jsonl"):
        path = tmp_path / name
        text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
        path.write_text(text)
        return str(path)

    return write


def emails(shell):
    return {row["email"] for row in shell.rows("user", "list")}


def audited(shell):
    lines = (shell.data / "audit.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_people_come_from_json_lines(shell, file):
    output = shell.run("import", "users", file(ADA, GRACE))
    assert "2 rows: 2 added, 0 changed, 0 known already, 0 refused" in output
    assert {"augusta@example.com", "grace@example.com"} < emails(shell)


def test_people_come_from_csv(shell, file):
    rows = ("email,password_hash,foreign_id", f"augusta@example.com,{BCRYPT},7")
    shell.run("import", "users", file(*rows, name="people.CSV"), "--system", "keycloak")
    assert "augusta@example.com" in emails(shell)


def test_the_columns_of_a_hash_come_from_csv(shell, file):
    salt, hashed = (
        base64.b64encode(b"salt of hers"),
        hashlib.scrypt(b"a word of hers", salt=b"salt of hers", n=16384, r=8, p=1, dklen=64),
    )
    columns = f"scrypt,16384,8,1,{salt.decode()},{base64.b64encode(hashed).decode()}"
    rows = ("email,algorithm,N,r,p,salt,hash", f"augusta@example.com,{columns}")
    bad = ("grace@example.com,scrypt,16384,8,1,,", "ida@example.com,,,,,,")
    path = file(*rows, *bad, name="people.csv")
    output = shell.run("import", "users", path, ok=False)
    assert "line 3  password_hash: the column hash is empty or absent" in output
    assert "3 rows: 2 added, 0 changed, 0 known already, 1 refused" in output
    instance = shell.instance()
    stored = instance.directory.user_credentials(usual("augusta@example.com"))
    assert instance.hasher.verify(stored.secret_hash, "a word of hers")
    members = ArrivalReader(instance.directory.profiles, instance.hasher.stored_form, None).members
    assert not HASH_COLUMNS.keys() & members
    instance.close()


def test_people_come_from_standard_input(shell):
    shell.run("import", "users", "-", said=json.dumps(ADA))
    rows = f"email,password_hash\ngrace@example.com,{BCRYPT}\n"
    shell.run("import", "users", "-", "--format", "csv", said=rows)
    assert {"augusta@example.com", "grace@example.com"} < emails(shell)


def test_the_export_of_another_system_does_not_come_from_standard_input(shell):
    said = shell.run("import", "users", "--from", "kratos", "-", ok=False)
    assert "--from needs a file, a folder or a database, and not -." in said


def test_passwords_are_hashed_and_said_before(shell, file):
    output = shell.run("import", "users", file(ADA, GRACE))
    assert "1 passwords in clear text are hashed here: " in output
    assert not any(secret in output for secret in SECRETS)


DEVISE = {"email": "ida@example.com", "password_hash": BCRYPT, "hash_format": "devise"}
PEPPER = {"devise": {"pepper": "a word of the kitchen"}}


def test_a_configuration_of_hashes_comes_with_the_import(shell, file):
    config = file(PEPPER, name="config.json")
    words = ("import", "users", file(DEVISE), "--hash-config", config)
    assert "1 added" in shell.run(*words, "--dry-run")
    assert "no hash configuration" in shell.run("import", "users", file(DEVISE), ok=False)
    assert "1 added" in shell.run(*words)
    other = file({"devise": {"pepper": "other"}}, name="other.json")
    for more in ((), ("--dry-run",)):
        said = shell.run("import", "users", file(ADA), "--hash-config", other, *more, ok=False)
        assert "another hash configuration named 'devise'" in said
    assert "augusta@example.com" not in emails(shell)


def test_a_refused_row_is_told_with_its_line_and_reason(shell, file, tmp_path):
    rows = (
        ADA,
        {"email": "x@example.com", "password_hash": "$9$unknown"},
        {"password": "a word of hers"},
        {**GRACE, "roles": ["admin"]},
        ADA,
        "{",
        GRACE,
    )
    report = tmp_path / "refused.jsonl"
    output = shell.run("import", "users", file(*rows), "--report", str(report), ok=False)
    assert "7 rows: 2 added, 0 changed, 0 known already, 5 refused" in output
    told = [json.loads(line) for line in report.read_text().splitlines()]
    assert [row["place"] for row in told] == [f"line {number}" for number in (2, 3, 4, 5, 6)]
    assert [row["reason"].split()[0] for row in told[1:]] == ["the", "roles", "an", "the"]
    assert all(row["reason"] in output for row in told)
    assert report.stat().st_mode & 0o777 == 0o600
    assert not any(secret in output + report.read_text() for secret in SECRETS)


def test_the_exit_code_tells_that_rows_were_refused(shell, file):
    data = ("--data", str(shell.data))
    assert shell.bare("import", "users", file(ADA), *data).exit_code == 0
    assert shell.bare("import", "users", file("{"), *data).exit_code == 3
    assert shell.bare("import", "users", "no such file", *data).exit_code == 1


def test_a_report_gets_another_mode_when_it_is_there_already(shell, file, tmp_path):
    report = tmp_path / "refused.jsonl"
    report.write_text("of before")
    report.chmod(0o644)
    shell.run("import", "users", file(ADA), "--report", str(report))
    assert (report.read_text(), report.stat().st_mode & 0o777) == ("", 0o600)


def test_a_report_never_replaces_what_is_read(shell, file, tmp_path):
    source = Path(file(ADA))
    before = source.read_bytes()
    (twin := tmp_path / "twin.jsonl").hardlink_to(source)
    for report in (source, twin):
        words = ("import", "users", str(source), "--report", str(report), "--data", str(shell.data))
        assert "the rows are read from it" in shell.bare(*words).output
        assert source.read_bytes() == before


def test_a_report_follows_no_link(shell, file, tmp_path):
    (precious := tmp_path / "precious").write_text("of somebody")
    (link := tmp_path / "refused.jsonl").symlink_to(precious)
    words = ("import", "users", file(ADA), "--report", str(link), "--data", str(shell.data))
    assert "no regular file" in shell.bare(*words).output
    assert precious.read_text() == "of somebody"


def test_a_report_leaves_no_other_file(shell, file, tmp_path):
    report = tmp_path / "reports" / "refused.jsonl"
    report.parent.mkdir()
    shell.run("import", "users", file("{"), "--report", str(report), ok=False)
    assert list(report.parent.iterdir()) == [report]


def test_only_the_first_refused_rows_are_shown(shell, file):
    output = shell.run("import", "users", file(*["{"] * 60), ok=False)
    assert output.count("the row is not JSON") == 50
    assert "10 more; --report FILE has all of them" in output


def test_roles_come_only_with_the_flag(shell, file):
    row = {**ADA, "roles": ["admin"]}
    shell.run("import", "users", file(row), ok=False)
    assert "augusta@example.com" not in emails(shell)
    shell.run("import", "users", file(row), "--allow-roles")
    assert "augusta@example.com" in emails(shell)


def test_a_dry_run_changes_nothing(shell, file):
    before = audited(shell)
    output = shell.run("import", "users", file(ADA, GRACE, ADA), "--dry-run", ok=False)
    assert "3 rows: 2 added, 0 changed, 0 known already, 1 refused" in output
    assert "hashed here" not in output
    assert emails(shell) == {"ada@example.com"}
    assert audited(shell) == before


def test_a_second_run_knows_everybody(shell, file):
    shell.run("import", "users", file(ADA, GRACE))
    output = shell.run("import", "users", file(ADA, GRACE))
    assert "2 rows: 0 added, 0 changed, 2 known already, 0 refused" in output


def test_the_audit_log_has_how_many_came(shell, file):
    rows = ({**ADA, "foreign_id": "7"}, {**GRACE, "factor_missing": True})
    shell.run("import", "users", file(*rows), "--system", "keycloak")
    (line,) = [each for each in audited(shell) if each["event"] == "users_imported"]
    assert line["detail"] == {
        "added": 2,
        "changed": 0,
        "linked": 0,
        "factors_missing": 1,
        "system": "keycloak",
    }


def test_a_file_in_another_encoding_is_an_error(shell, tmp_path):
    path = tmp_path / "people.jsonl"
    path.write_text(json.dumps(ADA), "utf-16")
    assert "convert it to UTF-8" in shell.run("import", "users", str(path), ok=False)


def test_an_import_of_nobody_says_so(shell, file):
    output = shell.run("import", "users", file(), ok=False)
    assert "0 rows: 0 added" in output
    assert "the file has no row" in output


KRATOS = {
    "id": "k-1",
    "state": "active",
    "traits": {"email": "augusta@example.com"},
    "credentials": {"password": {"config": {"hashed_password": BCRYPT}}},
}


def test_people_come_as_another_system_exports_them(shell, file):
    rows = [KRATOS, {**KRATOS, "id": "k-2", "traits": {}}, 7]
    export = file(*rows, name="page.json")
    output = shell.run("import", "users", "--from", "kratos", export, ok=False)
    assert "page.json line 2" in output
    assert "the row is not an object" in output
    assert "3 rows: 1 added, 0 changed, 0 known already, 2 refused" in output
    assert "augusta@example.com" in emails(shell)
    again = shell.run("import", "users", "--from", "kratos", export, "--dry-run", ok=False)
    assert "1 known already" in again
    (line,) = [each for each in audited(shell) if each["event"] == "users_imported"]
    assert line["detail"] == {
        "added": 1,
        "changed": 0,
        "linked": 0,
        "factors_missing": 0,
        "system": "kratos",
    }


def test_a_source_that_is_no_export_of_the_system_is_refused_in_a_sentence(shell, file):
    output = shell.run("import", "users", "--from", "keycloak", file("["), ok=False)
    assert "people.jsonl is not an object in JSON" in output
    both = ("--format", "csv", file(KRATOS))
    assert "--format does not go with --from." in shell.run(
        "import", "users", "--from", "kratos", *both, ok=False
    )


def test_what_was_read_before_a_fault_of_the_source_is_imported(shell, tmp_path):
    user = {"id": "7f2c", "email": "augusta@example.com", "enabled": True, "emailVerified": True}
    export = tmp_path / "shop-realm.json"
    export.write_text(json.dumps({"realm": "shop", "users": [user]})[:-2] + ", {")
    output = shell.run("import", "users", "--from", "keycloak", str(export), ok=False)
    assert "1 rows: 1 added" in output
    assert "augusta@example.com" in emails(shell)


def test_no_url_with_a_password_is_on_the_command_line(shell):
    url = "postgresql://cloudreve:hers@db/cloudreve"
    output = shell.run("import", "users", "--from", "cloudreve", url, ok=False)
    assert "every user of this machine can read a password here" in output


BCRYPT_2 = "$2b$12$EixZaYVK1fsbw1ZfbX3OXeKhLkP1qkFh1hO3mB8oYJm0oQ0nPjWyS"


def test_known_people_change_only_with_the_flag(shell, file):
    shell.run("import", "users", file(ADA, GRACE))
    newer = {**ADA, "first_name": "Augusta", "password_hash": BCRYPT_2, "disabled": True}
    rows = file(newer, GRACE, name="newer.jsonl")
    assert "0 changed, 2 known already" in shell.run("import", "users", rows)
    assert "1 changed, 1 known" in shell.run("import", "users", rows, "--update", "--dry-run")
    assert "1 changed, 1 known" in shell.run("import", "users", rows, "--update")
    assert "0 changed, 2 known" in shell.run("import", "users", rows, "--update")
    (ada,) = [row for row in shell.rows("user", "list") if row["email"] == ADA["email"]]
    assert (ada["first_name"], ada["disabled"]) == ("Augusta", True)
    changed = [each["detail"] for each in audited(shell) if each["event"] == "users_imported"]
    assert [(line["added"], line["changed"]) for line in changed] == [(2, 0), (0, 1)]


def test_an_import_that_only_links_people_is_audited(shell, file):
    shell.run("import", "users", file(ADA))
    linked = file({**ADA, "foreign_id": "7"}, name="linked.jsonl")
    output = shell.run("import", "users", linked, "--system", "keycloak")
    assert "0 added, 0 changed, 1 known already" in output
    line = [each for each in audited(shell) if each["event"] == "users_imported"][-1]
    assert (line["detail"]["changed"], line["detail"]["linked"]) == (0, 1)


def test_people_whose_factor_is_missing_can_be_found(shell, file):
    lost = {**GRACE, "factor_missing": True}
    output = shell.run("import", "users", file(ADA, lost))
    assert "1 people here do not sign in, since their second factor could not come" in output
    people = {row["email"]: row["factor_missing"] for row in shell.rows("user", "list")}
    assert people == {"ada@example.com": False, ADA["email"]: False, GRACE["email"]: True}
    assert "1 people do not sign in" in shell.run("doctor")
    shell.run("user", "factor", "remove", GRACE["email"])
    assert "do not sign in" not in shell.run("import", "users", file(ADA, lost), "--update")


@pytest.mark.parametrize("system", ["key\ncloak", "\u200bkeycloak"])
def test_the_name_of_a_system_has_a_form(shell, file, system):
    output = shell.run("import", "users", file(ADA), "--system", system, ok=False)
    assert "a system" in output
    assert "augusta@example.com" not in emails(shell)


def test_passwords_from_standard_input_are_said_once_before_they_are_hashed(shell):
    rows = "".join(
        json.dumps({"email": f"p{number}@example.com", "password": "a word of hers"}) + "\n"
        for number in range(70)
    )
    output = shell.run("import", "users", "-", said=rows)
    assert output.count("passwords in clear text are hashed here: ") == 1
    assert " s each" in output
    again = shell.run("import", "users", "-", said=rows)
    assert "hashed here" not in again
    assert "hashed here" not in shell.run("import", "users", "-", said=json.dumps(ADA))


def test_a_later_status_comes_from_the_export_of_another_system(shell, tmp_path):
    export, said = tmp_path / "shop-realm.json", ("import", "users", "--from", "keycloak")
    user = {"id": "7f2c", "email": "augusta@example.com", "username": "augusta@example.com"}

    def imported(**members):
        export.write_text(json.dumps({"users": [{**user, **members}]}))
        shell.run(*said, str(export), "--update")
        instance = shell.instance()
        person = instance.directory.user_by_email("augusta@example.com")
        claims = standard_claims(person)
        instance.close()
        return person.disabled, claims["email_verified"]

    assert imported(enabled=False, emailVerified=False) == (True, False)
    assert imported(enabled=True, emailVerified=False) == (False, False)
    assert imported(enabled=False, emailVerified=False) == (True, False)
    assert imported(enabled=True, emailVerified=True) == (False, True)
    assert "0 changed, 1 known" in shell.run(*said, str(export), "--update")
    shell.run("user", "disable", "augusta@example.com")
    assert imported(enabled=True, emailVerified=True) == (True, True)


@pytest.mark.parametrize("form", [(), ("--format", "json")])
def test_the_export_of_another_system_without_its_name_is_told_once(shell, file, form):
    export = file(*[KRATOS] * 3, name="page.json")
    output = shell.run("import", "users", export, *form, ok=False)
    words = "page.json looks like an export of kratos: say --from kratos."
    assert output.count("--from kratos") == 1
    assert words.removesuffix(".") in output
    assert "0 rows" not in output
    assert "unknown" not in output


def test_rows_of_ours_come_from_a_pipe_that_cannot_be_read_twice(shell, tmp_path):
    pipe = tmp_path / "rows"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=(json.dumps(ADA),))
    writer.start()
    assert "1 added" in shell.run("import", "users", str(pipe))
    writer.join()


ODD = "a system: of old"


@pytest.mark.parametrize("system", [ODD, "x" * 65, "käse", "a\nb", "../etc"])
def test_the_name_of_a_system_is_short_and_plain(shell, file, system):
    output = shell.run("import", "users", file(ADA), "--system", system, ok=False)
    assert "the name of a system must have 1 to 64 characters" in output
    assert "augusta@example.com" not in emails(shell)


def test_the_name_of_a_system_that_people_have_already_goes_on(shell, file):
    shell.run("import", "users", file({**ADA, "foreign_id": "7"}), "--system", "old.sys-1_x")
    instance = shell.instance()
    with instance.directory.database.write() as connection:
        connection.execute(update(foreign_ids).values(system=ODD))
    instance.close()
    output = shell.run("import", "users", file({**ADA, "foreign_id": "7"}), "--system", ODD)
    assert "1 known already" in output
