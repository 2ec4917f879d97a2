"""`reticket key adopt` and `reticket import sessions`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import time

import jwt
import pytest

from reticket.core.commands import EndSession, Refresh
from reticket.core.errors import Cause, Refusal, Unavailable
from reticket.core.model import Selection
from reticket.core.ports import ROW_LOCKED
from reticket.directory.adoption.ends import UnadoptedEnds
from reticket.moving.sessions import importing
from reticket.runtime.assembly import perform
from reticket.stores.sqlite.families import SqliteStore

KEY = "a secret of the other system, long enough"
TOKEN = "yKz3MZBcWnpXhR8cPpVb3zZ1Q1"
UNTIL = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 86_400))
LATER = int(time.time()) + 20 * 86_400
ADA = "ada@example.com"
SECRETS = (KEY, TOKEN)


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    return str(path)


@pytest.fixture
def file(tmp_path):
    def write(*rows, name="sessions.jsonl"):
        path = tmp_path / name
        path.write_text("".join(f"{r if isinstance(r, str) else json.dumps(r)}\n" for r in rows))
        return str(path)

    return write


@pytest.fixture
def adopt(shell, key):
    def adopt(*more, ok=True):
        words = ("--system", "simplejwt", "--kind", "akinon.user", "--until", UNTIL)
        words += ("--algorithm", "HS256", "--key-file", key, "--option", "email_claim=email")
        return shell.run("key", "adopt", *words, *more, ok=ok)

    return adopt


def foreign(jti="one", **claims):
    said = {"token_type": "refresh", "exp": LATER, "jti": jti, "user_id": 7, "email": ADA}
    return jwt.encode(said | claims, KEY, "HS256")


def digest_of(token):
    return hashlib.sha256(token.encode()).hexdigest()


def opaque(token=TOKEN, **more):
    return {"digest": digest_of(token), "email": ADA, "expires_at": LATER, **more}


def asking(command):
    return (yield from command)


def refreshed(shell, token, kind="akinon.user"):
    """The cause of the refusal, or None for new tokens."""
    instance = shell.instance()
    try:
        perform(instance, asking(Refresh(kind, token)))
    except Refusal as refusal:
        return refusal.cause
    finally:
        instance.close()
    return None


def rows(shell):
    instance = shell.instance()
    found = instance.store.page(Selection(), 100).families
    instance.close()
    return found


def import_opaque(shell, path, *more, ok=True):
    words = ("--adoption", "old", "--digest", "sha256-hex", "--kind", "akinon.user")
    return shell.run("import", "sessions", path, *words, "--until", UNTIL, *more, ok=ok)


def audited(shell):
    return [json.loads(line) for line in (shell.data / "audit.jsonl").read_text().splitlines()]


def imported_people(shell, tmp_path, system):
    path = tmp_path / "people.jsonl"
    path.write_text(json.dumps({"email": "eve@example.com", "foreign_id": "7"}) + "\n")
    shell.run("import", "users", str(path), "--system", system)


def test_an_adoption_says_how_many_people_its_tokens_can_be_of(shell, key, tmp_path):
    imported_people(shell, tmp_path, "simplejwt")
    words = ("key", "adopt", "--kind", "akinon.user", "--until", UNTIL, "--key-file", key)
    words += ("--algorithm", "HS256", "--system", "simplejwt")
    said = shell.run(*words)
    assert "1 people have an id of simplejwt here" in said
    assert "Warning" not in said


def test_an_adoption_of_nobody_is_warned_of(shell, key):
    words = ("key", "adopt", "--kind", "akinon.user", "--until", UNTIL, "--key-file", key)
    said = shell.run(*words, "--algorithm", "HS256", "--system", "simplejwt")
    assert "0 people have an id of simplejwt here" in said
    assert "Warning: no token will be accepted" in said


def test_people_who_are_found_by_e_mail_need_no_ids(adopt):
    assert "Warning" not in adopt()


def test_nothing_is_accepted_before_sessions_are_imported(shell, adopt, file):
    assert "import its sessions now" in adopt()
    assert refreshed(shell, foreign()) is Cause.UNKNOWN
    said = shell.run(
        "import", "sessions", file({"id": "one", "email": ADA}), "--adoption", "simplejwt"
    )
    assert "1 rows: 1 living, 0 ended, 0 known already, 0 refused" in said
    assert refreshed(shell, foreign()) is None
    assert refreshed(shell, foreign("two")) is Cause.UNKNOWN


def test_once_all_ended_ones_were_imported_the_others_are_living(shell, adopt, file):
    adopt()
    ended = file({"id": "one", "revoked": True}, {"id": "two", "email": ADA, "revoked": True})
    said = shell.run("import", "sessions", ended, "--adoption", "simplejwt", "--all-ended")
    assert "2 rows: 0 living, 2 ended" in said
    assert "2 ended; every other session is living" in said
    assert refreshed(shell, foreign("one")) is Cause.REVOKED
    assert refreshed(shell, foreign("two")) is Cause.REVOKED
    assert refreshed(shell, foreign("three")) is None


def test_all_ended_is_not_done_while_rows_are_refused(shell, adopt, file):
    adopt()
    bad = file({"id": "one", "revoked": True}, "{")
    said = shell.run("import", "sessions", bad, "--adoption", "simplejwt", "--all-ended", ok=False)
    assert "--all-ended is not done" in said
    assert refreshed(shell, foreign("three")) is Cause.UNKNOWN


def test_all_ended_refuses_a_row_of_a_living_session(shell, adopt, file):
    adopt()
    wrong = file({"id": "one", "revoked": True}, {"id": "two", "email": ADA})
    words = ("import", "sessions", wrong, "--adoption", "simplejwt", "--all-ended")
    said = shell.run(*words, ok=False)
    assert "line 2  the row is not revoked, but the file is one of ended sessions" in said
    assert "2 rows: 0 living, 1 ended, 0 known already, 1 refused" in said
    assert "--all-ended is not done" in said
    assert refreshed(shell, foreign("three")) is Cause.UNKNOWN


@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=str)
def test_all_ended_refuses_a_file_without_any_session(shell, adopt, file, more):
    adopt()
    words = ("import", "sessions", file(), "--adoption", "simplejwt", "--all-ended", *more)
    assert "the file has no ended session" in shell.run(*words, ok=False)
    assert refreshed(shell, foreign("three")) is Cause.UNKNOWN


def test_an_operator_may_say_that_none_was_ended(shell, adopt, file):
    adopt()
    words = ("import", "sessions", file(), "--adoption", "simplejwt", "--none-ended")
    assert "--none-ended goes with --all-ended" in shell.run(*words, ok=False)
    said = shell.run(*words, "--all-ended")
    assert "0 ended; every other session is living" in said
    assert refreshed(shell, foreign("three")) is None


def test_ended_sessions_that_are_known_already_count(shell, adopt, file):
    adopt()
    words = ("import", "sessions", file({"id": "one", "revoked": True}))
    shell.run(*words, "--adoption", "simplejwt")
    said = shell.run(*words, "--adoption", "simplejwt", "--all-ended")
    assert "1 ended; every other session is living" in said


def test_what_was_ended_there_may_be_accepted_by_an_option(shell, adopt):
    adopt("--accept-unrevoked")
    assert refreshed(shell, foreign()) is None
    assert [event["event"] for event in audited(shell) if event["event"] == "adopted"] == [
        "adopted"
    ]


def test_an_adopted_session_is_listed_and_revoked_as_any(shell, adopt):
    adopt("--accept-unrevoked")
    refreshed(shell, foreign())
    (row,) = shell.rows("session", "list", "--subject", ADA)
    assert (row["kind"], row["generation"]) == ("akinon.user", 2)
    shell.run("session", "revoke", row["id"])
    assert refreshed(shell, foreign()) is Cause.REVOKED


ENDS = [
    ("session", "revoke", "--subject", ADA),
    ("session", "revoke", "--kind", "akinon.user"),
    ("session", "revoke", "--all", "--yes"),
    ("user", "passwd", ADA),
]


@pytest.mark.parametrize("end", ENDS, ids=" ".join)
def test_an_end_includes_sessions_that_have_not_come_yet(shell, adopt, end):
    adopt("--accept-unrevoked")
    shell.run(*end, said="another password\nanother password\n")
    assert refreshed(shell, foreign()) is Cause.REVOKED


def test_a_new_password_between_two_imports_ends_what_is_imported_later(shell, file):
    import_opaque(shell, file(opaque("another")))
    shell.run("user", "passwd", ADA, said="another password\nanother password\n")
    shell.run("import", "sessions", file(opaque()), "--adoption", "old")
    assert refreshed(shell, TOKEN) is Cause.REVOKED


def test_a_password_that_was_set_before_the_adoption_ends_older_sessions_of_people_found_by_e_mail(
    shell, adopt
):
    """The person has no id of the old system, which still knows the old password."""
    shell.run("user", "passwd", ADA, said="another password\nanother password\n")
    adopt("--accept-unrevoked")
    assert refreshed(shell, foreign(iat=int(time.time()) - 60)) is Cause.REVOKED
    assert refreshed(shell, foreign("two", iat=int(time.time()) + 1)) is None


def test_a_person_who_was_blocked_meanwhile_is_signed_out(shell, adopt):
    adopt("--accept-unrevoked")
    shell.run("user", "disable", ADA)
    shell.run("user", "enable", ADA)
    assert refreshed(shell, foreign()) is Cause.REVOKED


def test_an_adoption_is_listed_without_its_key_and_removed_for_good(shell, adopt):
    adopt("--accept-unrevoked")
    (row,) = shell.rows("key", "adopted")
    assert (row["name"], row["mode"], row["state"]) == ("simplejwt", "unrevoked", "active")
    output = shell.run("key", "adopted")
    assert not any(secret in output for secret in SECRETS)
    refreshed(shell, foreign())
    shell.run("key", "unadopt", "simplejwt")
    assert refreshed(shell, foreign()) is Cause.FORGED
    assert shell.rows("key", "adopted")[0]["state"] == "removed"
    assert "adopted before" in adopt("--name", "again", ok=False)
    assert shell.rows("session", "list")[0]["end"] is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--system", "nothing"), "the system must be one of cloudreve, keycloak, simplejwt"),
        (("--kind", "akinon.nothing"), "the kind must be one of akinon.user"),
        (("--kind", "kibo.application"), "the kind must be one of"),
        (("--until", "2020-01-01"), "the end must be in the future"),
        (("--until", "2999-01-01"), "at most 366 days"),
        (("--until", "soon"), "2027-01-31"),
        (("--until", "2027-01-01T00:00:00"), "needs its zone"),
        (("--algorithm", "none"), "the algorithm must be one of"),
        (("--algorithm", "RS256"), "no public key for RS256"),
        (("--option", "nothing=1"), "there is no option 'nothing'"),
        (("--option", "nothing"), "NAME=VALUE"),
        (("--system", "keycloak"), "the issuer of keycloak is missing"),
        (("--system", "cloudreve"), "the salt hash_id_salt is missing"),
        (("--key-env", "NO_SUCH_VARIABLE"), "either --key-file or --key-env"),
        (("--key-file", "/nowhere"), "cannot read /nowhere"),
    ],
)
def test_a_wrong_adoption_is_refused_with_one_sentence(shell, adopt, more, words):
    said = adopt(*more, ok=False)
    assert words in said
    assert not any(secret in said for secret in SECRETS)
    assert shell.rows("key", "adopted") == []


def test_a_key_may_be_in_the_environment(shell, adopt, monkeypatch):
    monkeypatch.setenv("OLD_KEY", KEY)
    words = ("--system", "simplejwt", "--kind", "akinon.user", "--until", UNTIL)
    shell.run("key", "adopt", *words, "--algorithm", "HS256", "--key-env", "OLD_KEY")
    assert len(shell.rows("key", "adopted")) == 1


def test_a_realm_key_of_keycloak_is_adopted_as_its_export_has_it_and_once(shell, file, tmp_path):
    secret, issuer = os.urandom(128), "https://sso.example.com/realms/shop"
    encoded = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    words = ("key", "adopt", "--system", "keycloak", "--kind", "oauth.user", "--until", UNTIL)
    words += ("--algorithm", "HS512", "--issuer", issuer, "--option", "email_claim=email")

    def adopt(key, *more, ok):
        path = tmp_path / "realm-key"
        path.write_text(key)
        return shell.run(*words, "--key-file", str(path), *more, ok=ok)

    assert "the secret is not base64url" in adopt("**********", ok=False)
    adopt(encoded, ok=True)
    jwk = json.dumps({"kty": "oct", "k": encoded})
    assert "adopted before" in adopt(jwk, "--name", "again", ok=False)
    living = {"id": "s1", "client": "spa", "email": ADA}
    shell.run("import", "sessions", file(living), "--adoption", "keycloak")
    said = {"typ": "Refresh", "iss": issuer, "sub": "7", "azp": "spa", "sid": "s1", "exp": LATER}
    token = jwt.encode({**said, "email": ADA}, secret, "HS512")
    assert refreshed(shell, token, "oauth.user") is None


def test_opaque_tokens_of_another_system_go_on(shell, file):
    said = import_opaque(shell, file(opaque(), opaque("another", context="1000")))
    assert "2 rows: 2 living" in said
    assert refreshed(shell, TOKEN) is None
    assert refreshed(shell, "another") is None
    assert refreshed(shell, "unknown") is Cause.UNKNOWN
    stored = b"".join(path.read_bytes() for path in shell.data.iterdir() if path.is_file())
    assert TOKEN.encode() not in stored
    assert digest_of(TOKEN).encode() not in stored


def test_an_import_may_be_repeated_and_touches_no_session_that_has_gone_on(shell, file):
    path = file(opaque())
    import_opaque(shell, path)
    refreshed(shell, TOKEN)
    before = rows(shell)
    said = shell.run("import", "sessions", path, "--adoption", "old")
    assert "1 rows: 0 living, 0 ended, 1 known already, 0 refused" in said
    assert rows(shell) == before


def test_a_later_export_ends_what_has_ended_there_since(shell, file):
    import_opaque(shell, file(opaque()))
    refreshed(shell, TOKEN)
    said = shell.run("import", "sessions", file(opaque(revoked=True)), "--adoption", "old")
    assert "1 rows: 0 living, 1 ended, 0 known already" in said
    assert refreshed(shell, TOKEN) is Cause.REVOKED


def test_a_later_export_ends_a_session_that_is_in_use_at_that_moment(shell, file, monkeypatch):
    import_opaque(shell, file(opaque()))
    held = lambda _, families: dict.fromkeys(families, ROW_LOCKED)  # noqa: E731
    monkeypatch.setattr(importing, "read_rows", held)
    said = shell.run("import", "sessions", file(opaque(revoked=True)), "--adoption", "old")
    assert "1 rows: 0 living, 1 ended, 0 known already" in said
    assert refreshed(shell, TOKEN) is Cause.REVOKED


def test_of_two_rows_of_a_session_the_ended_one_counts(shell, file):
    import_opaque(shell, file(opaque(revoked=True), opaque()))
    assert refreshed(shell, TOKEN) is Cause.REVOKED


def test_a_sign_out_with_an_imported_token_ends_its_session(shell, file):
    import_opaque(shell, file(opaque()))
    instance = shell.instance()
    perform(instance, asking(EndSession("akinon.user", TOKEN)))
    instance.close()
    assert refreshed(shell, TOKEN) is Cause.REVOKED


def test_a_move_does_not_begin_a_session_anew_that_has_ended_since(shell, adopt, monkeypatch):
    adopt("--accept-unrevoked")
    before, new = shell.data / "before.sqlite", f"sqlite:///{shell.data / 'new.sqlite'}"
    shutil.copy(shell.data / "families.sqlite", before)
    refreshed(shell, foreign())
    shell.run("session", "revoke", rows(shell)[0].id.hex())
    audit = ("--audit", str(shell.data / "audit.jsonl"))
    said = shell.run("move", "--from", f"sqlite:///{before}", "--to", new, *audit)
    assert "0 sessions carried, 1 revocations replayed" in said
    monkeypatch.setenv("RETICKET_SESSIONS", new)
    assert refreshed(shell, foreign()) is Cause.REVOKED
    assert refreshed(shell, foreign("two")) is None


BAD = {
    '{"digest": "a", "email": "ada@example.com"}': "the digest is not 64 hexadecimal digits",
    "{": "the line is not JSON in UTF-8",
    "[]": "Expected `object`, got `array`",
    '{"digest": "X"}': "the row needs one of user, email and foreign_id",
    '{"digest": "X", "email": "a", "user": "b"}': "the row needs one of user, email and foreign_id",
    '{"id": "a", "email": "ada@example.com"}': "the row needs digest, and no id",
    '{"email": "ada@example.com"}': "the row needs digest, and no id",
    '{"digest": "X", "email": "no@example.com", "expires_at": 9e9}': "the person is not known here",
    '{"digest": "X", "email": "ada@example.com"}': "expires_at is missing",
    '{"digest": "X", "email": "ada@example.com", "expires_at": 9}': "has ended by its time",
    '{"digest": "X", "email": "ada@example.com", "expires_at": "soon"}': "expires_at is no time",
    '{"digest": "X", "email": "ada@example.com", "expires_at": 1e99}': "expires_at is no time",
    '{"digest": "X", "email": "ada@example.com", "expires_at": "2999-01-01"}': "needs a time zone",
    '{"digest": "X", "secret": "b"}': "unknown field `secret`",
    '{"digest": "X", "email": "ada@example.com", "email": "b"}': "email is given twice",
    '{"digest": 7}': "Expected `str | null`, got `int` - at `$.digest`",
    "[" * 100_000: "Expected `object`, got `array`",
    '{"id": ' + "[" * 100_000: "Expected `str | null`, got `array`",
}
BAD = {row.replace('"X"', f'"{"0f" * 32}"'): words for row, words in BAD.items()}


def test_every_bad_row_is_told_with_line_and_reason_and_the_others_are_imported(
    shell, file, tmp_path
):
    report = tmp_path / "refused.jsonl"
    path = file(*BAD, opaque())
    said = import_opaque(shell, path, "--report", str(report), ok=False)
    assert f"{len(BAD) + 1} rows: 1 living, 0 ended, 0 known already, {len(BAD)} refused" in said
    told = [json.loads(line) for line in report.read_text().splitlines()]
    assert [each["place"] for each in told] == [f"line {n + 1}" for n in range(len(BAD))]
    for each, words in zip(told, BAD.values(), strict=True):
        assert words in each["reason"], each
    assert refreshed(shell, TOKEN) is None


def test_a_trial_changes_nothing(shell, file):
    said = import_opaque(shell, file(opaque()), "--dry-run")
    assert "1 rows: 1 living" in said
    assert rows(shell) == []
    assert shell.rows("key", "adopted") == []


def test_a_session_of_a_client_gets_what_the_client_may_have(shell, file):
    words = ("--digest", "plain", "--kind", "oauth.user", "--until", UNTIL, "--adoption", "dot")
    said = [
        {"digest": TOKEN, "email": ADA, "expires_at": LATER, "client": "spa", "scope": "openid x"},
        {"digest": "b", "email": ADA, "expires_at": LATER, "client": "nothing"},
        {"digest": "c", "email": ADA, "expires_at": LATER},
    ]
    out = shell.run("import", "sessions", file(*said), *words, ok=False)
    assert "line 2  its client is unknown, disabled, or not registered for refresh tokens" in out
    assert "3 rows: 1 living, 0 ended, 0 known already, 2 refused" in out
    (row,) = rows(shell)
    assert (row.client, row.scope, row.policy) == ("spa", "openid", "BROWSER_2026")


def test_an_end_before_the_import_includes_what_is_imported(shell, adopt, file):
    adopt()
    shell.run("session", "revoke", "--subject", ADA)
    path = file({"id": "one", "email": ADA})
    shell.run("import", "sessions", path, "--adoption", "simplejwt")
    assert refreshed(shell, foreign()) is Cause.REVOKED


@pytest.mark.parametrize("end", ENDS, ids=" ".join)
def test_an_end_between_the_import_and_the_first_use_is_known_by_the_row_alone(
    shell, adopt, file, monkeypatch, end
):
    adopt()
    path = file({"id": "one", "email": ADA})
    shell.run("import", "sessions", path, "--adoption", "simplejwt")
    shell.run(*end, said="another password\nanother password\n")
    monkeypatch.setattr(UnadoptedEnds, "ended", lambda *_: None)
    assert refreshed(shell, foreign()) is Cause.REVOKED


def test_an_import_that_is_cut_off_leaves_no_session_living_whose_end_was_noted(
    shell, adopt, file, monkeypatch
):
    """Otherwise its client could use it before the import runs again, and it would go on."""
    adopt()
    shell.run("session", "revoke", "--subject", ADA)
    create = SqliteStore.create

    def cut_off(store, batch):
        create(store, batch)
        raise Unavailable("the process was killed")

    monkeypatch.setattr(SqliteStore, "create", cut_off)
    path = file({"id": "one", "email": ADA})
    shell.run("import", "sessions", path, "--adoption", "simplejwt", ok=False)
    (row,) = rows(shell)
    assert row.revoked_cause == "operator"
    assert refreshed(shell, foreign()) is Cause.REVOKED


def test_an_end_that_comes_while_a_row_is_made_is_not_missed(shell, adopt, file, monkeypatch):
    adopt()
    create = SqliteStore.create

    def after_an_end(store, batch):
        shell.run("session", "revoke", "--subject", ADA)
        create(store, batch)

    monkeypatch.setattr(SqliteStore, "create", after_an_end)
    path = file({"id": "one", "email": ADA})
    shell.run("import", "sessions", path, "--adoption", "simplejwt")
    assert refreshed(shell, foreign()) is Cause.REVOKED


def test_a_wrong_use_of_the_command_is_told(shell, file, adopt):
    path = file(opaque())
    said = shell.run("import", "sessions", path, "--adoption", "old", ok=False)
    assert "there is no adoption 'old'" in said
    words = ("--adoption", "old", "--digest", "plain")
    assert "needs --kind and --until" in shell.run("import", "sessions", path, *words, ok=False)
    import_opaque(shell, path)
    said = shell.run("import", "sessions", path, *words, ok=False)
    assert "has the digest sha256-hex" in said
    said = shell.run("import", "sessions", path, "--adoption", "old", "--all-ended", ok=False)
    assert "--all-ended is for JWTs" in said
    adopt()
    shell.run("key", "unadopt", "simplejwt")
    said = shell.run("import", "sessions", path, "--adoption", "simplejwt", ok=False)
    assert "has ended" in said


HYDRA_SECRET = "this-is-the-primary-secret"


@pytest.fixture
def signed(shell, file):
    """Imports the signature of a token of Hydra, with further words."""

    def signed(*more, said=None, ok=True):
        row = {"digest": hydra_token().rpartition(".")[2], "email": ADA, "expires_at": LATER}
        words = ("--adoption", "hydra", "--digest", "signature", "--kind", "akinon.user")
        words += ("--until", UNTIL, *more)
        return shell.run("import", "sessions", file(row), *words, said=said, ok=ok)

    return signed


@pytest.fixture
def hydra_key(tmp_path):
    path = tmp_path / "hydra"
    path.write_text(HYDRA_SECRET + "\n")
    return str(path)


def hydra_token():
    random, key = bytes(range(32)), hashlib.sha256(HYDRA_SECRET.encode()).digest()
    parts = (random, hmac.digest(key, random, "sha512_256"))
    encoded = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return f"ory_rt_{'.'.join(encoded)}"


def test_a_copy_of_the_signatures_of_hydra_opens_nothing_where_its_secret_is_given(
    shell, signed, hydra_key
):
    assert "1 rows: 1 living" in signed("--key-file", hydra_key)
    forged = f"ory_rt_x.{hydra_token().rpartition('.')[2]}"
    assert refreshed(shell, forged) is not None
    assert refreshed(shell, hydra_token()) is None
    stored = b"".join(path.read_bytes() for path in shell.data.iterdir() if path.is_file())
    assert HYDRA_SECRET.encode() not in stored
    assert hashlib.sha256(HYDRA_SECRET.encode()).hexdigest().encode() not in stored


def test_the_secret_of_hydra_comes_from_standard_input_too(shell, signed):
    said = signed("--key-file", "-", said=f"{HYDRA_SECRET}\nthis-is-an-old-secret\n")
    assert "1 rows: 1 living" in said
    assert HYDRA_SECRET not in said
    assert refreshed(shell, hydra_token()) is None


def test_signatures_without_the_secret_of_hydra_need_consent(shell, signed):
    said = signed(ok=False)
    assert "--key-file" in said
    assert "--accept-unverified" in said
    assert shell.rows("key", "adopted") == []
    assert "1 rows: 1 living" in signed("--accept-unverified")
    assert refreshed(shell, hydra_token()) is None


def test_an_import_that_is_repeated_has_the_same_secret_of_hydra(shell, signed, hydra_key):
    signed("--key-file", hydra_key)
    assert "1 known already" in signed("--key-file", hydra_key)
    assert "1 known already" in signed()
    said = signed("--key-file", "-", said="another secret of Hydra", ok=False)
    assert "the adoption hydra was made with another secret" in said


def test_an_adoption_that_is_not_verified_does_not_become_so(shell, signed, hydra_key):
    signed("--accept-unverified")
    said = signed("--key-file", hydra_key, ok=False)
    assert "the adoption hydra was made without the secret" in said


def test_a_wrong_use_of_the_secret_of_hydra_is_told(shell, signed, file, hydra_key):
    said = signed("--key-file", hydra_key, "--accept-unverified", ok=False)
    assert "say either --key-file or --accept-unverified" in said
    said = signed("--key-file", "-", said="short", ok=False)
    assert "a secret of Hydra has at least 16 bytes" in said
    for more in (("--key-file", hydra_key), ("--accept-unverified",)):
        said = import_opaque(shell, file(opaque()), *more, ok=False)
        assert "go with --digest signature" in said
    words = ("--adoption", "hydra", "--digest", "signature", "--key-file", "-")
    said = shell.run("import", "sessions", "-", *words, said="x", ok=False)
    assert "only one of them" in said
