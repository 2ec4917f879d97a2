import stat
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest

from reticket.cli.registering import MEMBERS
from reticket.core.errors import Unavailable
from reticket.core.identifiers import family_id
from reticket.core.model import Selection
from reticket.core.realms import usual
from reticket.dialects import akinon, cloudreve, kibo, modules
from reticket.oauth.standard_claims import PERSON, Person
from reticket.testing.store_contract import family_of

ADA = "ada@example.com"


def begin(shell, resource="kibo.adminuser", context="1000", subject=None):
    """A family of Ada's, put into the store; its id in hexadecimal digits."""
    instance = shell.instance()
    now = instance.clock()
    user = instance.directory.user_by_email(ADA)
    family = family_of(1)._replace(
        id=family_id(now, lambda size: bytes(range(size))),
        resource=resource,
        context=context,
        subject=subject or user.id,
        ends_at=now + 10**9,
        expires_at=now + 10**8,
        rotated_at=now,
    )
    instance.store.create([family])
    instance.close()
    return family.id.hex()


def cause_of(shell, family):
    return shell.rows("session", "show", family)[0]["end"]


def test_version(empty):
    assert empty.bare("version").output == "0.1.0\n"


@pytest.mark.parametrize("words", [[], ["user"], ["session", "revoke"], ["serve"], ["key"]])
def test_help_has_examples_or_commands(empty, words):
    output = empty.bare(*words, "--help").output
    assert "Example" in output or "Commands:" in output


def every_command(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, (*path, name))
        else:
            yield pytest.param((*path, name), id=" ".join((*path, name)))


def test_every_command_has_an_example(empty):
    for parameter in every_command(empty._command):
        (words,) = parameter.values
        output = empty.bare(*words, "--help").output
        assert words == ("version",) or f"\n    reticket {' '.join(words)}" in output, words


@pytest.mark.parametrize("width", [80, 100])
def test_no_list_of_commands_cuts_a_sentence(empty, width):
    for name, group in empty._command.commands.items():
        if hasattr(group, "commands"):
            said = empty.bare(name, "--help", width=width).output
            assert "..." not in said.partition("Commands:")[2], name


def test_only_a_new_client_has_defaults_in_its_help(empty):
    assert empty.bare("client", "add", "--help").output.count("Default:") == len(MEMBERS)
    assert "Default" not in empty.bare("client", "edit", "--help").output


@pytest.mark.parametrize("option", ["--data", "--config"])
def test_an_empty_path_does_not_mean_the_current_folder(empty, option):
    result = empty.bare("init", option, "")
    assert result.exit_code == 2
    assert "must not be empty" in result.output


def test_init_creates_a_folder_and_is_repeatable(empty):
    assert "keep a copy" in empty.run("init")
    key = (empty.data / "master.key").read_bytes()
    empty.run("init")
    assert (empty.data / "master.key").read_bytes() == key
    for name in ("master.key", "families.sqlite", "directory.sqlite"):
        assert stat.S_IMODE((empty.data / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(empty.data.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o707, 0o702])
def test_a_world_writable_folder_is_refused(empty, mode):
    empty.run("init")
    empty.data.chmod(mode)
    assert f"chmod 700 {empty.data}" in empty.run("init", ok=False)
    assert f"chmod 700 {empty.data}" in empty.run("session", "list", ok=False)
    empty.data.chmod(0o700)
    empty.run("session", "list")


def test_a_missing_folder_is_reported(empty):
    output = empty.run("user", "list", ok=False)
    assert "there is no folder" in output
    assert "reticket init" in output


def test_users(shell):
    user_id = shell.run(
        "user", "add", "grace@example.com", "--password-stdin", "--tenant", "1000=1,17",
        "--account", "77", "--profile", "organization={name: Acme, roles: [admin]}",
        "--profile", 'cloudreve={"nickname": "Grace", "group": {"name": "User"}}',
        said="a password\n",
    ).strip()  # fmt: skip
    lines = {row["email"]: row for row in shell.rows("user", "list")}
    assert lines["grace@example.com"]["id"] == user_id
    instance = shell.instance()
    record = instance.directory.user(user_id)
    assert kibo.PERSON.of(record).tenants == {1000: (1, 17)}
    assert akinon.PERSON.of(record).roles == ("admin",)
    assert cloudreve.PERSON.of(record).nickname == "Grace"
    credentials = instance.directory.user_credentials(usual("GRACE@example.com"))
    assert instance.hasher.verify(credentials.secret_hash, "a password")
    instance.close()


def test_names_and_profiles_are_changed(shell):
    said = ("--first-name", "", "--last-name", "King", "--profile", "claims={nickname: Countess}")
    shell.run("user", "change", ADA, *said, "--group", "staff", "--group", "admins")
    shell.run("user", "change", ADA, "--role", "reader", "--role", "editor")
    (line,) = shell.rows("user", "list")
    assert (line["groups"], line["roles"]) == (["admins", "staff"], ["editor", "reader"])
    shell.run("user", "change", ADA, "--no-groups", "--no-roles")
    (line,) = shell.rows("user", "list")
    assert (line["groups"], line["roles"]) == ([], [])
    instance = shell.instance()
    record = instance.directory.user_by_email(ADA)
    assert (record.first_name, record.last_name) == (None, "King")
    assert PERSON.of(record) == Person(nickname="Countess")
    instance.close()
    shell.run("user", "change", ADA, "--profile", "claims=null")
    assert "say what" in shell.run("user", "change", ADA, ok=False)
    instance = shell.instance()
    assert PERSON.of(instance.directory.user_by_email(ADA)) is None
    instance.close()


def test_a_password_is_asked_for_twice(shell):
    output = shell.run("user", "passwd", ADA, said="new one\nnew one\n")
    assert "new one" not in output


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("user", "disable", ADA), "user_disabled"),
        (("user", "delete", ADA), "user_deleted"),
        (("user", "passwd", ADA, "--password-stdin"), "password_changed"),
        (("user", "email", ADA, "countess@example.com"), "email_changed"),
        (("user", "revoke", ADA, "--tenant", "1000"), "membership_taken"),
        (("tenant", "remove", "1000"), "membership_taken"),
    ],
)
def test_sessions_have_ended_when_the_command_returns(shell, words, cause):
    family = begin(shell)
    shell.run(*words, said="another password\n")
    assert cause_of(shell, family) == cause
    instance = shell.instance()
    assert not instance.directory.intents()
    instance.close()


def test_a_removed_membership_ends_only_its_own_sessions(shell):
    family = begin(shell, context="1001")
    shell.run("user", "revoke", ADA, "--tenant", "1000")
    assert cause_of(shell, family) is None


def test_an_intent_left_by_a_crash_is_applied_by_the_next_command(shell):
    family = begin(shell)
    instance = shell.instance()
    instance.directory.users.disable(ADA)
    instance.close()
    assert cause_of(shell, family) is None
    shell.run("user", "list")
    assert cause_of(shell, family) == "user_disabled"


def test_grants(shell):
    shell.run("user", "grant", ADA, "--tenant", "1000=5")
    instance = shell.instance()
    record = instance.directory.user_by_email(ADA)
    assert kibo.PERSON.of(record).tenants[1000] == (5,)
    instance.close()


def test_tenants_and_accounts(shell):
    shell.run(
        "tenant", "add", "1002", "--name", "Acme Asia", "--profile", "kibo={is_dev_tenant: true}"
    )
    assert {row["id"] for row in shell.rows("tenant", "list")} == {1000, 1001, 1002}
    assert '"is_dev_tenant": true' in shell.run("tenant", "show", "1002")
    shell.run("account", "add", "78", "--name", "Night shift")
    assert {row["id"] for row in shell.rows("account", "list")} == {77, 78}
    shell.run("account", "remove", "78")
    assert "there is no tenant 9" in shell.run("tenant", "show", "9", ok=False)


@pytest.mark.parametrize(
    ("noun", "former"),
    [
        ("tenant", ["--dev"]),
        ("tenant", ["--domain", "t.example.com"]),
        ("application", ["--scope", "Sandbox"]),
        ("application", ["--behavior", "1"]),
    ],
)
def test_an_error_names_the_option_that_replaced_a_former_one(shell, noun, former):
    said = shell.run(noun, "add", "5", *former, ok=False)
    assert f"the option {former[0]} is now --profile 'KEY=" in said


def test_a_part_of_a_tenant_is_checked(shell):
    said = shell.run("tenant", "add", "5", "--profile", "kibo={sites: [{}]}", ok=False)
    assert "kibo.sites[0] needs the key id" in said


def test_applications(shell):
    part = "kibo={environment_scope: Sandbox}"
    secret = shell.run("application", "add", "app.two", "--profile", part).strip()
    rows = {row["id"]: row for row in shell.rows("application", "list")}
    assert rows["app.two"]["profile"]["kibo"]["environment_scope"] == "Sandbox"
    assert rows["app.one"]["tenants"] == [1000]
    family = begin(shell, "kibo.application", None, "app.two")
    renewed = shell.run("application", "rotate-secret", "app.two").strip()
    assert renewed != secret
    assert cause_of(shell, family) == "secret_rotated"
    shell.run("application", "disable", "app.two")
    shell.run("application", "enable", "app.two")
    shell.run("application", "remove", "app.two")
    assert "app.two" not in {row["id"] for row in shell.rows("application", "list")}


def test_a_listed_client_has_its_id_and_says_that_it_is_public(shell):
    (client,) = shell.rows("client", "list")
    assert client["client_id"] == "spa"
    assert client["public"] is True


def test_sessions_of_a_tenant_end(shell):
    family = begin(shell)
    assert shell.run("session", "revoke", "--context", "1001") == "0 revoked\n"
    assert shell.run("session", "revoke", "--context", "1000") == "1 revoked\n"
    assert cause_of(shell, family) == "operator"


@pytest.mark.parametrize(("answer", "cause"), [("y\n", "operator"), ("n\n", None), ("\n", None)])
def test_ending_all_sessions_asks_for_confirmation(shell, monkeypatch, answer, cause):
    family = begin(shell)
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    assert "Sign everybody out?" in shell.run(
        "session", "revoke", "--all", said=answer, ok=cause is not None
    )
    assert cause_of(shell, family) == cause


def test_a_script_ends_all_sessions_with_yes(shell):
    family = begin(shell)
    assert "must say --yes" in shell.run("session", "revoke", "--all", said="y\n", ok=False)
    assert cause_of(shell, family) is None
    assert shell.run("session", "revoke", "--all", "--yes") == "1 revoked\n"
    assert cause_of(shell, family) == "operator"


@pytest.mark.parametrize("name", ["1000", "77"])
def test_a_tenant_or_an_account_without_sessions_is_not_an_error(shell, name):
    assert shell.run("session", "revoke", "--context", name) == "0 revoked\n"


def test_sessions(shell):
    family = begin(shell)
    (row,) = shell.rows("session", "list", "--subject", ADA)
    assert row["id"] == family
    assert ADA not in row
    assert shell.rows("session", "list", "--kind", "cloudreve.user") == []
    assert shell.run("session", "revoke", "--subject", ADA, "--context", "1001") == "0 revoked\n"
    assert shell.run("session", "revoke", family) == "1 revoked\n"
    assert cause_of(shell, family) == "operator"
    assert shell.rows("session", "list") == []
    assert len(shell.rows("session", "list", "--all")) == 1
    assert "revoked" in (shell.data / "audit.jsonl").read_text()


def test_the_list_of_ended_sessions_has_no_other(shell):
    ended, living = begin(shell), begin(shell)
    shell.run("session", "revoke", ended)
    assert [row["id"] for row in shell.rows("session", "list", "--ended")] == [ended]
    assert [row["id"] for row in shell.rows("session", "list")] == [living]
    begin(shell)
    shell.run("session", "revoke", "--subject", ADA)
    assert len(shell.rows("session", "list", "--ended", "--limit", "2")) == 2
    assert len(shell.rows("session", "list", "--ended")) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("session", "revoke"), "say which sessions: an id, --subject"),
        (("session", "show", "no-id"), "32 hex digits"),
        (("session", "show", "0" * 32), "there is no session"),
        (("user", "disable", "nobody@example.com"), "nobody@example.com"),
        (("user", "add", ADA, "--password-stdin"), "already"),
        (("user", "add", "no address", "--password-stdin"), "does not look like an e-mail"),
        (("user", "grant", ADA, "--tenant", "x=1"), "is not like"),
        (("user", "grant", ADA, "--tenant", "9"), "there is no tenant 9"),
        (("key", "retire", "00000000"), "no key"),
        (("tenant", "add", "1000"), "already"),
    ],
)
def test_mistakes_get_one_sentence(shell, words, said):
    output = shell.run(*words, said="password\n", ok=False)
    assert said in output
    assert "Traceback" not in output


def test_keys(shell):
    before = {row["id"]: row["state"] for row in shell.rows("key", "list")}
    assert sorted(before.values()) == ["active", "active", "next", "next"]
    shell.run("key", "rotate", "--use", "mac")
    active = [row["id"] for row in shell.rows("key", "list") if row["state"] == "active"]
    assert "rotate" in shell.run("key", "retire", active[0], ok=False)
    shell.run("key", "retire", active[0], "--compromised")
    states = {row["id"]: row["state"] for row in shell.rows("key", "list")}
    assert states[active[0]] == "compromised"
    assert "key_compromised" in (shell.data / "audit.jsonl").read_text()


def test_purge(shell):
    begin(shell)
    instance = shell.instance()
    instance.store.create([family_of(2)._replace(expires_at=1, ends_at=1)])
    instance.close()
    assert shell.run("purge") == "1 sessions deleted\n"


@pytest.mark.parametrize(
    ("part", "verb"), [("store", "find"), ("ephemeral", "put_if_absent"), ("directory", "tenant")]
)
def test_a_service_is_ready_while_each_of_its_stores_answers(shell, part, verb):
    def fail(*asked):
        raise Unavailable("away")

    instance = shell.instance()
    instance.ready()
    with pytest.raises(Unavailable):
        replace(instance, **{part: SimpleNamespace(**{verb: fail})}).ready()
    instance.close()


def test_a_move_from_a_missing_store_creates_nothing(shell, tmp_path):
    there, target = tmp_path / "typo.sqlite", tmp_path / "new.sqlite"
    said = shell.run(
        "move", "--from", f"sqlite:///{there}", "--to", f"sqlite:///{target}", ok=False
    )
    assert f"there are no sessions at {there}" in said
    assert not there.exists()
    assert not target.exists()


def test_only_one_of_many_processes_purges_in_an_interval(shell):
    instance, done = shell.instance(), []
    works = ("purge", "sweep", "mark_missed")
    upkeep = SimpleNamespace(**{name: partial(done.append, name) for name in works})
    for each in (replace(instance, upkeep=upkeep), replace(instance, upkeep=upkeep)):
        each.purge_in_turn()
        each.sweep_in_turn()
    instance.close()
    assert done == ["mark_missed", "purge", "sweep"]


def test_backup_and_restore_replay_revocations(shell, tmp_path):
    family, folder = begin(shell), tmp_path / "copy"
    output = shell.run("backup", str(folder))
    assert "master key is left out" in output
    assert {path.name for path in folder.iterdir()} == {"families.sqlite", "directory.sqlite"}
    shell.run("session", "revoke", family)
    shell.run("user", "add", "late@example.com", "--password-stdin", said="password\n")
    output = shell.run("restore", str(folder))
    assert "1 revocations replayed" in output
    assert cause_of(shell, family) == "operator"
    assert "late@example.com" not in {row["email"] for row in shell.rows("user", "list")}


def test_a_purge_after_a_restore_keeps_sessions_that_may_have_continued(shell, tmp_path):
    old = family_of(3)._replace(resource="akinon.user", expires_at=1, ends_at=2**50)
    instance = shell.instance()
    instance.store.create([old])
    instance.close()
    folder = tmp_path / "backup"
    shell.run("backup", str(folder))
    shell.run("restore", str(folder))
    shell.run("purge")
    instance = shell.instance()
    assert instance.store.find(old.id).generation == old.generation
    instance.close()


def test_a_compromised_key_stays_so_after_a_restore(shell, tmp_path):
    (active,) = (
        row["id"]
        for row in shell.rows("key", "list")
        if (row["use"], row["state"]) == ("mac", "active")
    )
    folder = tmp_path / "backup"
    shell.run("backup", str(folder))
    shell.run("key", "retire", active, "--compromised")
    output = shell.run("restore", str(folder))
    assert "1 revocations replayed" in output
    assert "is gone" in output
    states = {row["id"]: row["state"] for row in shell.rows("key", "list")}
    assert states[active] == "compromised"


def test_restore_refuses_a_folder_that_is_no_backup(shell, tmp_path):
    (tmp_path / "other").mkdir()
    assert "is no backup" in shell.run("restore", str(tmp_path / "other"), ok=False)
    assert shell.rows("user", "list")


def test_backup_requires_a_new_folder(shell, tmp_path):
    assert "new folder" in shell.run("backup", str(tmp_path), ok=False)


def test_doctor(shell, monkeypatch):
    assert "fault" not in shell.run("doctor")
    monkeypatch.setenv("RETICKET_POLICIES__KIBO_2026__ACCESS", "180")
    monkeypatch.setenv("RETICKET_POLICIES__CLOUDREVE_2026__ACCESS", "600")
    output = shell.run("doctor")
    assert "kibo.application.access" in output
    assert "cloudreve.user.access" in output
    assert "over a tenth" in output


def test_openapi(empty):
    names = [*modules(), "admin"]
    assert empty.bare("openapi").output.split() == names
    assert '"openapi":"3.0.3"' in empty.bare("openapi", "akinon").output.replace(" ", "")
    assert "there are" in empty.bare("openapi", "oracle").output


def test_a_fault_in_a_seed_file_is_reported_with_its_line(empty, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("users:\n  - email: ada@example.com\n    pasword: x\n")
    empty.instance().close()
    output = empty.run("seed", str(seed), ok=False)
    assert "line 3" in output
    assert "pasword" in output


def test_an_address_is_checked_before_a_password_is_asked_for(shell):
    said = shell.run("user", "add", "no address", "--password-stdin", said="", ok=False)
    assert said == "Error: 'no address' does not look like an e-mail address\n"


def test_an_active_key_that_shall_retire_is_refused_with_the_way(shell):
    (key, *_) = (row["id"] for row in shell.rows("key", "list") if row["state"] == "active")
    assert "rotate first, or retire it as compromised" in shell.run("key", "retire", key, ok=False)


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_bad_url_is_refused_with_its_option(shell, option):
    said = {"--from": "memory:", "--to": "memory:"} | {option: "nonsense"}
    words = [word for pair in said.items() for word in pair]
    assert f"Error: {option}: the URL of the sessions" in shell.run("move", *words, ok=False)


def test_doctor_names_an_address_that_was_served_and_one_that_was_not(shell):
    assert "8088, where it would be served: set" in shell.run("doctor")
    (shell.data / "address").write_text("http://127.0.0.1:9000")
    assert "9000, where it was served last: set" in shell.run("doctor")


def test_a_wrong_master_key_is_reported(shell):
    (shell.data / "master.key").write_bytes(bytes(32))
    assert "master key" in shell.run("user", "list", ok=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "add", "new@example.com", "--profile", "organization={"), "is not YAML"),
        (("user", "add", "new@example.com", "--profile", "organization"), "'organization' is not"),
        (("user", "grant", ADA), "say where"),
        (("user", "revoke", ADA), "say where"),
        (("user", "revoke", ADA, "--tenant", "9"), f"Error: the user '{ADA}' is in no tenant 9\n"),
        (("session", "revoke", "--kind", "kibo.adminusr"), "there is no kind of token"),
        (("session", "list", "--kind", "nope"), "there is no kind of token"),
        (("session", "revoke", "--subject", "nobody@nowhere.org"), "nobody with the e-mail"),
        (("session", "revoke", "--subject", "nobody"), "there is no subject 'nobody'"),
        (("session", "list", "--client", "spaa"), "there is no client 'spaa'"),
        (("session", "revoke", "--client", "spaa"), "there is no client 'spaa'"),
        (("session", "revoke", "--context", "10000"), "there is no tenant or account '10000'"),
        (("session", "list", "--context", "x"), "there is no tenant or account 'x'"),
        (("session", "revoke", "0" * 32), "there is no session"),
        (("session", "revoke", "--all"), "must say --yes"),
        (("session", "revoke", "--all", "--subject", ADA), "--all ends every session"),
        (("session", "revoke", "--all", "--context", "1000"), "--all ends every session"),
    ],
    ids=" ".join,
)
def test_a_command_without_effect_is_reported(shell, words, said):
    assert said in shell.run(*words, said="password\n", ok=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("family", "list"), "the command reticket family is now reticket session"),
        (("family", "--help"), "the command reticket family is now reticket session"),
        (("user", "take", ADA), "the command reticket user take is now reticket user revoke"),
        (("session", "list", "--resource", "kibo"), "the option --resource is now --kind"),
        (("session", "revoke", "--resource", "x"), "the option --resource is now --kind"),
    ],
    ids=" ".join,
)
def test_an_old_name_is_refused_with_the_new_one_only(shell, words, said):
    family = begin(shell)
    assert shell.run(*words, ok=False) == f"Error: {said}\n"
    assert cause_of(shell, family) is None


@pytest.mark.parametrize(
    ("option", "part"),
    [
        ("--organization", "organization={name: ...}"),
        ("--nickname", "KEY={nickname: ...}"),
    ],
)
@pytest.mark.parametrize("who", [(), ("x@example.com",)], ids=["alone", "with an e-mail"])
def test_an_option_that_moved_into_a_profile_is_refused_with_its_new_place(
    shell, option, part, who
):
    words = ("user", "add", option, "x", *who, "--password-stdin")
    expected = f"Error: the option {option} is now --profile '{part}'\n"
    assert shell.run(*words, said="a password\n", ok=False) == expected
    assert "x@example.com" not in shell.run("user", "list")


@pytest.mark.parametrize("piped", ["", "\n", b"\xff\xfe\n"])
def test_an_invalid_password_is_refused(shell, piped):
    output = shell.run("user", "passwd", ADA, "--password-stdin", said=piped, ok=False)
    assert "standard input" in output


def test_commands_that_only_read_revoke_nothing(shell):
    family = begin(shell)
    for words in (["session", "list"], ["user", "list"], ["key", "list"], ["doctor"]):
        shell.run(*words)
    instance = shell.instance()
    assert instance.store.find(bytes.fromhex(family)).revoked_at is None
    assert len(instance.store.page(Selection(), 10).families) == 1
    instance.close()
