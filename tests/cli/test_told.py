"""Every command that changes something is audited."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.cli.test_commands import ADA, begin, every_command
from tests.core.world import Audit

from reticket import cli
from reticket.runtime.opening import Builder

APP, PERSON = "app.one", "new@example.com"
SEED = """
developer_accounts: [{id: 99}]
tenants: [{id: 2000}]
applications: [{application_id: app.seeded, shared_secret: a word}]
oauth_clients: [{client_id: seeded, id_token_signed_response_alg: ES256}]
users: [{email: new@example.com, password_hash: $P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0}]
"""

READING = frozenset(
    {
        "account list", "application list", "client list", "client show", "compare", "doctor",
        "session list", "session show", "key adopted", "key list", "migrate status",
        "openapi", "tenant list", "tenant show",
        "user factor show", "user hashes", "user list", "version",
    }
)  # fmt: skip
SILENT = {
    "backup": "writes a copy elsewhere",
    "message test": "changes nothing; its message has no secret",
    "migrate up": "changes the form of what is kept, not what it says",
    "move": "copies sessions to another store",
    "purge": "removes what has ended, as the service does each hour",
    "serve": "the events of the service; its seed is loaded as by `seed`",
}
"""Commands that leave no line of their own, and why."""


@dataclass(frozen=True)
class Change:
    """The arguments of a command, and its audit event.

    Args:
        before: commands that make it possible.
        tells: members that the line's detail has.
    """

    words: tuple[str, ...]
    event: str
    tells: dict[str, object] | None = None
    said: str | None = None
    before: tuple[tuple[str, ...], ...] = ()


FACTOR = ("user", "factor", "set", ADA, "--key-stdin")
KEY = "JBSWY3DPEHPK3PXP\n"
FILES = ("client", "add", "files")
SHARED = ("--kind", "akinon.user", "--client", "files")
UNTIL = ("--until", "{soon}")
OPAQUE = ("--system", "old", "--kind", "akinon.user", "--digest", "plain", *UNTIL)
HS256 = ("--algorithm", "HS256")
ADOPTED = (
    "--system",
    "simplejwt",
    "--kind",
    "akinon.user",
    "--key-file",
    "{secret}",
    *HS256,
    *UNTIL,
)
CHANGES = {
    "account add": Change(("79",), "account_added", {"account": 79}),
    "account remove": Change(("77",), "account_removed", {"account": 77}),
    "application add": Change(("app.two",), "application_added", {"application": "app.two"}),
    "application disable": Change((APP,), "application_disabled", {"application": APP}),
    "application enable": Change((APP,), "application_enabled", {"application": APP}),
    "application remove": Change((APP,), "application_removed", {"application": APP}),
    "application rotate-secret": Change((APP,), "application_secret_rotated", {"application": APP}),
    "client add": Change(("one",), "client_added", {"client": "one"}),
    "client delete": Change(("spa",), "client_removed", {"client": "spa"}),
    "client disable": Change(("spa",), "client_disabled", {"client": "spa"}),
    "client edit": Change(("spa", "--name", "Shop"), "client_changed", {"client": "spa"}),
    "client enable": Change(("spa",), "client_enabled", {"client": "spa"}),
    "client rotate-secret": Change(
        ("one",), "client_secret_rotated", {"client": "one"}, before=(("client", "add", "one"),)
    ),
    "session revoke": Change(("--subject", ADA), "revocation"),
    "session start": Change(("--client", "spa", "--user", ADA), "sign_in"),
    "import sessions": Change(
        ("{sessions}", "--adoption", "old", *OPAQUE),
        "sessions_imported",
        {"adoption": "old", "living": 1},
    ),
    "import users": Change(("{people}",), "users_imported", {"added": 1}),
    "init": Change((), "client_added", {"client": "admin"}),
    "key adopt": Change(ADOPTED, "key_adopted", {"system": "simplejwt", "kind": "akinon.user"}),
    "key retire": Change(("{key}", "--compromised"), "key_compromised"),
    "key rotate": Change(("--use", "mac"), "key_rotated", {"key": "mac"}),
    "key share": Change(
        SHARED, "key_shared", {"client": "files", "kind": "akinon.user"}, before=(FILES,)
    ),
    "key unadopt": Change(
        ("old",), "key_unadopted", before=(("key", "adopt", *ADOPTED, "--name", "old"),)
    ),
    "key unshare": Change(
        SHARED,
        "key_unshared",
        {"client": "files", "kind": "akinon.user"},
        before=(FILES, ("key", "share", *SHARED)),
    ),
    "replay": Change(("--audit", "{stream}"), "revoked"),
    "restore": Change(
        ("{folder}",), "backup_restored", {"folder": "{folder}"}, before=(("backup", "{folder}"),)
    ),
    "seed": Change(("{seed}",), "user_added"),
    "tenant add": Change(("1003",), "tenant_added", {"tenant": 1003}),
    "tenant remove": Change(("1001",), "tenant_removed", {"tenant": 1001}),
    "user add": Change((PERSON, "--password-stdin"), "user_added", said="a word\n"),
    "user change": Change((ADA, "--last-name", "King"), "user_changed", {"user": "{ada}"}),
    "user delete": Change((ADA,), "user_removed", {"user": "{ada}"}),
    "user disable": Change((ADA,), "user_changed", {"user": "{ada}"}),
    "user email": Change((ADA, PERSON), "user_changed", {"user": "{ada}"}),
    "user enable": Change((ADA,), "user_changed", {"user": "{ada}"}),
    "user factor recovery-codes": Change(
        (ADA,), "recovery_codes_renewed", {"user": "{ada}"}, before=(FACTOR,)
    ),
    "user factor remove": Change((ADA,), "factor_removed", {"user": "{ada}"}, before=(FACTOR,)),
    "user factor set": Change((ADA, "--key-stdin"), "factor_set", {"user": "{ada}"}, said=KEY),
    "user factor unlock": Change((ADA,), "factor_unlocked", {"user": "{ada}"}, before=(FACTOR,)),
    "user grant": Change(
        (ADA, "--tenant", "1000=7"), "user_changed", {"user": "{ada}", "tenant": 1000}
    ),
    "user hash-config": Change(
        ("-",), "hash_config_added", {"hash_config": "devise"}, said='{"devise": {"pepper": "p"}}'
    ),
    "user passwd": Change(
        (ADA, "--password-stdin"), "user_password_set", {"user": "{ada}"}, said="other\n"
    ),
    "user revoke": Change(
        (ADA, "--account", "77"), "user_changed", {"user": "{ada}", "account": 77}
    ),
    "user wrap-hashes": Change((), "hashes_wrapped", {"people": 1}, before=(("seed", "{seed}"),)),
}


def test_every_command_is_tested_or_listed_as_read_only():
    known = [" ".join(each.values[0]) for each in every_command(cli.command(Builder))]
    assert sorted([*READING, *SILENT, *CHANGES]) == sorted(known)


def lines_of(shell):
    file = shell.data / "audit.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def names(shell, tmp_path):
    """The values of the names in braces."""
    stream, seed = tmp_path / "stream.jsonl", tmp_path / "seed.yaml"
    ended = {"at": "2026-11-29T08:00:00.000Z", "event": "revoked", "session": begin(shell)}
    stream.write_text(json.dumps(ended | {"cause": "operator"}, separators=(",", ":")) + "\n")
    seed.write_text(SEED)
    sessions, people, secret = (tmp_path / name for name in ("sessions", "people.jsonl", "secret"))
    soon = (datetime.now(UTC) + timedelta(days=9)).isoformat(timespec="seconds")
    session = {"digest": "a-token", "email": ADA, "expires_at": soon}
    sessions.write_text(json.dumps(session) + "\n")
    people.write_text(json.dumps({"email": PERSON}) + "\n")
    secret.write_text("a secret of 32 characters or more")
    (ada,) = (row["id"] for row in shell.rows("user", "list"))
    keys = (row["id"] for row in shell.rows("key", "list") if row["state"] == "active")
    return {
        "ada": ada, "key": next(keys), "stream": stream, "seed": seed, "folder": tmp_path / "copy",
        "sessions": sessions, "people": people, "secret": secret, "soon": soon,
    }  # fmt: skip


@pytest.mark.parametrize("command", CHANGES)
def test_a_command_that_changes_something_is_audited(shell, names, command):
    change = CHANGES[command]
    for words in change.before:
        shell.run(*(each.format(**names) for each in words), said=KEY)
    earlier = len(lines_of(shell))
    words = (each.format(**names) for each in change.words)
    shell.run(*command.split(), *words, said=change.said)
    told = [line for line in lines_of(shell)[earlier:] if line["event"] == change.event]
    assert len(told) == 1
    expected = {
        name: value.format(**names) if isinstance(value, str) else value
        for name, value in (change.tells or {}).items()
    }
    assert told[0].get("detail", {}).items() >= expected.items()


def test_a_seed_audits_each_created_record_once(shell, names):
    earlier = len(lines_of(shell))
    shell.run("seed", str(names["seed"]))
    shell.run("seed", str(names["seed"]))
    (added,) = (row["id"] for row in shell.rows("user", "list") if row["email"] == PERSON)
    assert [(line["event"], line["detail"]) for line in lines_of(shell)[earlier:]] == [
        ("account_added", {"account": 99}),
        ("tenant_added", {"tenant": 2000}),
        ("application_added", {"application": "app.seeded"}),
        ("client_added", {"client": "seeded"}),
        ("user_added", {"user": added}),
    ]


def test_a_failed_command_audits_no_change(shell):
    earlier = lines_of(shell)
    shell.run("user", "enable", "nobody@example.com", ok=False)
    shell.run("tenant", "remove", "4711", ok=False)
    assert lines_of(shell) == earlier


def test_a_change_is_on_the_disk_when_its_command_returns(shell, tmp_path):
    (tmp_path / "seed.yaml").write_text(SEED)
    instance, audit = shell.instance(), Audit()
    audited = replace(instance, audit=audit)
    audited.record_change("key_rotated", key="mac")
    audited.seed(tmp_path / "seed.yaml")
    instance.close()
    assert len(audit.events) > 1
    assert audit.durable == audit.events
