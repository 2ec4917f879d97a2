"""`reticket doctor` has a line for each check, with a remedy, and finds each fault."""

import os
import re
from types import SimpleNamespace

import pytest
from tests.cli.conftest import CHEAP

from reticket.cli.doctor import known_checks
from reticket.cli.doctor.checks import (
    active_keys,
    audit_file,
    clock,
    file_modes,
    network_file_systems,
    overdue_keys,
    stores,
)
from reticket.cli.doctor.findings import Level
from reticket.core.errors import StartupError, Unavailable
from reticket.core.identifiers import family_id
from reticket.core.policy import DAY
from reticket.crypto.ring import KeyFacts
from reticket.directory.marks import DEMO
from reticket.testing.store_contract import family_of

LINE = re.compile(r"(ok|warning|fault) +\S.*")
DEMO_FILE = "src/reticket/directory/demo.yaml"
DAYS = DAY * 1000


@pytest.fixture
def healthy(shell, monkeypatch):
    """A folder without faults."""
    for name in CHEAP:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RETICKET_ISSUER", "https://id.example.com")
    monkeypatch.setenv("RETICKET_POLICIES__KIBO_2026__WINDOW", "30")
    return shell


def lines(shell, ok=True):
    """Level and text of each line."""
    found = shell.run("doctor", ok=ok).splitlines()
    assert all(LINE.fullmatch(line) for line in found)
    return [tuple(line.split(maxsplit=1)) for line in found]


def about(shell, topic, ok=True):
    return [(level, text) for level, text in lines(shell, ok) if text.startswith(f"{topic}")]


def test_each_check_has_a_line_if_it_finds_nothing(healthy):
    topics = [check.TOPIC for check in known_checks()]
    assert len(topics) >= 13
    assert lines(healthy) == [("ok", topic) for topic in topics]


@pytest.mark.parametrize("name", ["DEBUG", "DIALECTS__KIBO__DEBUG"])
def test_debug_answers_are_found(healthy, monkeypatch, name):
    monkeypatch.setenv(f"RETICKET_{name}", "true")
    ((level, said),) = about(healthy, "debug setting")
    assert level == "warning"
    assert f"{name.lower().replace('__', '.')} is on" in said


def test_a_fault_ends_with_status_1_and_a_warning_with_0(healthy, monkeypatch):
    monkeypatch.setenv("RETICKET_DEBUG", "true")
    assert about(healthy, "debug setting")[0][0] == "warning"
    monkeypatch.setenv("RETICKET_ISSUER", "http://id.example.com")
    assert about(healthy, "issuer", ok=False)[0][0] == "fault"


@pytest.fixture
def hashing_cheaply(healthy, monkeypatch):
    """Cheap hashes, for tests with many passwords."""
    for name, value in CHEAP.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("hashing_cheaply")
def test_demo_accounts_are_found_until_their_passwords_change(healthy):
    healthy.run("user", "delete", "ada@example.com")
    healthy.run("seed", DEMO_FILE)
    found = about(healthy, "demo accounts", ok=False)
    assert all(level == "fault" for level, _ in found)
    assert any("user alan@example.com: change it" in text for _, text in found)
    assert any("client backend:" in text for _, text in found)
    assert not any("client spa" in text for _, text in found)


@pytest.mark.usefixtures("hashing_cheaply")
def test_the_demo_s_people_of_a_realm_are_named_as_commands_take_them(healthy):
    healthy.run("seed", DEMO_FILE)
    who = "kibo.shopper:1000/joan@example.com"
    found = about(healthy, "demo accounts", ok=False)
    assert any(f"user {who}: change it" in text for _, text in found)
    healthy.run("user", "passwd", who, "--password-stdin", said="changed and secret\n")
    found = about(healthy, "demo accounts", ok=False)
    assert found
    assert not any("joan@" in text for _, text in found)


@pytest.mark.usefixtures("hashing_cheaply")
def test_a_demo_account_that_is_disabled_is_not_found(healthy):
    healthy.run("seed", DEMO_FILE)
    assert not any("banned@" in text for _, text in about(healthy, "demo accounts", ok=False))
    healthy.run("user", "disable", "alan@example.com")
    healthy.run("client", "disable", "backend")
    found = about(healthy, "demo accounts", ok=False)
    assert found
    assert not any("alan@" in text or "backend:" in text for _, text in found)


def test_a_demo_restricted_to_this_machine_is_a_warning(empty, monkeypatch):
    empty.instance().close()
    instance = empty.instance()
    instance.directory.marks.put(DEMO)
    instance.close()
    ((level, text),) = about(empty, "demo accounts")
    assert (level, "this machine alone" in text) == ("warning", True)
    monkeypatch.setenv("RETICKET_DEMO_PUBLIC", "true")
    ((level, text),) = about(empty, "demo accounts", ok=False)
    assert (level, "every machine" in text) == ("fault", True)


@pytest.mark.parametrize(
    ("name", "mode"),
    [(".", 0o750), (".", 0o705), ("directory.sqlite", 0o640), ("families.sqlite", 0o604)],
)
def test_too_permissive_file_modes_are_found(healthy, name, mode):
    path = (healthy.data / name).resolve()
    path.chmod(mode)
    level, text = about(healthy, "file modes")[0]
    assert level == "warning"
    assert text.endswith(f"chmod {700 if name == '.' else 600} {path}")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("AUDIT_FILE", "audit.jsonl"), ("METRICS_TOKEN_FILE", "token"), ("TLS_KEY", "key.pem"),
        ("SESSIONS", "far.sqlite"), ("SESSIONS", "far.sqlite-wal"), ("DIRECTORY", "far.sqlite"),
        ("AUDIT_FILE", "audit.20260101T000000000Z.jsonl"),
    ],
)  # fmt: skip
def test_too_permissive_modes_of_files_outside_the_folder_are_found(
    healthy, monkeypatch, tmp_path, name, file
):
    far = tmp_path / "elsewhere"
    far.mkdir()
    (far / file).write_bytes(b"")
    (far / file).chmod(0o644)
    place = far / file.removesuffix("-wal").replace(".20260101T000000000Z", "")
    certificate = far / "certificate.pem"
    certificate.touch(mode=0o644)
    settings = healthy.instance().settings.model_copy(
        update={
            name.lower(): f"sqlite:///{place}" if "sqlite" in file else place,
            "tls_certificate": certificate,
        }
    )
    found = list(file_modes.look(SimpleNamespace(settings=settings)))
    assert [text.endswith(f"chmod 600 {far / file}") for _, text in found] == [True]


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/x /srv nfs4 rw 0 0
/dev/sdb1 /srv/local xfs rw 0 0
//nas/y /mnt/my\\040share cifs rw 0 0
user@host: /home/u fuse.sshfs rw 0 0
tmpfs /twice tmpfs rw 0 0
hostshare /twice 9p rw 0 0
odd
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/var/lib/x.sqlite", "ext4"), ("/srv/x.sqlite", "nfs4"), ("/srv/local/x", "xfs"),
        ("/srvother/x", "ext4"), ("/mnt/my share/x", "cifs"), ("/home/u/a/b", "fuse.sshfs"),
        ("/twice/x", "9p"),
    ],
)  # fmt: skip
def test_the_file_system_of_a_file_is_that_of_the_deepest_mount(tmp_path, file, kind):
    assert network_file_systems.kind_of(tmp_path.__class__(file), MOUNTS) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_sqlite_on_a_network_file_system_is_a_fault(healthy, monkeypatch, tmp_path, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"x / ext4 rw 0 0\nx {healthy.data.resolve()} {kind} rw 0 0\n")
    monkeypatch.setattr(network_file_systems, "MOUNTS", mounts)
    found = about(healthy, "file systems", ok=False)
    assert [level for level, _ in found] == ["fault", "fault"]
    assert f"is on {kind}" in found[0][1]


def test_a_machine_without_a_list_of_mounts_is_no_fault(healthy, monkeypatch, tmp_path):
    monkeypatch.setattr(network_file_systems, "MOUNTS", tmp_path / "none")
    assert about(healthy, "file systems") == [("ok", "file systems")]


@pytest.mark.parametrize(
    ("url", "host", "level", "said"),
    [
        (None, "127.0.0.1", "warning", "is not set"),
        (None, "0.0.0.0", "warning", "leads nowhere"),
        (None, "192.0.2.1", "fault", "without TLS"),
        ("http://id.example.com", "127.0.0.1", "fault", "without TLS"),
        ("http://localhost:8088", "127.0.0.1", "ok", "issuer"),
        ("https://id.example.com", "0.0.0.0", "ok", "issuer"),
    ],
)
def test_the_issuer_is_checked(healthy, monkeypatch, url, host, level, said):
    monkeypatch.delenv("RETICKET_ISSUER")
    monkeypatch.setenv("RETICKET_HOST", host)
    if url:
        monkeypatch.setenv("RETICKET_ISSUER", url)
    found = about(healthy, "issuer", ok=level != "fault")
    assert found[-1][0] == level
    assert said in found[-1][1]


def test_a_proxy_missing_from_the_settings_is_found(healthy, monkeypatch):
    (healthy.data / "unnamed_proxies.json").write_text('["10.1.2.3", "no address"]')
    (healthy.data / "unnamed_proxies.json").chmod(0o600)
    assert about(healthy, "proxies")[0][0] == "warning"
    assert "10.1.2.3" in about(healthy, "proxies")[0][1]
    monkeypatch.setenv("RETICKET_TRUSTED_PROXIES", "10.0.0.0/8")
    assert "10.1.2.3" not in str(about(healthy, "proxies"))
    (healthy.data / "unnamed_proxies.json").write_text("no JSON")
    assert about(healthy, "proxies") == [("ok", "proxies")]


@pytest.mark.parametrize(
    ("memory", "passes", "level"),
    [
        (19_456, 2, "ok"), (47_104, 1, "ok"), (7_168, 5, "ok"), (65_536, 3, "ok"),
        (19_455, 2, "warning"), (65_536, 1, "ok"), (8, 1, "warning"), (7_168, 4, "warning"),
    ],
)  # fmt: skip
def test_hashing_below_the_minimum_is_found(healthy, monkeypatch, memory, passes, level):
    monkeypatch.setenv("RETICKET_HASHING__MEMORY", str(memory))
    monkeypatch.setenv("RETICKET_HASHING__TIME_COST", str(passes))
    monkeypatch.setenv("RETICKET_HASHING__PARALLELISM", "1")
    assert about(healthy, "hashing")[0][0] == level


def test_a_policy_that_the_clients_of_a_dialect_cannot_handle_is_found(healthy, monkeypatch):
    monkeypatch.setenv("RETICKET_POLICIES__KIBO_2026__ACCESS", "180")
    monkeypatch.setenv("RETICKET_POLICIES__KIBO_2026__WINDOW", "5")
    found = about(healthy, "policies")
    assert {level for level, _ in found} == {"warning"}
    assert all("clients refresh 180 s before" in text for _, text in found)
    monkeypatch.setenv("RETICKET_POLICIES__KIBO_2026__ACCESS", "181")
    assert about(healthy, "policies") == [("ok", "policies")]
    monkeypatch.setenv("RETICKET_POLICIES__CLOUDREVE_2026__ACCESS", "600")
    monkeypatch.setenv("RETICKET_POLICIES__CLOUDREVE_2026__WINDOW", "5")
    assert [level for level, _ in about(healthy, "policies")] == ["warning"]


def test_a_key_use_without_a_key_is_a_fault():
    facts = [KeyFacts("aabbccdd", "mac", "HS256", "active", 0, 0, None)]
    ring = SimpleNamespace(listing=lambda: facts, uses=("mac", "sign"))
    (found,) = active_keys.look(SimpleNamespace(ring=ring))
    assert found.level is Level.FAULT
    assert "reticket key rotate --use sign" in found.sentence


def test_pending_changes_that_must_end_sessions_are_found(healthy):
    instance = healthy.instance()
    instance.directory.users.disable("ada@example.com")
    instance.close()
    (found,) = about(healthy, "changes of the directory")
    assert found[0] == "warning"
    assert "1 wait" in found[1]


@pytest.mark.parametrize(
    ("verb", "error", "said"),
    [
        ("ready", Unavailable("no route"), "one does not answer: no route"),
        ("check", Unavailable("no route"), "one does not answer: no route"),
        ("check", StartupError("families.sqlite is damaged"), "restore a backup"),
    ],
)
def test_an_unreachable_or_damaged_store_is_a_fault(verb, error, said):
    def fails():
        raise error

    verbs = {"ready": lambda: None, "check": lambda: None, verb: fails}
    store = SimpleNamespace(check=verbs["check"])
    (found,) = stores.look(SimpleNamespace(ready=verbs["ready"], store=store))
    assert found.level is Level.FAULT
    assert said in found.sentence


def test_a_window_longer_than_a_tenth_of_the_access_lifetime_is_found(healthy, monkeypatch):
    monkeypatch.setenv("RETICKET_POLICIES__KIBO_2026__ACCESS", "180")
    found = about(healthy, "policies")
    assert any("over a tenth" in text for level, text in found if level == "warning")


def key(state, activates=None, retiring=None):
    return KeyFacts("aabbccdd", "mac", "HS256", state, 0, activates, retiring)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (key("active", activates=-364 * DAYS), None),
        (key("active", activates=-366 * DAYS), "reticket key rotate"),
        (key("retiring", retiring=-366 * DAYS), None),
        (key("retiring", retiring=-400 * DAYS), "reticket purge"),
        (key("next"), None),
        (key("compromised", activates=-999 * DAYS), None),
    ],
)
def test_overdue_keys_are_found(facts, said):
    ring, longest = SimpleNamespace(listing=lambda: [facts]), lambda: 365 * DAY
    instance = SimpleNamespace(clock=lambda: 0, ring=ring, longest_refresh=longest)
    found = list(overdue_keys.look(instance))
    assert len(found) == (said is not None)
    assert all(said in each.sentence for each in found)


def instance_at(instance, off):
    """The same with a clock that is off by milliseconds; the store keeps the right one."""
    now = instance.clock()
    return SimpleNamespace(
        settings=instance.settings,
        clock=lambda: now + off,
        store=SimpleNamespace(now=lambda: now, page=instance.store.page),
    )


@pytest.mark.parametrize(("off", "way"), [(60_000, "60 s ahead of"), (-60_000, "60 s behind")])
def test_a_wrong_clock_is_a_fault(shell, off, way):
    instance = shell.instance()
    found = list(clock.look(instance_at(instance, off)))
    instance.close()
    assert {each.level for each in found} == {Level.FAULT}
    assert any(f"is {way} the clock of the store" in each.sentence for each in found)
    assert any("the file system's" in each.sentence for each in found)
    assert not [each for each in shell.data.iterdir() if each.name.startswith(".doctor")]


def test_a_clock_behind_the_newest_audit_line_is_a_fault(shell):
    instance = shell.instance()
    instance.record_change("client_added", client="x")
    found = list(clock.look(instance_at(instance, -60_000)))
    assert any("newest line" in each.sentence for each in found)
    assert not any("newest line" in each.sentence for each in clock.look(instance))
    instance.close()


def test_a_session_that_begins_in_the_future_is_a_fault(shell):
    instance = shell.instance()
    later = family_id(instance.clock() + 60_000, os.urandom)
    instance.store.create([family_of(1)._replace(id=later)])
    assert any("begun already" in each.sentence for each in clock.look(instance))
    instance.close()


@pytest.mark.parametrize(
    ("variable", "days"),
    [
        ("RETICKET_AUDIT__KEEP_ENDS", 364),
        ("RETICKET_POLICIES__AKINON_2026__ABSOLUTE", 401),
    ],
)
def test_revocations_kept_for_less_than_the_longest_session_are_found(
    healthy, monkeypatch, variable, days
):
    monkeypatch.setenv(variable, str(days * DAY))
    ((level, text),) = about(healthy, "audit file")
    assert (level, "audit.keep_ends to" in text) == ("warning", True)


def test_revocations_kept_for_less_than_the_policy_of_a_client_are_found(healthy, monkeypatch):
    monkeypatch.setenv("RETICKET_AUDIT__KEEP_ENDS", str(365 * DAY))
    assert about(healthy, "audit file")[0][0] == "ok"
    monkeypatch.setenv("RETICKET_POLICIES__SERVICE_2026__ABSOLUTE", str(366 * DAY))
    healthy.run("client", "add", "long", "--policy", "SERVICE_2026")
    ((level, text),) = about(healthy, "audit file")
    assert (level, f"to {366 * DAY} at least" in text) == ("warning", True)


def test_an_audit_file_that_is_not_rotated_is_found(healthy, monkeypatch):
    with (healthy.data / "audit.jsonl").open("ab") as stream:
        stream.truncate(2**27 + 1)
    ((level, text),) = about(healthy, "audit file")
    assert (level, "128 MiB and is not rotated" in text) == ("warning", True)
    line = '{"at":"2026-01-%02dT00:00:00.000Z","event":"key_rotated"}\n'
    for days, level in ((2, "ok"), (4, "warning")):
        (healthy.data / "audit.jsonl").write_text(line % 1 + line % (1 + days))
        assert about(healthy, "audit file")[0][0] == level


def test_files_of_revocations_larger_than_the_limit_of_all_files_are_found(shell, monkeypatch):
    monkeypatch.setenv("RETICKET_AUDIT__TOTAL_SIZE", str(2**20))
    instance, found = shell.instance(), []
    for size in (2**20, 2**20 + 1):
        with (shell.data / "audit.20260101T000000000Z.ends.jsonl").open("ab") as stream:
            stream.truncate(size)
        found.append(list(audit_file.look(instance)))
    instance.close()
    assert found[0] == []
    ((level, sentence),) = found[1]
    assert (level, "the files of ends have 1 MiB" in sentence) == (Level.WARNING, True)
