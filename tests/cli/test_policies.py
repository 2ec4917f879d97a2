"""Policies in force, also of clients: faults, warnings and audit events."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.cli.conftest import SEED

from reticket.core.logouts import LoggedIn
from reticket.core.model import Selection
from reticket.core.policy import DAY, SECOND
from reticket.dialects import presets as shipped_presets
from reticket.testing import running_server
from reticket.testing.store_contract import family_of

LONG_ACCESS = "RETICKET_POLICIES__BROWSER_2026__ACCESS"
WIDE = "client wide: window (800 s) is over a tenth of access (900 s): a stolen token that is used"
SHORT_ONE = "- client_id: short\n  policy: {preset: BROWSER, refresh: 1000}"
SHORT = "client short: refresh (1000 s) is shorter than access (5000 s): a session would end"


def errors(shell, *words):
    """The standard error of a command that succeeds."""
    words = (*words, "--data", str(shell.data))
    result = shell._runner.invoke(shell._command, words)
    assert result.exit_code == 0, result.output
    return result.stderr


def test_a_long_window_of_a_client_is_warned_of_when_set_and_by_the_doctor(shell):
    assert errors(shell, "client", "add", "narrow", "--policy", "BROWSER,window=90") == ""
    said = errors(shell, "client", "add", "wide", "--policy", "BROWSER,window=800")
    assert said.startswith(f"Warning: {WIDE}")
    (line,) = [
        line for line in shell.run("doctor").splitlines() if line.startswith("warning  policies")
    ]
    assert line.startswith(f"warning  policies: {WIDE}")
    assert errors(shell, "client", "edit", "wide", "--policy", "BROWSER") == ""
    assert "ok       policies\n" in shell.run("doctor")
    said = errors(shell, "client", "edit", "wide", "--policy", "BROWSER,window=800")
    assert said.startswith(f"Warning: {WIDE}")


def test_the_warning_is_only_for_unbound_tokens(shell):
    words = ("client", "add", "bound", "--public", "--dpop", "--policy", "BROWSER,window=800")
    assert errors(shell, *words) == ""
    assert "bound" not in shell.run("doctor")


def test_an_idle_end_before_the_end_of_the_access_token_is_a_fault(shell, monkeypatch):
    shell.run("client", "add", "short", "--policy", "BROWSER,refresh=1000")
    monkeypatch.setenv(LONG_ACCESS, "5000")
    said = shell.run("doctor", ok=False)
    assert f"fault    policies: {SHORT}" in said


@pytest.mark.parametrize("words", [("add", "short"), ("edit", "spa")], ids=" ".join)
def test_a_policy_is_checked_by_the_presets_in_force(shell, monkeypatch, words):
    monkeypatch.setenv(LONG_ACCESS, "5000")
    before = shell.rows("client", "list")
    said = shell.run("client", *words, "--policy", "BROWSER,refresh=1000", ok=False)
    assert said.startswith(f"Error: {SHORT.replace('client short', 'policy cannot be', 1)}")
    assert shell.rows("client", "list") == before


def test_what_the_presets_in_force_allow_is_allowed(shell, monkeypatch):
    shell.run("client", "add", "short", "--policy", "BROWSER,refresh=600", ok=False)
    monkeypatch.setenv(LONG_ACCESS, "300")
    shell.run("client", "add", "short", "--policy", "BROWSER,refresh=600")


def test_a_seed_is_checked_by_the_presets_in_force_and_loaded_whole_or_not_at_all(
    shell, monkeypatch, tmp_path
):
    monkeypatch.setenv(LONG_ACCESS, "5000")
    seed = tmp_path / "seed.yaml"
    good = "tenants:\n- id: 7000\noauth_clients:\n- client_id: good\n"
    for bad, why in ((SHORT_ONE, "policy cannot be: refresh (1000 s)"), ("- client_id: ..", "..")):
        seed.write_text(good + bad)
        said = shell.run("seed", str(seed), ok=False)
        assert "line 5: oauth_clients[1] cannot be created" in said
        assert why in said
        assert "good" not in shell.run("client", "list")
        assert "7000" not in shell.run("tenant", "list")


def test_a_seed_does_not_report_existing_or_disabled_clients(shell, monkeypatch, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text(f"oauth_clients:\n{SHORT_ONE}\n{SHORT_ONE.replace('short', 'off')}")
    shell.run("seed", str(seed))
    shell.run("client", "edit", "short", "--policy", "BROWSER")
    shell.run("client", "delete", "off")
    monkeypatch.setenv(LONG_ACCESS, "5000")
    seed.write_text(f"{seed.read_text()}\n  disabled: true\n")
    assert "is loaded" in shell.run("seed", str(seed))
    assert "fault" not in shell.run("doctor")


def test_a_client_with_an_invalid_policy_cannot_be_enabled(shell, monkeypatch):
    shell.run("client", "add", "short", "--policy", "BROWSER,refresh=1000")
    shell.run("client", "disable", "short")
    monkeypatch.setenv(LONG_ACCESS, "5000")
    said = shell.run("client", "enable", "short", ok=False)
    assert said.startswith("Error: policy cannot be: refresh (1000 s)")
    monkeypatch.delenv(LONG_ACCESS)
    shell.run("client", "enable", "short")


def test_a_seed_may_have_an_old_client_with_a_name_that_is_now_invalid(shell, tmp_path):
    instance = shell.instance()
    with instance.directory.database.change() as connection:
        connection.exec_driver_sql("UPDATE oauth_clients SET client_id = 'shop/web'")
    instance.close()
    seed = tmp_path / "seed.yaml"
    seed.write_text("oauth_clients:\n- client_id: shop/web\n")
    assert "is loaded" in shell.run("seed", str(seed))


def test_a_disabled_client_does_not_stop_the_start(shell, monkeypatch):
    shell.run("client", "add", "short", "--policy", "BROWSER,refresh=1000")
    shell.run("client", "disable", "short")
    monkeypatch.setenv(LONG_ACCESS, "5000")
    assert "fault" not in shell.run("doctor")


@pytest.mark.parametrize("name", ["USER", "CLIENT"])
def test_a_table_for_all_oauth_clients_is_refused(shell, monkeypatch, name):
    monkeypatch.setenv(f"RETICKET_POLICIES__OAUTH__{name}__WINDOW", "5")
    said = shell.run("user", "list", ok=False)
    assert said.startswith(f"Error: policies.oauth.{name.lower()} has no effect: ")
    assert "policies.BROWSER_2026" in said


def test_the_doctor_reports_an_issuer_that_clients_cannot_reach(shell, monkeypatch):
    monkeypatch.setenv("RETICKET_HOST", "0.0.0.0")
    said = "warning  issuer: clients are told http://0.0.0.0:8088, which leads nowhere"
    assert said in shell.run("doctor")
    monkeypatch.setenv("RETICKET_ISSUER", "https://login.example.com")
    assert "leads nowhere" not in shell.run("doctor")


def test_a_client_that_registered_itself_goes_when_nobody_uses_it(shell):
    said = {"registered_by": "self", "token_endpoint_auth_method": "none", "name": "Notes"}
    instance = shell.instance()
    instance.registrar.add("notes", said, None, "d" * 64, 9)
    for days, left in ((29, {"notes"}), (31, set())):
        now = instance.clock() + days * DAY * SECOND
        replace(instance, clock=lambda now=now: now).purge()
        instance.directory.catch_up_now()
        clients = {client.id for client in instance.directory.clients.page()}
        assert clients & {"notes"} == left
    instance.close()
    *_, told = map(json.loads, (shell.data / "audit.jsonl").read_text().splitlines())
    assert (told["event"], told["detail"]) == ("client_removed", {"client": "notes"})


def test_a_client_is_not_remembered_for_a_log_out_that_cannot_come(shell):
    shell.run("client", "add", "shop", "--public")
    instance = shell.instance()
    ada, now = instance.person("ada@example.com").id, instance.clock()
    instance.directory.logouts.remember(
        LoggedIn("a" * 32, "shop", ada, "oauth.user", "b" * 32, now)
    )
    for later, left in ((0, 1), (1, 0)):
        replace(instance, clock=lambda now=now + later: now).purge()
        instance.directory.logouts.mark(Selection(), now)
        claimed = instance.directory.logouts.claim(now, 9)
        assert len(claimed) == left
        for each in claimed:
            instance.directory.logouts.postpone(each, None, 0)
    instance.close()


def test_a_key_is_kept_and_reported_while_a_client_has_tokens_of_it(shell):
    shell.run("client", "add", "tv", "--policy", "DEVICE")
    instance, asked = shell.instance(), []

    def retire_due(longest):
        asked.append(longest)
        return ["0a0b0c0d"]

    replace(instance, ring=SimpleNamespace(retire_due=retire_due)).purge()
    instance.close()
    assert asked == [90 * DAY]
    *_, told = map(json.loads, (shell.data / "audit.jsonl").read_text().splitlines())
    assert (told["event"], told["detail"]) == ("key_retired", {"key": "0a0b0c0d"})


@pytest.mark.parametrize(("client", "days"), [("tv", 90), ("spa", 14), ("gone", 14)])
def test_a_restored_session_may_recover_until_the_idle_end_of_its_client(
    shell, tmp_path, client, days
):
    shell.run("client", "add", "tv", "--policy", "DEVICE")
    old = family_of(4)._replace(resource="oauth.user", client=client, expires_at=1, ends_at=2**50)
    instance = shell.instance()
    instance.store.create([old])
    now = instance.store.now()
    instance.close()
    shell.run("backup", str(tmp_path / "copy"))
    shell.run("restore", str(tmp_path / "copy"))
    instance = shell.instance()
    lasts = instance.store.find(old.id).expires_at - now
    instance.close()
    assert days * DAY <= lasts / SECOND < (days + 1) * DAY


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """The log and the audit stream of a start with a wide client, on every address."""
    folder = tmp_path_factory.mktemp("started")
    clients = "\n".join(
        f"  - {{client_id: {name}, policy: {{preset: BROWSER, window: {window}}}}}"
        for name, window in (("wide", 800), ("narrow", 7))
    )
    seed = folder / "seed.yaml"
    seed.write_text(SEED.replace("users:", f"{clients}\nusers:"))
    changes = {"RETICKET_HOST": "0.0.0.0", "RETICKET_POLICIES__BROWSER_2026__WINDOW": "17"}
    with running_server(folder, seed=seed, settings=changes) as server:
        port = server.url.rpartition(":")[2]
        audit = (server.data / "audit.jsonl").read_text().splitlines()
    return port, (folder / "server.log").read_text(), [json.loads(line) for line in audit]


def test_a_start_warns_of_clients_once(started):
    _, log, _ = started
    assert log.count(WIDE) == 1
    assert log.count("used within the window") == 1


def test_a_start_warns_once_of_an_issuer_that_clients_cannot_reach(started):
    port, log, _ = started
    said = f"clients are told http://0.0.0.0:{port}, which leads nowhere: set issuer"
    assert log.count(said) == 1
    assert "RETICKET_ISSUER" in log


def test_a_start_audits_the_policies_in_force_and_nothing_else(started):
    _, _, lines = started
    told = [(line["kind"], line["detail"]) for line in lines if line["event"] == "policy"]
    presets = {detail["name"]: detail for kind, detail in told if kind == "oauth"}
    assert set(presets) == set(shipped_presets())
    assert presets["BROWSER_2026"]["window"] == 17
    kinds = {kind for kind, _ in told}
    assert "kibo.adminuser" in kinds
    assert not kinds & {"oauth.user", "oauth.client"}


def test_a_client_with_a_too_short_idle_end_stops_the_start(shell):
    shell.run("client", "add", "short", "--policy", "BROWSER,refresh=1000")
    with (
        pytest.raises(RuntimeError, match=SHORT.replace("(", r"\(").replace(")", r"\)")),
        running_server(shell.data.parent, settings={LONG_ACCESS: "5000"}),
    ):
        pass
